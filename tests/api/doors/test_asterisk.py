"""Asterisk's WebSocket channels: two of them are one call, each speaker on a channel of his own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.auth import Right
from api.doors.entrance import Entrance
from api.live.wire_audio import Encoding, encode
from tests.api.doors.conftest import DOOR_PASSWORD
from tests.api.doors.test_freeswitch import basic, bearer, confirmed, told
from tests.api.live.servers import Json, Server, of, wait_for
from tests.api.live.speech import record

LENGTH_MS = 3_600
STEREO = record([(0, 300, "这个我不知道"), (1, 1_800, "好的谢谢")], LENGTH_MS, rate=8_000).reshape(
    -1, 2
)
SOUND = {
    role: {
        "ulaw": encode(STEREO[:, number], Encoding.MULAW),
        "alaw": encode(STEREO[:, number], Encoding.ALAW),
        "slin": encode(STEREO[:, number], Encoding.LINEAR16),
    }
    for number, role in enumerate(("agent", "customer"))
}


def start(codec: str = "ulaw") -> str:
    return (
        f"MEDIA_START connection_id:0a1b channel:WebSocket/qa/0x7f2d channel_id:17.4 "
        f"format:{codec} optimal_frame_size:160 ptime:20"
    )


def start_json(codec: str = "ulaw") -> str:
    said = {"event": "MEDIA_START", "format": codec, "ptime": 20, "channel_variables": {"A": "b"}}
    return json.dumps(said)


def door(server: Server, query: str, **more: Any) -> connect:
    more.setdefault("additional_headers", basic(DOOR_PASSWORD))
    more.setdefault("subprotocols", ["media"])
    return connect(f"{server.ws}/v1/asterisk?{query}", **more)


async def channel(
    server: Server,
    call_id: str,
    role: str,
    *,
    codec: str = "ulaw",
    first: str | None = None,
    end_ms: int = LENGTH_MS,
    more: str = "",
    **how: Any,
) -> None:
    """One channel's whole connection, in real time."""
    query = f"call_id={call_id}&role={role}{more}"
    async with door(server, query, **how) as socket:
        assert socket.subprotocol == "media"
        await socket.send(first or start(codec))
        sound = SOUND[role][codec]
        size = len(sound) * 20 // LENGTH_MS
        began_s = time.monotonic()
        for number in range(end_ms // 20):
            await asyncio.sleep(max(began_s + number * 0.02 - time.monotonic(), 0.0))
            await socket.send(sound[number * size : (number + 1) * size])
            if number == 10:
                await socket.send("DTMF_END digit:5 channel_id:17.4")


def whole(server: Server, call_id: str, **how: Any) -> list[Json]:
    """Both channels at once, and what a supervisor is told."""

    async def run() -> list[Json]:
        both = (channel(server, call_id, role, **how) for role in ("agent", "customer"))
        await asyncio.gather(*both)
        return await told(server, call_id)

    return asyncio.run(run())


def dropped(messages: list[Json]) -> int:
    gaps: dict[str, int] = of(messages, "stats")[-1]["dropped_ms"]
    return gaps.get("connection_gap", 0)


@pytest.mark.parametrize("codec", ["ulaw", "alaw", "slin"])
def test_two_channels_that_come_at_once_are_one_call(
    server: Server, call_id: str, codec: str
) -> None:
    messages = whole(server, call_id, codec=codec, more="&agent=1001&queue=7")
    assert messages[0]["roles"] == ["agent", "customer"]
    assert messages[0]["agent"] == "1001"
    assert messages[0]["metadata"] == {"queue": "7"}
    finals = [m["utterance"] for m in of(messages, "utterance") if m["utterance"]["is_final"]]
    said = {one["role"]: one["text"] for one in finals}
    assert said == {"agent": "这个我不知道", "customer": "好的谢谢"}
    assert confirmed(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"
    assert dropped(messages) <= 400
    assert of(messages, "source") == []


def test_control_messages_may_be_json(server: Server, call_id: str) -> None:
    assert confirmed(whole(server, call_id, first=start_json())) == ["dont-know"]


def test_a_ticket_in_the_address_is_enough(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        legs = []
        for role in ("agent", "customer"):
            ticket = "&ticket=" + server.tokens.ticket(call_id, Right.FEED)
            legs.append(channel(server, call_id, role, more=ticket, additional_headers={}))
        await asyncio.gather(*legs)
        return await told(server, call_id)

    assert confirmed(asyncio.run(run())) == ["dont-know"]


def test_a_mixed_channel_is_a_call_that_charges_nobody(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}&role=mixed") as socket:
            await socket.send(start())
            for number in range(150):
                await socket.send(SOUND["agent"]["ulaw"][number * 160 : number * 160 + 160])
        return await told(server, call_id)

    messages = asyncio.run(run())
    assert messages[0]["roles_known"] is False
    assert messages[-1]["reason"] == "closed"
    assert of(messages, "prompt") == []


def test_a_channel_that_is_cut_leaves_the_call_to_the_other(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        customer = asyncio.create_task(channel(server, call_id, "customer"))
        async with door(server, f"call_id={call_id}&role=agent") as socket:
            await socket.send(start())
            for number in range(75):
                await socket.send(SOUND["agent"]["ulaw"][number * 160 : number * 160 + 160])
                await asyncio.sleep(0.02)
            socket.transport.abort()
        await customer
        return await told(server, call_id)

    messages = asyncio.run(run())
    assert messages[-1]["reason"] == "closed"
    assert confirmed(messages) == ["dont-know"]
    assert dropped(messages) >= 1_500, "what the agent's channel did not bring"


def test_a_call_whose_channels_are_all_cut_is_lost(server: Server, call_id: str) -> None:
    async def run() -> None:
        async with door(server, f"call_id={call_id}&role=agent") as socket:
            await socket.send(start())
            await socket.send(SOUND["agent"]["ulaw"][:1_600])
            await asyncio.sleep(0.2)
            socket.transport.abort()
        wait_for(lambda: server.calls.find(call_id).live.state == "lost")

    asyncio.run(run())


def refused(server: Server, query: str, sent: Sequence[str | bytes], **how: Any) -> tuple[int, str]:
    """The close code and its reason; nothing else may be said."""

    async def run() -> tuple[int, str]:
        async with door(server, query, **how) as socket:
            for one in sent:
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(one)
            heard = []
            with contextlib.suppress(ConnectionClosed):
                async with asyncio.timeout(15.0):
                    heard = [text async for text in socket]
            assert heard == [], "every text would be a command to the channel"
            return socket.close_code or 0, socket.close_reason or ""

    return asyncio.run(run())


FRAME = SOUND["agent"]["ulaw"][:160]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("role=agent", [start(), FRAME]),
        ("call_id=x1", [start(), FRAME]),
        ("call_id=x2&role=both", [start(), FRAME]),
        ("call_id=x%203&role=agent", [start(), FRAME]),
        ("call_id=x4&role=agent", [FRAME]),
        ("call_id=x5&role=agent", ["MEDIA_XOFF"]),
        ("call_id=x6&role=agent", [start("opus")]),
        ("call_id=x7&role=agent", ["MEDIA_START"]),
        ("call_id=x8&role=agent", ["{"]),
        ("call_id=x9&role=agent", ['{"event": 3}']),
        ("call_id=x10&role=agent", [start(), FRAME, start()]),
        ("call_id=x11&role=agent", ["[" * 100_000]),
        ("call_id=x12&role=agent", ["[]"]),
    ],
    ids=range(13),
)
def test_what_makes_no_sense_is_refused(
    server: Server, query: str, sent: Sequence[str | bytes]
) -> None:
    assert refused(server, query, sent) == (4400, "bad_request")


def test_a_second_channel_of_the_same_speaker_takes_the_first_one_s_place(
    server: Server, call_id: str
) -> None:
    async def run() -> None:
        query = f"call_id={call_id}&role=agent"
        async with door(server, query) as socket:
            await socket.send(start())
            await socket.send(FRAME)
            await asyncio.sleep(0.2)
            async with door(server, query) as again:
                await again.send(start())
                await again.send(FRAME)
                await asyncio.sleep(0.2)
                await socket.send(FRAME)
                await asyncio.wait_for(socket.wait_closed(), 15.0)
                assert socket.close_code == 4409
        assert (await told(server, call_id))[-1]["reason"] == "closed"

    asyncio.run(run())


@pytest.mark.parametrize("secret", [DOOR_PASSWORD + "x", ""], ids=["another", "none"])
def test_without_the_password_nothing_opens(server: Server, call_id: str, secret: str) -> None:
    query = f"call_id={call_id}&role=agent"
    if not secret:
        assert refused(server, query, [start(), FRAME], additional_headers={})[0] == 4401
        return
    with pytest.raises(InvalidStatus) as error:
        refused(server, query, [start(), FRAME], additional_headers=bearer(secret))
    assert error.value.response.status_code == 403


def test_of_a_call_that_is_over_nothing_is_kept(server: Server, call_id: str) -> None:
    whole(server, call_id)
    entrance: Entrance = server.app.state.entrance
    assert call_id not in entrance.legs
