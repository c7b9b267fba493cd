"""The wheel carries everything: installed elsewhere, in an empty folder, offline, the demo runs."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

NO_NETWORK = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("the demo asked for the network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, unpacked as an install would, without the checkout in sight."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, str(folder), str(ROOT)], check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.model
def test_the_demo_runs_from_the_wheel_in_an_empty_folder_without_a_network(
    site: Path, tmp_path: Path
) -> None:
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    packages = sysconfig.get_paths()["purelib"]
    code = (
        f"import sys; sys.path[:] = [p for p in sys.path if p != {str(ROOT)!r}]; "
        "from api.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(site), packages))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    pages = sorted(path.stem for path in tmp_path.glob("*/*.html"))
    assert pages == ["complaint", "forbidden", "good", "hold_transfer"]


def test_the_wheel_holds_packs_model_calls_and_pages(site: Path) -> None:
    for name in (
        "phrasebook/zh_call_center/pack.yaml",
        "phrasebook/zh_ticket/ticket.yaml",
        "models/nano_zh/model.bin",
        "models/judge_zh/judge.npz",
        "models/judge_zh/reader.npz",
        "models/judge_zh/unseen.npz",
        "phrasebook/zh_corpus/train/agent.jsonl",
        "api/demo/good.flac",
        "api/store/migrations/versions/v0001_calls.py",
        "qa_engine/report/schema.json",
    ):
        assert (site / name).is_file(), name
    assert not (site / "phrasebook/zh_corpus/unread").exists()
    assert not (site / "phrasebook/zh_corpus/steps").exists()
    assert not (site / "phrasebook/zh_corpus/pressed").exists()
