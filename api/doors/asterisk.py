"""`WS /v1/asterisk`: Asterisk's chan_websocket as a client. Told in asterisk.md.

The first text is MEDIA_START with the codec, then come binary frames of one channel, and the close
is the end. Nothing is ever sent back: Asterisk reads at most 128 bytes of a text, and everything
that it is told is a command to its channel.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from starlette.websockets import WebSocket

from api.auth import Grant
from api.doors.credentials import TICKET
from api.doors.door import ASTERISK
from api.doors.entrance import Entrance, quietly_close
from api.doors.inbox import Closed, Inbox
from api.doors.mono import Mono, enter, held, next_message
from api.doors.mono_asked import MonoAsked
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket
from api.live.wire_audio import Encoding, WireFormat

SUBPROTOCOL = "media"
START_WAIT_S = 10.0
START = "MEDIA_START"
FORMATS: Mapping[str, WireFormat] = {
    "ulaw": WireFormat(encoding=Encoding.MULAW, sample_rate=8_000),
    "alaw": WireFormat(encoding=Encoding.ALAW, sample_rate=8_000),
    "slin": WireFormat(sample_rate=8_000),
    "slin12": WireFormat(sample_rate=12_000),
    "slin16": WireFormat(sample_rate=16_000),
    "slin24": WireFormat(sample_rate=24_000),
    "slin32": WireFormat(sample_rate=32_000),
    "slin44": WireFormat(sample_rate=44_100),
    "slin48": WireFormat(sample_rate=48_000),
}


async def asterisk(socket: WebSocket, entrance: Entrance) -> None:
    """One connection of a WebSocket channel."""

    async def converse(socket: WebSocket, grant: Grant | None) -> None:
        async with Inbox(socket) as inbox:
            await _converse(socket, inbox, grant or entrance.credentials.grant(socket), entrance)
        await quietly_close(socket)

    offered = socket.scope.get("subprotocols") or []
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
    await entrance.serve_silently(ASTERISK, socket, converse, subprotocol=subprotocol)


async def _converse(socket: WebSocket, inbox: Inbox, grant: Grant, entrance: Entrance) -> None:
    query = {name: value for name, value in socket.query_params.items() if name != TICKET}
    asked = MonoAsked.said(query)
    wire = await _start(inbox)
    if wire is None:
        return
    mono = await enter(entrance, ASTERISK, entrance.address(socket), grant, asked, wire)
    async with held(mono):
        await _read(inbox, mono, entrance.calls.settings.texts_per_second)


async def _start(inbox: Inbox) -> WireFormat | None:
    """What the first text says of the sound; None where the other side left before."""
    try:
        message = await asyncio.wait_for(inbox.receive(), START_WAIT_S)
    except TimeoutError:
        raise Refused(Why.BAD_REQUEST, f"no {START} came within {START_WAIT_S:g} s") from None
    if isinstance(message, Closed):
        return None
    said = media_start(message) if isinstance(message, str) else None
    if said is None:
        raise Refused(Why.BAD_REQUEST, f"the first message is not {START}")
    wire = FORMATS.get(said.get("format", ""))
    if wire is None:
        raise Refused(
            Why.BAD_REQUEST,
            f"the channel's codec cannot be heard: expected {', '.join(FORMATS)}, such as c(ulaw)",
        )
    return wire


def media_start(text: str) -> dict[str, str] | None:
    """The values of a MEDIA_START, plain or JSON; None for anything else."""
    if text.startswith("{"):
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if said.get("event") != START:
            return None
        return {str(name): value for name, value in said.items() if isinstance(value, str)}
    kind, _, rest = text.partition(" ")
    if kind != START:
        return None
    pairs = (word.partition(":") for word in rest.split())
    return {name: value for name, _, value in pairs}


async def _read(inbox: Inbox, mono: Mono, texts_per_second: int) -> None:
    """Sound until the connection or the call ends."""
    texts = Bucket(texts_per_second, texts_per_second * 2)
    while not mono.call.is_over:
        message = await next_message(inbox, mono)
        if isinstance(message, Closed):
            if message.clean:
                await mono.end(inbox.arrived_s)
            else:
                await mono.lost("the connection broke")
            return
        if isinstance(message, bytes):
            await mono.hear(message, inbox.arrived_s)
        elif not texts.take():
            raise Refused(Why.TOO_MUCH, "too many text messages in a second")
        elif media_start(message) is not None:
            raise Refused(Why.BAD_REQUEST, f"a second {START} came in one connection")
