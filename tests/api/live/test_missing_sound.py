"""What never came of a live call is nobody's fault: not live, not in the report, not after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.auth import Right
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import (
    Json,
    Server,
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    until,
    wait_for,
)
from tests.api.live.speech import record, scripted_hearing
from tests.api.live.test_faults import SECOND
from tests.api.live.test_hear_later import slow

LINES = [
    (0, 40_400, "请稍等我帮您查询一下"),
    (1, 43_500, "好的谢谢"),
    (0, 60_000, "感谢您的来电再见"),
]
SOUND = encode(record(LINES, 66_000), Encoding.LINEAR16)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("missing")
    with running(
        settings_for(folder, resume_s=20.0, max_speed=1_000.0), scripted_hearing(folder)
    ) as up:
        yield up


def report(server: Server, call_id: str) -> Json:
    url = f"{server.http}/v1/calls/{call_id}/report"
    answer: Json = httpx.get(url, headers=server.bearer("*", Right.SUPERVISE)).json()
    return answer


async def with_a_gap(server: Server, call_id: str, from_s: int, to_s: int) -> list[Json]:
    """The feeder loses `from_s` to `to_s` of the call."""
    async with feeding(server, call_id) as feeder:
        await play(feeder, SOUND[: from_s * SECOND])
        await until(feeder, "received")
    more = f"&resume=true&from_ms={to_s * 1_000}&events=true"
    async with feeding(server, call_id, more) as feeder:
        await play(feeder, SOUND[to_s * SECOND :])
        return await close_stream(feeder)


def steps(report: Json) -> dict[str, tuple[str, bool]]:
    return {step["id"]: (step["state"], step["unheard"]) for step in report["steps"]}


def test_steps_that_were_due_in_a_gap_are_not_charged_and_the_gap_is_told(server: Server) -> None:
    told = asyncio.run(with_a_gap(server, "early", 2, 39))
    kept = report(server, "early")
    assert steps(kept)["opening"] == ("missed", True)
    assert kept["score"]["total"] == 100
    assert {"kind": "missing", "channel": None, "begin_ms": 2_000, "end_ms": 39_000} in kept[
        "anatomy"
    ]
    assert told[-1]["score"] == 100
    assert [s["kind"] for s in told[-1]["sounds"]] == ["missing"]
    live = [m for m in of(told, "step") if m["step"] == "opening" and m["state"] == "missed"]
    assert all(message["unheard"] for message in live)
    silences = [s for s in kept["conduct"]["silences"] if not s["excused"]]
    assert max((s["end_ms"] - s["begin_ms"] for s in silences), default=0) < 20_000


def test_a_gap_elsewhere_excuses_nothing(server: Server) -> None:
    asyncio.run(with_a_gap(server, "elsewhere", 62, 65))
    assert steps(report(server, "elsewhere"))["opening"] == ("missed", False)


def test_what_is_missing_is_known_after_a_restart(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, resume_s=20.0, max_speed=1_000.0)

    async def lose(server: Server) -> None:
        async with feeding(server, "cut") as feeder:
            await play(feeder, SOUND[: 2 * SECOND])
            await until(feeder, "received")
        async with feeding(server, "cut", "&resume=true&from_ms=39000") as feeder:
            await play(feeder, SOUND[39 * SECOND : 46 * SECOND])
            await until(feeder, "received")

    async def go_on(server: Server) -> list[Json]:
        async with feeding(server, "cut", "&resume=true&events=true") as feeder:
            at_ms = (await until(feeder, "listening"))[-1]["received_ms"]
            await play(feeder, SOUND[at_ms * SECOND // 1_000 :])
            return await close_stream(feeder)

    hearing = scripted_hearing(tmp_path)
    with running(settings, hearing) as server:
        asyncio.run(lose(server))
    with running(settings, hearing) as server:
        told = asyncio.run(go_on(server))
        kept = report(server, "cut")
    assert steps(kept)["opening"] == ("missed", True)
    assert told[-1]["score"] == kept["score"]["total"] == 100
    assert {"kind": "missing", "channel": None, "begin_ms": 2_000, "end_ms": 39_000} in kept[
        "anatomy"
    ]


def test_a_call_that_is_heard_later_lacks_the_same(tmp_path: Path) -> None:
    async def scenario(server: Server) -> None:
        async with feeding(server, "live") as first:
            await until(first, "listening")
            async with feeding(server, "later") as feeder:
                await play(feeder, SOUND[: 2 * SECOND])
                await until(feeder, "received")
            async with feeding(server, "later", "&resume=true&from_ms=11000") as feeder:
                await play(feeder, SOUND[39 * SECOND :])
                await feeder.send('{"type": "CloseStream"}')
                await until(feeder, "notice")
            await first.send('{"type": "CloseStream"}')
            await until(first, "ended")

    settings = settings_for(tmp_path, resume_s=20.0, max_speed=1_000.0)
    with running(settings, slow(tmp_path)) as server:
        asyncio.run(scenario(server))
        wait_for(lambda: "steps" in report(server, "later") and "later" not in server.calls.later)
        kept = report(server, "later")
    assert steps(kept)["opening"] == ("missed", True)
    assert kept["score"]["total"] == 100
