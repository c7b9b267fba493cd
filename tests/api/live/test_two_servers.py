"""Two server processes with one PostgreSQL: any of them serves any call, and one may die."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.auth import Right
from api.live import postgres_log
from tests.api.live.boxes import TOKENS, Box, is_whole, two_boxes
from tests.api.live.servers import Json, play, until, wait_for
from tests.api.live.test_restart import AUDIO, finals, is_final, is_kept


@pytest.fixture
def boxes(tmp_path: Path, postgres_database: str) -> Iterator[list[Box]]:
    with two_boxes(tmp_path, postgres_database) as up:
        yield up


async def begin(box: Box, call_id: str, ms: int) -> list[Json]:
    """Feed so much, until something of it is final; the connection breaks."""
    told: list[Json] = []
    async with box.feeding(call_id) as (feeder, _):
        await play(feeder, AUDIO[: ms * 64])
        while not finals([m for m in told if is_final(m)]):
            told += await until(feeder, "utterance", 60)
        feeder.transport.abort()
    return told


def test_each_serves_watchers_the_board_and_clicks_for_calls_of_the_other(
    boxes: list[Box],
) -> None:
    one, other = boxes

    async def scenario() -> tuple[list[Json], list[Json], list[Json]]:
        watching = asyncio.create_task(other.watched("k"))
        async with other.socket("/v1/board") as board, one.feeding("k") as (feeder, _):
            await play(feeder, AUDIO)
            prompt = (await until(feeder, "prompt", 60))[-1]
            line = await until(board, "call", 30)
            live = other.get("/v1/calls").json()["live"]
            assert [call["call_id"] for call in live] == ["k"]
            agent = {"Authorization": f"Bearer {TOKENS.mint('k', Right.WATCH)}"}
            async with other.socket("/v1/calls/k/events", agent) as sidebar:
                await until(sidebar, "prompt", 30)
                click = {"type": "Feedback", "prompt_id": prompt["prompt_id"]}
                await sidebar.send(json.dumps(click | {"action": "dismiss"}))
                while (await until(sidebar, "prompt", 30))[-1]["state"] != "dismissed":
                    continue
            await feeder.send('{"type": "CloseStream"}')
            await until(feeder, "ended", 60)
        return await watching, line, live

    watched, line, _ = asyncio.run(scenario())
    assert line[-1]["call_id"] == "k"
    assert watched == [m for m in one.messages("k") if is_kept(m)]
    assert other.messages("k") == one.messages("k")
    assert is_whole(watched)
    wait_for(lambda: not other.get("/v1/calls").json()["live"], 30)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "the connection breaks"])
def test_a_call_goes_on_at_the_other_server_as_if_nothing_had_been(
    boxes: list[Box], how: str
) -> None:
    """One is killed, is stopped (an upgrade), or the balancer sends the feeder elsewhere."""
    one, other = boxes

    async def scenario() -> tuple[list[Json], list[Json]]:
        watching = asyncio.create_task(other.watched("k"))
        await begin(one, "k", 7_000)
        if how.startswith("SIG"):
            await asyncio.to_thread(one.end, getattr(signal, how))
        told = await other.go_on("k")
        return told, await watching

    told, watched = asyncio.run(scenario())
    kept = [m for m in other.messages("k") if is_kept(m)]
    assert is_whole(kept)
    assert [m for m in told if is_kept(m)] == kept
    assert watched == kept
    wait_for(lambda: other.get("/v1/calls/k/report").json()["hits"], 30)
    assert other.get("/metrics").status_code == 200


def test_a_call_of_a_dead_server_that_nobody_comes_back_to_ends_at_the_other(
    boxes: list[Box],
) -> None:
    one, other = boxes
    asyncio.run(begin(one, "k", 7_000))
    one.end(signal.SIGKILL)
    wait_for(lambda: other.messages("k")[-1]["type"] == "ended", 90)
    ended = other.messages("k")[-1]
    assert ended["reason"] == "server_restarted"


def test_a_server_that_was_only_away_writes_nothing_into_what_another_has_taken(
    boxes: list[Box],
) -> None:
    one, other = boxes

    async def scenario() -> tuple[int, list[Json]]:
        async with one.feeding("k") as (feeder, _):
            await play(feeder, AUDIO[: 7_000 * 64])
            await until(feeder, "hit", 60)
            one.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(postgres_log.LEASE_S + 1)
            told = await other.go_on("k")
            one.process.send_signal(signal.SIGCONT)
            await play(feeder, AUDIO[7_000 * 64 :])
            return await _closed(feeder), told

    code, told = asyncio.run(scenario())
    assert code == 1012
    kept = [m for m in other.messages("k") if is_kept(m)]
    assert is_whole(kept)
    assert [m for m in told if is_kept(m)] == kept


async def _closed(feeder: ClientConnection) -> int:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(60):
            while True:
                await feeder.recv()
    return feeder.close_code or 1006
