"""`WS /v1/twilio`: Twilio Media Streams, and Telnyx's likeness of them. Told in twilio.md.

Nothing is sent back: a stream that only listens is broken off by Twilio at the first word.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.websockets import WebSocket

from api.auth import ANY_CALL, Grant, Right
from api.doors.credentials import PASSWORD_LIFE_S, TICKET, TOKEN
from api.doors.door import TWILIO
from api.doors.entrance import Entrance, quietly_close
from api.doors.fed_call import FedCall
from api.doors.inbox import Closed, Inbox
from api.doors.timeline import Timeline
from api.doors.twilio_messages import (
    INBOUND,
    Other,
    Stopped,
    StreamStarted,
    TrackMedia,
    read_message,
)
from api.live.call_asked import CallAsked
from api.live.refusals import Refused, Why
from api.live.wire_audio import WireFormat
from api.settings import Settings
from qa_engine.events import Role

SIGNATURE = "x-twilio-signature"
START_WAIT_S = 10.0
MOST_BEFORE_START = 5
PATIENCE_MS = 400


async def twilio(socket: WebSocket, entrance: Entrance) -> None:
    """One connection of a media stream."""

    async def converse(socket: WebSocket, grant: Grant | None) -> None:
        async with Inbox(socket) as inbox:
            await _converse(socket, inbox, grant, entrance)
        await quietly_close(socket)

    def signed(socket: WebSocket) -> Grant | None:
        return signature_grant(socket, entrance.calls.settings)

    await entrance.serve_silently(TWILIO, socket, converse, signed)


def signature_grant(socket: WebSocket, settings: Settings) -> Grant | None:
    """To feed any call, for a stream that Twilio signed; None without a signature.

    Raises `Refused` for a wrong one.
    """
    shown = socket.headers.get(SIGNATURE)
    if shown is None or settings.twilio_auth_token is None:
        return None
    key = settings.twilio_auth_token.get_secret_value().encode()
    if not any(
        hmac.compare_digest(signature(key, address).encode(), shown.encode())
        for address in _addresses(socket, settings.public_url)
    ):
        raise Refused(
            Why.TOKEN,
            "X-Twilio-Signature does not fit: QA_ENGINE_TWILIO_AUTH_TOKEN is another account's, "
            "or QA_ENGINE_PUBLIC_URL is not how Twilio reaches this server",
        )
    expires_s = int(time.time()) + PASSWORD_LIFE_S
    jti = f"twilio-{secrets.token_urlsafe(12)}"
    return Grant(call=ANY_CALL, right=Right.FEED, expires_s=expires_s, jti=jti)


def signature(key: bytes, address: str) -> str:
    """What Twilio signs of an upgrade: its address alone, which has no parameters."""
    digest = hmac.new(key, address.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _addresses(socket: WebSocket, public_url: str) -> Iterator[str]:
    """How the one who dialled may have written our address."""
    host = urlsplit(public_url).netloc or socket.headers.get("host", "")
    path = urlsplit(public_url).path.rstrip("/") + socket.url.path
    for scheme in ("wss", "https"):
        yield f"{scheme}://{host}{path}"
        yield f"{scheme}://{host}{path}/"


async def _converse(
    socket: WebSocket, inbox: Inbox, grant: Grant | None, entrance: Entrance
) -> None:
    started = await _start(inbox)
    if started is None:
        return
    said = dict(started.said)
    shown = said.pop(TICKET, ""), said.pop(TOKEN, "")
    if grant is None:
        grant = entrance.credentials.of_parameters(*shown)
    asked = _asked(started, said)
    wire = WireFormat(
        encoding=started.wire.encoding,
        sample_rate=started.wire.sample_rate,
        channels=len(started.tracks),
    )
    fed = await entrance.take(TWILIO, socket, grant, asked, wire)
    async with fed.held():
        await _read(inbox, fed, started)


async def _start(inbox: Inbox) -> StreamStarted | None:
    """The first message that says what comes; None where the other side left before."""
    for _ in range(MOST_BEFORE_START):
        try:
            message = await asyncio.wait_for(inbox.receive(), START_WAIT_S)
        except TimeoutError:
            break
        if isinstance(message, Closed):
            return None
        said = read_message(message)
        if isinstance(said, StreamStarted):
            return said
        if not isinstance(said, Other):
            raise Refused(Why.BAD_REQUEST, "sound or stop came before start")
    raise Refused(Why.BAD_REQUEST, f"no start came within {START_WAIT_S:g} s")


async def _read(inbox: Inbox, fed: FedCall, started: StreamStarted) -> None:
    """Both tracks by their time stamps until the stream stops or breaks."""
    begin_ms = fed.handle.feed.received_ms
    legs = {track: leg for leg, track in enumerate(started.tracks)}
    line = Timeline(started.wire, legs=len(legs), patience_ms=PATIENCE_MS, begin_ms=begin_ms)
    while not fed.is_over:
        message = await inbox.receive()
        if isinstance(message, Closed):
            await fed.join(line.close())
            fed.lost("the stream broke off without stop")
            return
        said = read_message(message)
        if isinstance(said, Stopped):
            await fed.join(line.close())
            fed.end()
        elif isinstance(said, TrackMedia):
            leg = legs.get(said.track)
            at_ms = begin_ms + said.at_ms
            if leg is None:
                raise Refused(Why.BAD_REQUEST, "media of a track that start did not name")
            if at_ms > fed.most_ms:
                raise Refused(Why.BAD_REQUEST, "a media timestamp lies in the future")
            line.put(leg, at_ms, said.data)
            await fed.join(line.take())
        elif isinstance(said, StreamStarted):
            raise Refused(Why.BAD_REQUEST, "a second start came in one stream")
        else:
            fed.alive()
    if line.late_ms:
        fed.notice("late", f"{line.late_ms} ms of sound came too late and were left out")
    await fed.handle.published.wait()


def _asked(started: StreamStarted, said: dict[str, str]) -> CallAsked:
    """The customer is the one who called, unless the site says otherwise."""
    fields: dict[str, object] = {
        name: said.pop(name) for name in tuple(said) if name in CallAsked.model_fields
    }
    fields.pop("metadata", None)
    fields.setdefault("call_id", started.call_id)
    usual = {True: Role.CUSTOMER, False: Role.AGENT}
    fields.setdefault("roles", tuple(usual[track == INBOUND] for track in started.tracks))
    return CallAsked.read(fields, said)
