"""AudioSocket: announced connections over TCP, two of them one call, placed by the clock."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import ValidationError

from api.auth import Right
from api.doors.audiosocket_frames import AudioSocketFrame, FrameKind
from api.doors.entrance import Entrance
from api.settings import Settings
from tests.api.doors.conftest import DOOR_PASSWORD
from tests.api.doors.test_asterisk import LENGTH_MS, SOUND, dropped
from tests.api.doors.test_freeswitch import basic, confirmed, told
from tests.api.live.servers import Json, Server, of, wait_for

SLIN, SLIN16 = 0x10, 0x12
HUNG_UP = AudioSocketFrame(FrameKind.HANG_UP, b"")
SILENT = AudioSocketFrame(FrameKind.SILENCE, b"")
DTMF = AudioSocketFrame(FrameKind.DTMF, b"5")
SPEECH = {
    role: [
        AudioSocketFrame(SLIN, sound["slin"][at : at + 320])
        for at in range(0, len(sound["slin"]), 320)
    ]
    for role, sound in SOUND.items()
}


def port(server: Server) -> int:
    entrance: Entrance = server.app.state.entrance
    assert entrance.audiosocket_port is not None
    return entrance.audiosocket_port


def announce(server: Server, call_id: str, role: str, **more: str) -> UUID:
    """As a dialplan does: a form with the switch's password."""
    said = {"call_id": call_id, "role": role} | more
    answer = httpx.post(f"{server.http}/v1/audiosocket", data=said, headers=basic(DOOR_PASSWORD))
    assert answer.status_code == 200, answer.text
    return UUID(answer.text)


