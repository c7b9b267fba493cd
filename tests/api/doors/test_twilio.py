"""Two tracks of a signed media stream become one stereo call, whatever their order."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.auth import Right
from api.doors.twilio import signature
from api.live.wire_audio import Encoding, encode
from tests.api.doors.conftest import DOOR_PASSWORD, TWILIO_TOKEN
from tests.api.live.servers import Json, Server, of, until
from tests.api.live.speech import record

FRAME_MS = 20
LENGTH_MS = 5_000
SPOKEN = [(1, 200, "您好感谢致电很高兴为您服务"), (1, 3_400, "这个我不知道")]
STEREO = encode(record(SPOKEN, LENGTH_MS, rate=8_000), Encoding.MULAW)
TRACKS = ("inbound", "outbound")
WIRE = {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1}


def media(track: str, number: int) -> Json:
    sound = STEREO[TRACKS.index(track) :: 2][number * 160 : (number + 1) * 160]
    payload = base64.b64encode(sound).decode()
    stamp = {"chunk": str(number + 1), "timestamp": str(number * FRAME_MS)}
    return {"event": "media", "media": {"track": track, "payload": payload} | stamp}


def start(call_id: str, wire: Json | None = None, **own: str) -> Json:
    said = {"callSid": call_id, "tracks": list(TRACKS), "mediaFormat": WIRE | (wire or {})}
    return {"event": "start", "start": said | {"customParameters": own}}


CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
STOP = {"event": "stop", "stop": {}}
SOUND = [media(track, number) for number in range(LENGTH_MS // FRAME_MS) for track in TRACKS]


def signed(server: Server, key: str = TWILIO_TOKEN, path: str = "/v1/twilio") -> dict[str, str]:
    address = f"wss://127.0.0.1:{server.port}{path}"
    return {"X-Twilio-Signature": signature(key.encode(), address)}


def stream(
    server: Server, call_id: str, messages: Sequence[Any], headers: dict[str, str] | None = None
) -> list[Json]:
    """Send all of it, and read what a supervisor is told of the call."""

    async def run() -> list[Json]:
        async with connect(
            f"{server.ws}/v1/twilio", additional_headers=signed(server) | (headers or {})
        ) as socket:
            for message in messages:
                await socket.send(json.dumps(message))
            assert [text async for text in socket] == [], "a listening stream is told nothing"
        events = f"{server.ws}/v1/calls/{call_id}/events"
        watch = server.bearer("*", Right.SUPERVISE)
        async with connect(events, additional_headers=watch) as socket:
            return await until(socket, "ended", 30.0)

    return asyncio.run(run())


def refused(server: Server, messages: Sequence[Any], headers: dict[str, str]) -> tuple[int, str]:
    """The close code and its reason."""

    async def run() -> tuple[int, str]:
        url = f"{server.ws}/v1/twilio"
        async with connect(url, additional_headers=headers) as socket:
            for message in messages:
                text = message if isinstance(message, bytes | str) else json.dumps(message)
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(text)
            await asyncio.wait_for(socket.wait_closed(), 15.0)
            return socket.close_code or 0, socket.close_reason or ""

    return asyncio.run(run())


def dropped(messages: list[Json]) -> int:
    gaps: dict[str, int] = of(messages, "stats")[-1]["dropped_ms"]
    return gaps.get("connection_gap", 0)


def rules(messages: list[Json]) -> list[str]:
    return [m["hit"]["rule"] for m in of(messages, "hit") if m["state"] == "confirmed"]


def test_a_whole_stream_is_a_whole_call(server: Server, call_id: str) -> None:
    begin = start(call_id, agent="1001", queue="售后")
    messages = stream(server, call_id, [CONNECTED, begin, *SOUND, {"event": "mark"}, STOP])
    assert messages[0]["roles"] == ["customer", "agent"]
    assert messages[0]["agent"] == "1001"
    assert messages[0]["metadata"] == {"queue": "售后"}
    assert rules(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"
    assert messages[-1]["duration_ms"] == LENGTH_MS
    assert dropped(messages) == 0


def test_wrong_order_and_doubles_change_nothing(server: Server, call_id: str) -> None:
    chance = random.Random(7)
    order = sorted(range(len(SOUND)), key=lambda at: at + chance.uniform(0, 12))
    mixed = [SOUND[at] for at in order]
    for at in chance.sample(range(len(mixed)), 30):
        mixed.insert(at, mixed[at])
    messages = stream(server, call_id, [CONNECTED, start(call_id), *mixed, STOP])
    assert rules(messages) == ["dont-know"]
    assert messages[-1]["duration_ms"] == LENGTH_MS
    assert dropped(messages) == 0


def test_what_was_cut_out_and_what_came_late_is_told_as_dropped(
    server: Server, call_id: str
) -> None:
    kept = [one for one in SOUND if not _is(one, "inbound", range(50, 100))]
    late = media("inbound", 60)
    messages = stream(server, call_id, [CONNECTED, start(call_id), *kept, late, STOP])
    assert messages[-1]["duration_ms"] == LENGTH_MS
    assert dropped(messages) == 50 * FRAME_MS
    assert [notice["code"] for notice in of(messages, "notice")].count("late") <= 1


def _is(message: Json, track: str, numbers: range) -> bool:
    said = message["media"]
    return said["track"] == track and int(said["chunk"]) - 1 in numbers


def test_telnyx_writes_the_same_otherwise(server: Server, call_id: str) -> None:
    wire = {"encoding": "PCMU", "sample_rate": 8_000, "channels": 1}
    begin = {
        "event": "start",
        "sequence_number": "1",
        "start": {"call_session_id": call_id, "tracks": ["both_tracks"], "media_format": wire},
    }
    headers = {"Authorization": f"Bearer {server.token(call_id, Right.FEED)}"}
    messages = stream(server, call_id, [begin, *SOUND, STOP], headers)
    assert rules(messages) == ["dont-know"]


def test_a_ticket_may_come_as_a_parameter(server: Server, call_id: str) -> None:
    ticket = server.tokens.ticket(call_id, Right.FEED)
    begin = [CONNECTED, start(call_id, ticket=ticket)]

    async def run() -> None:
        async with connect(f"{server.ws}/v1/twilio") as socket:
            for message in [*begin, *SOUND[:100], STOP]:
                await socket.send(json.dumps(message))
            assert [text async for text in socket] == []

    asyncio.run(run())
    assert refused(server, [*begin, *SOUND[:2]], {})[0] in (4403, 4409)


def test_a_stream_that_breaks_off_is_lost(server: Server, call_id: str) -> None:
    async def run() -> None:
        async with connect(f"{server.ws}/v1/twilio", additional_headers=signed(server)) as socket:
            for message in [CONNECTED, start(call_id), *SOUND[:100]]:
                await socket.send(json.dumps(message))

    asyncio.run(run())
    end = asyncio.run(_source(server, call_id))
    assert end["reason"] == "the stream broke off without stop"


async def _source(server: Server, call_id: str) -> Json:
    events = f"{server.ws}/v1/calls/{call_id}/events"
    async with connect(events, additional_headers=server.bearer("*", Right.SUPERVISE)) as socket:
        return (await until(socket, "source"))[-1]


@pytest.mark.parametrize("forged", [TWILIO_TOKEN[:-1], ""], ids=["another token", "nothing"])
def test_a_forged_signature_opens_nothing(server: Server, forged: str) -> None:
    async def run() -> None:
        headers = signed(server, forged) if forged else {"X-Twilio-Signature": "x"}
        async with connect(f"{server.ws}/v1/twilio", additional_headers=headers):
            pass

    with pytest.raises(InvalidStatus) as error:
        asyncio.run(run())
    assert error.value.response.status_code == 403


@pytest.mark.parametrize(
    "messages",
    [
        [*SOUND[:1]],
        [STOP],
        [{"event": "start"}],
        [{"event": "start", "start": {"mediaFormat": WIRE | {"encoding": "audio/opus"}}}],
        [{"event": "start", "start": {"mediaFormat": WIRE | {"channels": 2}}}],
        [start("c-bad"), start("c-bad")],
        [start("c-bad1"), {"event": "media", "media": {"payload": "!!", "timestamp": "0"}}],
        [start("c-bad2"), {"event": "media", "media": {"payload": "AA==", "timestamp": "9e9"}}],
        [
            start("c-bad3"),
            {"event": "media", "media": {"payload": "AA==", "timestamp": "99999999"}},
        ],
        [start("c-bad4"), {"event": "media", "media": {"payload": "AA==", "timestamp": "-1"}}],
        ["{"],
        ["[]"],
        [b"\0\0"],
        [CONNECTED] * 6,
    ],
    ids=range(14),
)
def test_what_makes_no_sense_is_refused(server: Server, messages: list[Any]) -> None:
    assert refused(server, messages, signed(server)) == (4400, "bad_request")


def test_without_any_credentials_nothing_opens(server: Server, call_id: str) -> None:
    assert refused(server, [CONNECTED, start(call_id)], {}) == (4401, "no_token")
    wrong = start(call_id, token=DOOR_PASSWORD + "x")
    assert refused(server, [CONNECTED, wrong], {}) == (4403, "token")
