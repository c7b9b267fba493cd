"""`WS /v1/audiohook`: Genesys Cloud's AudioHook Monitor, version 2. Told in audiohook.md.

One session is one agent's part of a conversation. What Genesys holds back (a pause, its own haste)
it tells, and is silence in the call. Before `closed` the last words are recognised.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket

from api.auth import ANY_CALL, Grant, Right
from api.doors.audiohook_messages import (
    LANGUAGES,
    ClientMessage,
    Envelope,
    MediaFormat,
    chosen,
    is_probe,
)
from api.doors.audiohook_signature import API_KEY, verified
from api.doors.clock import ClockedSound
from api.doors.credentials import PASSWORD_LIFE_S
from api.doors.door import AUDIOHOOK
from api.doors.entrance import Entrance, quietly_close
from api.doors.fed_call import FedCall
from api.doors.inbox import Closed, Inbox
from api.live.call_asked import MOST_METADATA, CallAsked
from api.live.call_state import CallState
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket
from api.live.socket_writer import GONE
from api.settings import Settings

OPEN_WAIT_S = 10.0
CLOSE_WAIT_S = 5.0
LAST_WORDS_S = 8.0
"""Genesys waits 10 s for `closed`."""
NONCE_S = 600.0
SHORT = 8


async def audiohook(socket: WebSocket, entrance: Entrance) -> None:
    """One connection of Genesys Cloud."""
    nonces: list[tuple[str, float]] = []

    def signed(socket: WebSocket) -> Grant | None:
        return signature_grant(socket, entrance.calls.settings, nonces)

    async def converse(socket: WebSocket, grant: Grant | None) -> None:
        for nonce, expires_s in nonces:
            mine = secrets.token_hex(8)
            spent = await entrance.calls.log.spend(f"audiohook-{nonce}", mine, expires_s)
            if spent != mine:
                raise Refused(Why.TOKEN, "this signature has opened a connection before")
        known = grant or entrance.credentials.grant(socket)
        async with Inbox(socket) as inbox:
            await _Session(socket, inbox, known, entrance).run()
        await quietly_close(socket)

    await entrance.serve_silently(AUDIOHOOK, socket, converse, signed)


def signature_grant(
    socket: WebSocket, settings: Settings, nonces: list[tuple[str, float]]
) -> Grant | None:
    """To feed any call, for a connection with the integration's key and signature; None without.

    Raises `Refused`.
    """
    key, secret = settings.audiohook_api_key, settings.audiohook_secret
    shown = socket.headers.get(API_KEY)
    if key is None or secret is None or shown is None:
        return None
    if not hmac.compare_digest(key.get_secret_value().encode(), shown.encode()):
        raise Refused(Why.TOKEN, "X-API-KEY is not QA_ENGINE_AUDIOHOOK_API_KEY")
    signature = verified(
        socket,
        secret=base64.b64decode(secret.get_secret_value()),
        public_url=settings.public_url,
        now_s=time.time(),
    )
    nonces.append((signature.nonce, signature.expires_s + NONCE_S))
    expires_s = int(time.time()) + PASSWORD_LIFE_S
    jti = f"audiohook-{secrets.token_urlsafe(12)}"
    return Grant(call=ANY_CALL, right=Right.FEED, expires_s=expires_s, jti=jti)


class _Session:
    """From `open` to `closed`."""

    def __init__(self, socket: WebSocket, inbox: Inbox, grant: Grant, entrance: Entrance) -> None:
        self._socket = socket
        self._inbox = inbox
        self._grant = grant
        self._entrance = entrance
        self._envelope = Envelope()
        self._envelope.session = socket.headers.get("audiohook-session-id", "")
        texts = entrance.calls.settings.texts_per_second
        self._texts = Bucket(texts, texts * 2)

    async def run(self) -> None:
        try:
            opening = await self._opening()
            if opening is None:
                return
            media = chosen(opening.parameters.get("media"))
            if is_probe(opening.parameters):
                await self._opened(opening, media)
                await self._until_closed()
                return
            asked = _asked(opening.parameters, media, self._envelope.session)
            fed = await self._entrance.take(AUDIOHOOK, self._socket, self._grant, asked, media.wire)
            async with fed.held():
                await self._opened(opening, media)
                await self._hear(fed)
        except Refused as refused:
            await self._disconnect(refused)
            raise

    async def _opening(self) -> ClientMessage | None:
        try:
            message = await asyncio.wait_for(self._inbox.receive(), OPEN_WAIT_S)
        except TimeoutError:
            raise Refused(Why.BAD_REQUEST, f"no open came within {OPEN_WAIT_S:g} s") from None
        if isinstance(message, Closed):
            return None
        said = self._read(message)
        if said.type != "open":
            raise Refused(Why.BAD_REQUEST, "the first message is not open")
        return said

    async def _opened(self, opening: ClientMessage, media: MediaFormat) -> None:
        parameters: dict[str, Any] = {"media": [dict(media.offer)], "startPaused": False}
        if opening.parameters.get("supportedLanguages") is True:
            parameters["supportedLanguages"] = list(LANGUAGES)
        await self._send("opened", parameters)

    async def _hear(self, fed: FedCall) -> None:
        """Sound and what is told of it, until the session or the call ends."""
        while True:
            if fed.is_over:
                await self._call_is_over(fed)
                return
            message = await self._inbox.receive()
            if isinstance(message, Closed):
                fed.lost("the connection closed without close")
                return
            if isinstance(message, bytes):
                await fed.hear([ClockedSound(0, message)])
                continue
            said = self._read(message)
            if said.type == "close":
                await self._close(fed, said)
                return
            if said.type in ("discarded", "resumed"):
                await self._held_back(fed, said.held_back_ms)
            elif said.type == "open":
                raise Refused(Why.BAD_REQUEST, "a second open came in one session")
            else:
                fed.alive()
                await self._answer(said)

    async def _held_back(self, fed: FedCall, ms: int) -> None:
        if fed.handle.feed.received_ms + ms > fed.most_ms:
            raise Refused(Why.BAD_REQUEST, "more sound was held back than the call can have had")
        await fed.hear([ClockedSound(ms, b"")])

    async def _close(self, fed: FedCall, said: ClientMessage) -> None:
        if said.parameters.get("reason") == "reconnect":
            fed.lost("Genesys goes on with another session")
        else:
            fed.end()
            with suppress(TimeoutError):
                await asyncio.wait_for(fed.handle.published.wait(), LAST_WORDS_S)
        await self._send("closed")

    async def _call_is_over(self, fed: FedCall) -> None:
        """Of our own accord: the server stops, or the call has lasted too long."""
        if fed.handle.live.state is CallState.SUSPENDED:
            await self._send("reconnect", {"info": "the server restarts"})
        else:
            await self._send("disconnect", {"reason": "completed"})
        await self._until_closed()

    async def _disconnect(self, refused: Refused) -> None:
        unauthorized = refused.why in (Why.TOKEN, Why.NO_TOKEN)
        reason = "unauthorized" if unauthorized else "error"
        await self._send("disconnect", {"reason": reason, "info": refused.reason[:200]})
        with suppress(Refused):
            await self._until_closed()

    async def _until_closed(self) -> None:
        """Answer what is asked until the other side closes; sound is dropped."""
        probing = time.monotonic()
        while time.monotonic() - probing < OPEN_WAIT_S * 6:
            try:
                message = await asyncio.wait_for(self._inbox.receive(), CLOSE_WAIT_S * 2)
            except TimeoutError:
                return
            if isinstance(message, Closed):
                return
            if isinstance(message, bytes):
                continue
            said = self._read(message)
            if said.type == "close":
                await self._send("closed")
                return
            await self._answer(said)

    async def _answer(self, said: ClientMessage) -> None:
        if said.type == "ping":
            await self._send("pong")
        elif said.type == "update":
            await self._send("updated")

    def _read(self, message: str | bytes) -> ClientMessage:
        if isinstance(message, bytes):
            raise Refused(Why.BAD_REQUEST, "sound came before open")
        if not self._texts.take():
            raise Refused(Why.TOO_MUCH, "too many text messages in a second")
        return self._envelope.read(message)

    async def _send(self, kind: str, parameters: Mapping[str, Any] | None = None) -> None:
        with suppress(*GONE):
            await self._socket.send_text(self._envelope.write(kind, parameters))


def _asked(parameters: Mapping[str, Any], media: MediaFormat, session: str) -> CallAsked:
    """The same call for a session that goes on with this one; another participant's is his own."""
    said = _object(parameters.get("customConfig"))
    participant = _object(parameters.get("participant"))
    conversation = str(parameters.get("conversationId", ""))
    part = str(participant.get("id", "")) or session
    known = CallAsked.model_fields.keys() - {"metadata", "roles"}
    fields = {name: str(value) for name, value in said.items() if name in known}
    if not conversation:
        raise Refused(Why.BAD_REQUEST, "open: conversationId is missing")
    own = {name: str(value) for name, value in said.items() if name not in CallAsked.model_fields}
    told = {
        "conversation": conversation,
        "organization": str(parameters.get("organizationId", "")),
        "customer": str(participant.get("ani", "")),
        "dnis": str(participant.get("dnis", "")),
    }
    metadata = {name: value for name, value in (told | own).items() if value}
    return CallAsked.read(
        {"call_id": f"{conversation}.{part[:SHORT]}"} | fields | {"roles": media.roles},
        dict(list(metadata.items())[:MOST_METADATA]),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
