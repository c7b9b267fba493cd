"""A feeder that pauses or loses its connection, and what it may claim when it is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from api.auth import Right
from api.live.call_handle import CallHandle
from api.live.call_state import CallState
from models.recogniser import Samples
from tests.api.live.servers import (
    Json,
    Server,
    close_stream,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
    wait_for,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_faults import AUDIO, CALL, SECOND, refusal, texts


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("pauses")
    settings = settings_for(folder, idle_s=0.3, resume_s=0.5, max_call_s=100)
    with running(settings, scripted_hearing(folder)) as up:
        yield up


@pytest.mark.parametrize("sign_of_life", ["audio", "KeepAlive"])
def test_a_pause_longer_than_both_limits_ends_no_call_whose_feeder_is_there(
    server: Server, sign_of_life: str
) -> None:
    async def scenario() -> tuple[list[Json], list[Json]]:
        async with feeding(server, f"hold-{sign_of_life}", "&events=true") as feeder:
            await play(feeder, AUDIO[: 4 * SECOND])
            silent = await until(feeder, "source")
            await asyncio.sleep(1.5)
            if sign_of_life == "KeepAlive":
                await feeder.send('{"type": "KeepAlive"}')
                silent += await until(feeder, "source")
            await play(feeder, AUDIO[4 * SECOND :])
            return silent, await close_stream(feeder)

    silent, told = asyncio.run(scenario())
    states = [message["state"] for message in of(silent + told, "source")]
    assert states == ["lost", "live"]
    assert of(told, "ended")[-1]["reason"] == "closed"
    assert sorted(texts(silent + told)) == sorted(text for _, _, text in CALL)


def test_a_feeder_that_is_gone_is_waited_for_no_longer_than_said(server: Server) -> None:
    async def scenario() -> None:
        async with feeding(server, "gone") as feeder:
            await play(feeder, AUDIO[: 4 * SECOND])
            await until(feeder, "received")

    asyncio.run(scenario())
    deadline_s = time.monotonic() + 20
    while server.calls.find("gone") is not None:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_connected_feeder_that_never_sends_again_is_given_up(tmp_path: Path) -> None:
    async def scenario() -> list[Json]:
        async with feeding(up, "silent", "&events=true") as feeder:
            await play(feeder, AUDIO[: 4 * SECOND])
            return await until(feeder, "ended")

    settings = settings_for(tmp_path, idle_s=0.2, resume_s=0.1, pause_s=1.0)
    with running(settings, scripted_hearing(tmp_path)) as up:
        told = asyncio.run(scenario())
    assert [message["state"] for message in of(told, "source")] == ["lost", "gone"]
    assert told[-1]["reason"] == "lost"


@pytest.mark.parametrize("from_ms", [600_000, 3_600_000, 10**15])
def test_a_moment_that_the_call_cannot_have_reached_is_refused(
    server: Server, from_ms: int
) -> None:
    async def scenario() -> tuple[Json, list[Json]]:
        name = f"far{from_ms}"
        async with feeding(server, name) as feeder:
            await play(feeder, AUDIO[: 2 * SECOND])
            await until(feeder, "received")
        async with feeding(server, name, f"&resume=true&from_ms={from_ms}") as feeder:
            refused = await refusal(feeder)
        async with feeding(server, name, "&resume=true&events=true") as feeder:
            await next_message(feeder)
            return refused, await close_stream(feeder)

    refused, told = asyncio.run(scenario())
    assert (refused["code"], refused["close"]) == ("bad_request", 4400)
    assert "from_ms" in refused["reason"]
    assert told[-1]["duration_ms"] == 2_000


def test_a_long_gap_is_filled_in_turns_with_the_other_calls(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int | str] = []
    take_in = server.calls.feeding._take_in

    async def watched(call: CallHandle, piece: Samples) -> None:
        turns.append(piece.shape[1])
        server.loop.call_soon(turns.append, "others")
        await take_in(call, piece)

    async def scenario() -> list[Json]:
        async with feeding(server, "gap") as feeder:
            await play(feeder, AUDIO[: 2 * SECOND])
            await until(feeder, "received")
        monkeypatch.setattr(server.calls.feeding, "_take_in", watched)
        async with feeding(server, "gap", "&resume=true&from_ms=6000&events=true") as feeder:
            listening = await next_message(feeder)
            assert listening["received_ms"] == 6_000
            return await close_stream(feeder)

    told = asyncio.run(scenario())
    assert of(told, "stats")[-1]["dropped_ms"]["connection_gap"] == 2 * 4_000
    pieces = turns[::2]
    assert len(pieces) >= 20
    assert set(turns[1::2]) == {"others"}
    assert all(isinstance(piece, int) and piece <= 3_200 for piece in pieces)


def test_the_end_of_a_feeder_that_was_replaced_does_not_touch_the_call(server: Server) -> None:
    async def scenario() -> tuple[list[Json], Json]:
        async with feeding(server, "taken", "&events=true") as first:
            await play(first, AUDIO[: 2 * SECOND])
            await until(first, "received")
            async with feeding(server, "taken", "&resume=true&events=true") as second:
                await next_message(second)
                await first.send(bytes(64))
                refused = (await until(first, "refusal"))[-1]
                await first.close()
                call = server.calls.find("taken")
                assert call is not None
                assert (call.live.state, call.connected) == (CallState.LIVE, True)
                await play(second, AUDIO[2 * SECOND :])
                return await close_stream(second), refused

    told, refused = asyncio.run(scenario())
    assert refused["code"] == "busy_call"
    assert [message["state"] for message in of(told, "source")] == ["resumed"]
    assert sorted(texts(told)) == sorted(text for _, _, text in CALL)


def test_a_refused_opening_leaves_nothing_behind(server: Server) -> None:
    async def scenario() -> None:
        async with feeding(server, "twice") as feeder:
            await close_stream(feeder)
        async with feeding(server, "twice") as feeder:
            assert (await refusal(feeder))["code"] == "busy_call"

    asyncio.run(scenario())
    wait_for(lambda: "twice" not in server.calls.watchers)
    assert server.calls.find("twice") is None


@pytest.mark.parametrize("events", [True, False])
def test_a_feeder_that_was_away_when_its_call_ended_is_told_how(
    server: Server, events: bool
) -> None:
    async def scenario() -> tuple[list[Json], list[Json]]:
        name = f"away-{events}"
        async with feeding(server, name, "&events=true") as feeder:
            await play(feeder, AUDIO)
            told = await close_stream(feeder)
        more = "&resume=true" + "&events=true" * events
        async with feeding(server, name, more) as feeder:
            again = await until(feeder, "ended")
            assert again[0]["received_ms"] == 8_000
            with pytest.raises(ConnectionClosed) as closed:
                await feeder.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        return told, again

    told, again = asyncio.run(scenario())
    assert again[-1] == told[-1]
    if events:
        kept = [m for m in told if m["type"] != "utterance" or m["utterance"]["is_final"]]
        assert [m for m in again if m["type"] != "listening"] == [
            m for m in kept if m["type"] not in ("listening", "received")
        ]


def test_a_feeder_that_comes_back_while_its_call_closes_hears_the_end(tmp_path: Path) -> None:
    async def scenario() -> list[Json]:
        async with feeding(up, "late") as feeder:
            await next_message(feeder)
            call = up.calls.find("late")
            assert call is not None
            await play(feeder, AUDIO)
            await feeder.send('{"type": "CloseStream"}')
            await asyncio.to_thread(wait_for, lambda: call.is_over)
        async with feeding(up, "late", "&resume=true") as feeder:
            return await until(feeder, "ended")

    with running(settings_for(tmp_path), scripted_hearing(tmp_path, decode_s=0.4)) as up:
        assert asyncio.run(scenario())[-1]["reason"] == "closed"


def test_a_token_of_another_call_learns_nothing_of_its_end(server: Server) -> None:
    async def scenario() -> Json:
        token = server.token("*", Right.FEED)
        async with feeding(server, "mine", token=token) as feeder:
            await close_stream(feeder)
        async with feeding(server, "yours") as feeder:
            await close_stream(feeder)
        async with feeding(server, "yours", "&resume=true", token=token) as feeder:
            return await refusal(feeder)

    assert asyncio.run(scenario())["code"] == "token"
