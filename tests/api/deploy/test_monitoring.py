"""The Grafana board and the alert rules ask for metrics that a server has."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from tests.api.live.servers import (
    Server,
    close_stream,
    feeding,
    next_message,
    play,
    running,
    settings_for,
    until,
    wait_for,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_restart import AUDIO

DEPLOY = Path(str(files("api") / "deploy"))
SUFFIXES = ("_total", "_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("metrics")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


def page(server: Server) -> dict[str, float]:
    text = httpx.get(f"{server.http}/metrics").text
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def names_in(text: str) -> set[str]:
    found = set(re.findall(r"\bqa_[a-z_]+", text))
    return {re.sub(f"({'|'.join(SUFFIXES)})$", "", name) for name in found}


def test_what_the_board_and_the_rules_ask_for_is_measured(server: Server) -> None:
    text = httpx.get(f"{server.http}/metrics").text
    known = {re.sub("_total$", "", name) for name in re.findall(r"# TYPE (qa_\w+)", text)}
    board = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(asked) > 15
    assert names_in("\n".join(asked)) <= known
    assert names_in((DEPLOY / "alerts.yaml").read_text("utf-8")) <= known


def test_the_rules_are_ones_that_prometheus_takes() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool: apt-get install prometheus")
    checked = subprocess.run(
        [promtool, "check", "rules", DEPLOY / "alerts.yaml"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_call_moves_the_figures_that_an_operator_watches(server: Server) -> None:
    async def call() -> None:
        async with feeding(server, "m") as feeder:
            assert (await next_message(feeder))["type"] == "listening"
            await play(feeder, AUDIO)
            await until(feeder, "stats")
            await close_stream(feeder)

    server.calls.settings.stats_s = 0.1
    asyncio.run(call())
    wait_for(lambda: page(server)["qa_unfiled_calls"] == 0)
    found = page(server)
    assert found["qa_ready"] == 1
    assert found["qa_filing_lag_seconds"] == 0
    assert found["qa_disk_free_bytes"] > 1e6
    assert found['qa_decoded_audio_seconds_total{kind="final"}'] > 1
    parts = {name: value for name, value in found.items() if name.startswith("qa_part_up")}
    assert len(parts) >= 4
    assert set(parts.values()) == {1.0}


def test_a_dead_part_and_a_call_that_is_not_filed_show(server: Server) -> None:
    server.calls.filing._since_s["x"] = server.loop.time() - 700
    server.calls._decoder._dead = "recognition has died (Test)"
    try:
        found = page(server)
    finally:
        del server.calls.filing._since_s["x"]
        server.calls._decoder._dead = None
    assert found["qa_filing_lag_seconds"] == pytest.approx(700, abs=20)
    assert found['qa_part_up{part="recognition"}'] == 0
    assert found["qa_ready"] == 0