async def speak(
    server: Server,
    uuid: UUID,
    frames: Sequence[AudioSocketFrame | float],
    end: AudioSocketFrame | str = HUNG_UP,
) -> bytes:
    """The connection in real time (a number: seconds of nothing); what the server said in it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
    writer.write(AudioSocketFrame(FrameKind.UUID, uuid.bytes).wire())
    due_s = time.monotonic()
    for one in frames:
        await asyncio.sleep(max(due_s - time.monotonic(), 0.0))
        if isinstance(one, AudioSocketFrame):
            writer.write(one.wire())
            await writer.drain()
        due_s += 0.02 if isinstance(one, AudioSocketFrame) else one
    await asyncio.sleep(max(due_s - time.monotonic(), 0.0))
    if isinstance(end, AudioSocketFrame):
        writer.write(end.wire())
        await writer.drain()
    elif end == "cut within a frame":
        writer.write(b"\x10\x01\x40abc")
        await writer.drain()
    writer.close()
    heard = (
        await asyncio.wait_for(reader.read(), 15.0) if isinstance(end, AudioSocketFrame) else b""
    )
    return heard


def whole(server: Server, call_id: str, agent: Sequence[AudioSocketFrame | float]) -> list[Json]:
    """The agent's connection and the customer's, and what a supervisor is told."""

    async def run() -> list[Json]:
        uuids = [announce(server, call_id, role) for role in ("agent", "customer")]
        await asyncio.gather(
            speak(server, uuids[0], agent), speak(server, uuids[1], SPEECH["customer"])
        )
        return await told(server, call_id)

    return asyncio.run(run())


def test_two_announced_connections_are_one_call(server: Server, call_id: str) -> None:
    messages = whole(
        server, call_id, [SILENT, *SPEECH["agent"][:20], DTMF, SILENT, *SPEECH["agent"][20:]]
    )
    finals = [m["utterance"] for m in of(messages, "utterance") if m["utterance"]["is_final"]]
    assert {one["role"]: one["text"] for one in finals} == {
        "agent": "这个我不知道",
        "customer": "好的谢谢",
    }
    assert confirmed(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"
    assert dropped(messages) <= 400


def test_a_switch_that_sends_no_comfort_noise_leaves_a_hole_of_its_length(
    server: Server, call_id: str
) -> None:
    """Sound of 2 s, nothing for 1.2 s, the rest: placed by the clock, told as dropped."""
    silent: list[AudioSocketFrame | float] = [*SPEECH["agent"][:100], 1.2, *SPEECH["agent"][160:]]
    messages = whole(server, call_id, silent)
    assert messages[-1]["reason"] == "closed"
    assert abs(messages[-1]["duration_ms"] - LENGTH_MS) <= 400
    assert 900 <= dropped(messages) <= 1_700
    assert confirmed(messages) == ["dont-know"]


def test_a_silent_line_is_kept_open_with_silence(server: Server, call_id: str) -> None:
    async def run() -> bytes:
        uuid = announce(server, call_id, "mixed")
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
        for frame in (AudioSocketFrame(FrameKind.UUID, uuid.bytes), *SPEECH["agent"][:5]):
            writer.write(frame.wire())
        heard = await asyncio.wait_for(reader.readexactly(323), 15.0)
        writer.write(HUNG_UP.wire())
        writer.close()
        return heard

    began_s = time.monotonic()
    assert asyncio.run(run()) == AudioSocketFrame(SLIN, bytes(320)).wire()
    assert time.monotonic() - began_s >= 1.0


def test_what_is_said_of_a_connection_is_known_of_its_call(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        uuid = announce(server, call_id, "mixed", agent="1001", queue="售后")
        await speak(server, uuid, SPEECH["agent"][:50])
        return await told(server, call_id)

    opened = asyncio.run(run())[0]
    assert (opened["agent"], opened["metadata"]) == ("1001", {"queue": "售后"})
    assert opened["roles_known"] is False


@pytest.mark.parametrize("end", ["closed", "reset", "cut within a frame"])
def test_only_a_clean_close_is_a_hang_up(server: Server, call_id: str, end: str) -> None:
    async def run() -> None:
        uuid = announce(server, call_id, "mixed")
        if end != "reset":
            await speak(server, uuid, SPEECH["agent"][:20], end)
            return
        _, writer = await asyncio.open_connection("127.0.0.1", port(server))
        writer.write(
            AudioSocketFrame(FrameKind.UUID, uuid.bytes).wire() + SPEECH["agent"][0].wire()
        )
        # What a reset finds unread is lost, and with it a call that was not opened.
        await asyncio.to_thread(wait_for, lambda: server.calls.find(call_id))
        line: socket.socket = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    asyncio.run(run())
    if end == "closed":
        assert asyncio.run(told(server, call_id))[-1]["reason"] == "closed"
    else:
        wait_for(lambda: server.calls.find(call_id))
        wait_for(lambda: server.calls.find(call_id).live.state == "lost")


def entered(server: Server) -> tuple[int, int]:
    seen = server.app.state.entrance.sightings.doors["audiosocket"]
    return seen.calls, seen.refused


def turned_away(server: Server, *frames: AudioSocketFrame) -> str:
    """The reason; nothing may come back but the close."""
    before = entered(server)

    async def run() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
        for frame in frames:
            writer.write(frame.wire())
        try:
            return await asyncio.wait_for(reader.read(), 15.0)
        except ConnectionResetError:  # It closed before our last frame came.
            return b""
        finally:
            writer.close()

    assert asyncio.run(run()) == b""
    assert entered(server)[1] == before[1] + 1
    last: str = server.app.state.entrance.sightings.doors["audiosocket"].last
    return last


def test_a_uuid_that_nobody_announced_opens_nothing(server: Server) -> None:
    guessed = AudioSocketFrame(FrameKind.UUID, uuid4().bytes)
    assert "nobody announced" in turned_away(server, guessed, SPEECH["agent"][0])


def test_a_uuid_opens_one_connection(server: Server, call_id: str) -> None:
    uuid = announce(server, call_id, "mixed")
    asyncio.run(speak(server, uuid, SPEECH["agent"][:5]))
    assert "nobody announced" in turned_away(server, AudioSocketFrame(FrameKind.UUID, uuid.bytes))


@pytest.mark.parametrize(
    ("frames", "names"),
    [
        ([SPEECH["agent"][0]], "first frame"),
        ([AudioSocketFrame(FrameKind.UUID, b"short")], "first frame"),
        ([HUNG_UP], "first frame"),
        (["uuid", AudioSocketFrame(0x77, b"?")], "0x77"),
        (["uuid", SPEECH["agent"][0], AudioSocketFrame(SLIN16, bytes(640))], "sampling rate"),
        (
            ["uuid", SPEECH["agent"][0], AudioSocketFrame(FrameKind.ERROR, b"\x04")],
            "error of its own",
        ),
        (["uuid", SPEECH["agent"][0], AudioSocketFrame(FrameKind.UUID, bytes(16))], "0x01"),
        ([], "no UUID came"),
    ],
    ids=range(8),
)
def test_what_makes_no_sense_is_turned_away(
    server: Server, call_id: str, frames: list[AudioSocketFrame | str], names: str
) -> None:
    mine = AudioSocketFrame(FrameKind.UUID, announce(server, call_id, "mixed").bytes)
    sent = [mine if isinstance(one, str) else one for one in frames]
    assert names in turned_away(server, *sent)


@pytest.mark.parametrize(
    ("said", "status", "names"),
    [
        ({"role": "agent"}, 400, "call_id"),
        ({"call_id": "c-1"}, 400, "role"),
        ({"call_id": "c-1", "role": "both"}, 400, "role"),
        ({"call_id": "a b", "role": "agent"}, 400, "call_id"),
        ({"call_id": "c-1", "role": "agent", "uuid": "7"}, 400, "uuid"),
    ],
    ids=range(5),
)
def test_what_cannot_be_announced_is_told_why(
    server: Server, said: dict[str, str], status: int, names: str
) -> None:
    url = f"{server.http}/v1/audiosocket"
    for answer in (
        httpx.post(url, data=said, headers=basic(DOOR_PASSWORD)),
        httpx.post(url, json=said, headers=basic(DOOR_PASSWORD)),
    ):
        assert answer.status_code == status
        assert names in answer.json()["detail"]


def test_who_may_not_feed_announces_nothing(server: Server, call_id: str) -> None:
    said = {"call_id": call_id, "role": "agent"}
    watch = server.bearer(call_id, Right.WATCH)
    other = server.bearer("another", Right.FEED)
    for headers, status in (({}, 401), (basic("wrong"), 403), (watch, 403), (other, 403)):
        answer = httpx.post(f"{server.http}/v1/audiosocket", json=said, headers=headers)
        assert answer.status_code == status
    assert (
        httpx.post(
            f"{server.http}/v1/audiosocket", content=b"\xff", headers=basic(DOOR_PASSWORD)
        ).status_code
        == 400
    )


def test_a_uuid_of_ones_own_is_announced_once(server: Server, call_id: str) -> None:
    own = str(uuid4())
    assert announce(server, call_id, "mixed", uuid=own) == UUID(own)
    said = {"call_id": call_id, "role": "mixed", "uuid": own}
    again = httpx.post(f"{server.http}/v1/audiosocket", json=said, headers=basic(DOOR_PASSWORD))
    assert again.status_code == 409


def test_beyond_this_machine_it_is_told_who_may_connect() -> None:
    with pytest.raises(ValidationError, match="addresses of the switches"):
        Settings(audiosocket_port=0, audiosocket_host="0.0.0.0")
    with pytest.raises(ValidationError, match="no address or network"):
        Settings(audiosocket_peers=("switch.example",))
    Settings(audiosocket_host="0.0.0.0", audiosocket_peers=("10.0.0.0/24",))
