"""The recogniser on a real Ray of this machine, deployed by the documented file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.errors import ModelError
from models.remote_ray import RayRecogniser, is_address

pytestmark = pytest.mark.model
ENVIRONMENT = os.environ | {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "PYTHONPATH": str(Path.cwd()),
}
ASK = """
import dataclasses, json, os, signal, subprocess, sys, time
from pathlib import Path
import numpy as np
from models.errors import ModelError
from models.opening import open_recogniser
from models.remote_ray import RayRecogniser
from qa_engine.audio import blocks

def until(act, tries=150):
    said = ""
    for _ in range(tries):
        try:
            return act(), said
        except ModelError as error:
            said = str(error)
            time.sleep(1)
    raise SystemExit(said)

remote, before = until(lambda: RayRecogniser(sys.argv[1]))
sound = np.concatenate(list(blocks(Path("api/demo/forbidden.flac"))), axis=1)
windows = [sound[0][:80_000].copy(), sound[1][32_000:96_000].copy()]
asked = dict(final=True, hotwords=["", "美好电器"])
heard = remote.transcribe(windows, **asked)
here = open_recogniser(None, threads=1, partial_beams=1)
same = heard == here.transcribe(windows, **asked)
found = subprocess.run(["pgrep", "-f", "ServeReplica[:]recogniser"], capture_output=True, text=True)
replicas = [int(pid) for pid in found.stdout.split()]

def tell(how):
    for pid in replicas:
        os.kill(pid, how)

# Silent first, however soon Ray would bring another: then dead, and replaced.
remote._answer_s = -6.0
tell(signal.SIGSTOP)
failed = ""
try:
    remote.transcribe(windows, **asked)
except ModelError as error:
    failed = str(error)
tell(signal.SIGKILL)
after, _ = until(lambda: remote.transcribe(windows, **asked))
print(json.dumps({
    "before": before, "name": remote.name, "version": remote.version == here.version,
    "text": heard[0].text, "same": same, "killed": len(replicas),
    "failed": failed, "after": after == heard,
}))
"""


def test_only_a_cluster_is_an_address() -> None:
    assert is_address("ray://auto")
    assert not any(map(is_address, ["ws://auto", "nano_zh", "ray"]))


@pytest.mark.parametrize("where", ["127.0.0.1:1", "127.0.0.1:port"])
def test_without_a_cluster_the_operator_is_told_what_to_start(where: str) -> None:
    pytest.importorskip("ray.serve", reason="ray: pip install 'qa-engine[ray]'")
    with pytest.raises(ModelError, match="ray start --head"):
        RayRecogniser(f"ray://{where}")


def test_texts_are_the_same_and_a_dead_replica_fails_clearly_and_comes_back(
    tmp_path: Path,
) -> None:
    pytest.importorskip("ray.serve", reason="ray: pip install 'qa-engine[ray]'")
    with cluster() as address, deployed(address, tmp_path / "serve.log"):
        done = subprocess.run(
            [sys.executable, "-c", ASK, f"ray://{address}"],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["name"] == "nano_zh"
    assert told["version"] is True
    assert told["text"].startswith("您好感谢致电")
    assert told["same"] is True
    assert told["killed"] >= 1
    assert "the recogniser on Ray did not answer" in told["failed"]
    assert told["after"] is True


@contextmanager
def cluster() -> Iterator[str]:
    """A Ray of this test's own; its folder is short, for its sockets' names."""
    ray = Path(sys.executable).parent / "ray"
    port = 20_000 + os.getpid() % 20_000
    folder = Path(f"/tmp/ray-{port}")
    started = subprocess.run(
        [ray, "start", "--head", f"--port={port}", "--num-cpus=3", "--include-dashboard=false",
         "--disable-usage-stats", "--node-ip-address=127.0.0.1", f"--temp-dir={folder}",
         "--object-store-memory=100000000"],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert started.returncode == 0, started.stderr[-2_000:]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        _end(str(folder), f":{port}")


@contextmanager
def deployed(address: str, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "ray.serve.scripts", "run", "--address", address]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "api/deploy/ray-serve.yaml"], env=ENVIRONMENT, stdout=output, stderr=output
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def _end(*marks: str) -> None:
    """The processes of that cluster, by its folder or its port, and of no other that runs here."""
    for found in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = found.read_bytes()
            ours = b"ray" in command and any(mark.encode() in command for mark in marks)
            if ours and int(found.parent.name) != os.getpid():
                os.kill(int(found.parent.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


def test_an_address_that_is_asked_without_ray_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelError, match=r"qa-engine\[ray\]"):
        RayRecogniser("ray://auto")
