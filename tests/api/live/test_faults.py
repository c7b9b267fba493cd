"""What goes wrong on the line, and what the server makes of it."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.auth import Right, Tokens
from api.live.wire_audio import Encoding, encode
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
    watching,
)
from tests.api.live.speech import POISON, record, scripted_hearing

CALL = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道"), (1, 6_000, "好的谢谢")]
AUDIO = encode(record(CALL, 8_000), Encoding.LINEAR16)
SECOND = 64_000
"""Bytes of one second of stereo at 16 kHz."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("faults")
    settings = settings_for(
        folder, resume_s=1.0, max_frame_bytes=65_536, watcher_queue=48, send_timeout_s=1.0
    )
    with running(settings, scripted_hearing(folder, poison=POISON)) as up:
        yield up


async def refusal(feeder: ClientConnection) -> Json:
    """The refusal that comes next, and the close code."""
    messages = await until(feeder, "refusal")
    return messages[-1] | {"close": await close_code(feeder)}


async def close_code(feeder: ClientConnection) -> int:
    """With which code the server closes."""
    while True:
        try:
            await feeder.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def texts(messages: list[Json]) -> list[str]:
    said = [message["utterance"] for message in of(messages, "utterance")]
    return [one["text"] for one in said if one["is_final"]]


def test_odd_byte_counts_do_not_shift_the_samples(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with feeding(server, "odd", "&events=true") as feeder:
            await play(feeder, AUDIO, chunk=6_401)
            return await close_stream(feeder)

    assert sorted(texts(asyncio.run(scenario()))) == sorted(text for _, _, text in CALL)


def test_a_frame_above_the_limit_closes_the_connection_and_the_call_can_go_on(
    server: Server,
) -> None:
    async def scenario() -> tuple[int, list[Json]]:
        async with feeding(server, "huge") as feeder:
            await play(feeder, AUDIO[: 4 * SECOND])
            await until(feeder, "received")
            await feeder.send(bytes(100_000))
            code = await close_code(feeder)
        async with feeding(server, "huge", "&resume=true&events=true") as feeder:
            listening = await next_message(feeder)
            await play(feeder, AUDIO[listening["received_ms"] * 64 :])
            return code, await close_stream(feeder)

    code, told = asyncio.run(scenario())
    assert code == 1009
    assert sorted(texts(told)) == sorted(text for _, _, text in CALL)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"type": "Nonsense"}', '{"type": "Finalize", "extra": 1}'], ids=str
)
def test_a_wrong_text_message_is_refused_by_name(server: Server, text: str) -> None:
    async def scenario() -> Json:
        async with feeding(server, f"wrong{abs(hash(text))}") as feeder:
            await feeder.send(text)
            return await refusal(feeder)

    told = asyncio.run(scenario())
    assert (told["code"], told["close"]) == ("bad_request", 4400)
    assert "KeepAlive, Finalize and CloseStream" in told["reason"]


def test_audio_before_a_token_is_refused(server: Server) -> None:
    async def scenario() -> Json:
        async with connect(f"{server.ws}/v1/listen") as feeder:
            await feeder.send(bytes(640))
            return await refusal(feeder)

    assert asyncio.run(scenario())["code"] == "no_token"


def test_a_token_may_come_as_the_first_message(server: Server) -> None:
    async def scenario() -> Json:
        async with connect(f"{server.ws}/v1/listen?call_id=first") as feeder:
            token = server.token("first", Right.FEED)
            await feeder.send(json.dumps({"type": "Auth", "token": token}))
            return await next_message(feeder)

    assert asyncio.run(scenario())["type"] == "listening"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("channels=3", "channels is 3"),
        ("sample_rate=1", "sample_rate is 1 Hz"),
        ("encoding=opus", "encoding"),
        ("channels=2&roles=agent,agent", "roles"),
        ("channels=2&roles=agent", "roles names 1 channels"),
        ("script=nowhere", "inbound"),
        ("call_id=../etc", "call_id"),
        ("keyterm=" + "x" * 501, "hotwords"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_with_its_name(
    server: Server, query: str, says: str
) -> None:
    async def scenario() -> Json:
        headers = server.bearer("*", Right.FEED)
        url = f"{server.ws}/v1/listen?{query}"
        async with connect(url, additional_headers=headers) as feeder:
            return await refusal(feeder)

    told = asyncio.run(scenario())
    assert told["close"] == 4400
    assert says in told["reason"]


def test_8_khz_declared_as_16_is_noticed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.feed.WATCH_AFTER_S", 1.0)

    async def scenario() -> Json:
        async with feeding(server, "rate") as feeder:
            for _ in range(40):
                await feeder.send(AUDIO[: SECOND // 20])
                await asyncio.sleep(0.1)
            return of(await close_stream(feeder), "notice")[0]

    told = asyncio.run(scenario())
    assert told["code"] == "sample_rate"
    assert "8000 Hz would fit" in told["text"]


def test_a_dropped_connection_goes_on_where_it_was(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with watching(server, "drop", right=Right.SUPERVISE) as watcher:
            async with feeding(server, "drop") as feeder:
                await play(feeder, AUDIO[: 5 * SECOND])
                await until(feeder, "received")
                feeder.transport.abort()
            await asyncio.sleep(0.2)
            async with feeding(server, "drop", "&resume=true") as feeder:
                listening = await next_message(feeder)
                await play(feeder, AUDIO[listening["received_ms"] * 64 :])
                await close_stream(feeder)
            return await until(watcher, "ended")

    told = asyncio.run(scenario())
    assert [m["state"] for m in of(told, "source")] == ["lost", "resumed"]
    assert sorted(texts(told)) == sorted(text for _, _, text in CALL)
    assert not of(told, "stats")[-1]["dropped_ms"]


def test_what_was_sent_twice_is_heard_once_and_what_is_missing_is_told(server: Server) -> None:
    async def scenario(from_ms: int) -> Json:
        name = f"gap{from_ms}"
        async with feeding(server, name) as feeder:
            await play(feeder, AUDIO[: 3 * SECOND])
            await until(feeder, "received")
        async with feeding(server, name, f"&resume=true&from_ms={from_ms}") as feeder:
            await play(feeder, AUDIO[from_ms * 64 :])
            return of(await close_stream(feeder), "stats")[-1]

    again = asyncio.run(scenario(1_000))
    assert (again["received_ms"], again["dropped_ms"]) == (16_000, {})
    gap = asyncio.run(scenario(3_500))
    assert (gap["received_ms"], gap["dropped_ms"]) == (16_000, {"connection_gap": 1_000})


def test_a_call_nobody_comes_back_to_ends_with_what_was_heard(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with watching(server, "gone") as watcher:
            async with feeding(server, "gone") as feeder:
                await play(feeder, AUDIO[: 6 * SECOND])
                await until(feeder, "received")
            return await until(watcher, "ended")

    told = asyncio.run(scenario())
    assert told[-1]["reason"] == "lost"
    assert "这个我不知道" in texts(told)


def test_two_feeders_of_one_call_are_refused(server: Server) -> None:
    async def scenario() -> Json:
        async with feeding(server, "twice") as first:
            await next_message(first)
            async with feeding(server, "twice") as second:
                return await refusal(second)

    assert asyncio.run(scenario())["close"] == 4409


def test_a_window_the_recogniser_cannot_take_costs_only_itself(server: Server) -> None:
    lines = [(0, 400, POISON), (0, 4_000, "这个我不知道")]
    audio = encode(record(lines, 6_500), Encoding.LINEAR16)

    async def scenario() -> list[Json]:
        async with feeding(server, "poison", "&events=true") as feeder:
            await play(feeder, audio)
            return await close_stream(feeder)

    told = asyncio.run(scenario())
    assert "这个我不知道" in texts(told)
    unheard = [m["utterance"] for m in of(told, "utterance") if not m["utterance"]["intelligible"]]
    assert [u["text"] for u in unheard if u["is_final"]] == [""]
    assert of(told, "stats")[-1]["dropped_ms"].keys() == {"recogniser_failed"}


def test_a_watcher_that_does_not_read_is_cut_off_and_slows_nobody(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with watching(server, "slow") as good:
            reading = asyncio.create_task(until(good, "ended"))
            reader, writer = await _silent_watcher(server, "slow")
            async with feeding(server, "slow") as feeder:
                for _ in range(200):
                    server.loop.call_soon_threadsafe(_shout, server, "slow")
                    await asyncio.sleep(0.005)
                await play(feeder, AUDIO)
                await close_stream(feeder)
            told = await reading
            async with asyncio.timeout(20):
                while _slow(server) == slow_before:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            writer.close()
            del reader
            return told

    slow_before = _slow(server)
    told = asyncio.run(scenario())
    assert sorted(texts(told)) == sorted(text for _, _, text in CALL)


def _shout(server: Server, call_id: str) -> None:
    call = server.calls.find(call_id)
    if call is not None:
        server.calls.do(call, call.live.notice("long", "x" * 60_000))


def _slow(server: Server) -> float:
    return float(server.calls.metrics.registry.get_sample_value("qa_slow_watchers_total") or 0)


async def _silent_watcher(
    server: Server, call_id: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket by hand that never reads, with a small receive buffer."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    raw.connect(("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1_024)
    token = server.token(call_id, Right.WATCH)
    writer.write(
        (
            f"GET /v1/calls/{call_id}/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
    )
    await writer.drain()
    assert b"101" in await reader.readline()
    return reader, writer


def test_a_watcher_that_talks_nonsense_is_refused(server: Server) -> None:
    async def scenario() -> Json:
        async with watching(server, "nonsense") as watcher:
            await watcher.send("hello")
            return await refusal(watcher)

    assert asyncio.run(scenario())["close"] == 4400


@pytest.mark.parametrize(
    ("right", "call", "says"),
    [(Right.WATCH, "t1", "not to feed"), (Right.FEED, "other", "not to feed")],
    ids=["a watch token", "another call's token"],
)
def test_a_token_for_something_else_does_not_feed(
    server: Server, right: Right, call: str, says: str
) -> None:
    async def scenario() -> Json:
        async with feeding(server, "t1", token=server.token(call, right)) as feeder:
            return await refusal(feeder)

    told = asyncio.run(scenario())
    assert told["close"] == 4403
    assert says in told["reason"]


def test_a_feed_token_opens_one_call_once(server: Server) -> None:
    async def scenario() -> Json:
        token = server.token("*", Right.FEED)
        async with feeding(server, "once", token=token) as feeder:
            await close_stream(feeder)
        async with feeding(server, "again", token=token) as feeder:
            return await refusal(feeder)

    assert "has opened a call before" in asyncio.run(scenario())["reason"]


@pytest.mark.parametrize(
    ("life_s", "says"), [(-60, "expired"), (400 * 86_400, "at most 24")], ids=["late", "for ever"]
)
def test_a_token_from_a_clock_gone_wrong_is_refused(server: Server, life_s: int, says: str) -> None:
    async def scenario() -> Json:
        token = server.token("skew", Right.FEED, life_s)
        async with feeding(server, "skew", token=token) as feeder:
            return await refusal(feeder)

    assert says in asyncio.run(scenario())["reason"]


def test_a_clock_some_seconds_off_does_no_harm(server: Server) -> None:
    async def scenario() -> Json:
        token = server.token("skew2", Right.FEED, -10)
        async with feeding(server, "skew2", token=token) as feeder:
            return await next_message(feeder)

    assert asyncio.run(scenario())["type"] == "listening"


def test_a_forged_token_is_refused(server: Server) -> None:
    async def scenario() -> Json:
        token = Tokens("another secret of more than 32 characters").mint("f", Right.FEED)
        async with feeding(server, "f", token=token) as feeder:
            return await refusal(feeder)

    assert "another secret" in asyncio.run(scenario())["reason"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_from_elsewhere_cannot_connect(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(_connect_from(server, origin))
    assert caught.value.response.status_code == 403


async def _connect_from(server: Server, origin: str) -> None:
    headers = {"Origin": origin}
    async with connect(f"{server.ws}/v1/board", additional_headers=headers):
        pass


def test_a_page_of_our_own_may_connect(server: Server) -> None:
    asyncio.run(_connect_from(server, server.http))


def test_no_token_is_told_as_such(server: Server) -> None:
    async def scenario() -> Json:
        async with connect(f"{server.ws}/v1/board") as board:
            await board.send('{"type": "KeepAlive"}')
            return await refusal(board)

    told = asyncio.run(scenario())
    assert (told["code"], told["close"]) == ("no_token", 4401)
