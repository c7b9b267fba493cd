"""What every WebSocket passes before it may do anything: Origin, rate, token, message size."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.auth import Grant, LoginMissing, TokenRefused, Tokens
from api.forwarded import caller
from api.live.client_messages import Auth
from api.live.messages import Refusal
from api.live.metrics import Metrics
from api.live.refusals import Refused, Why
from api.settings_values import LOOPBACK
from api.store import StoreError

log = logging.getLogger("qa_engine.sockets")

AUTH_WAIT_S = 5.0
SUBPROTOCOL = "bearer"
ADDRESSES = 10_000
LOGIN = "login"
"""In the query: this page has no token, its person is logged in."""
LOGIN_LOOK_S = 60.0
"""How soon a person who logged out, or whose account was closed, is shown nothing more."""


class Bucket:
    """A token bucket: `rate` a second, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at_s = time.monotonic()

    def take(self) -> bool:
        now_s = time.monotonic()
        self._left = min(self._left + (now_s - self._at_s) * self._rate, self._burst)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class People(Protocol):
    """Who is logged in at the desk. Both block and raise StoreError."""

    def grant(self, asked: HTTPConnection) -> Grant:
        """To supervise. Raises LoginMissing, or TokenRefused for those who may not."""

    def note(self, grant: Grant, subject: str) -> None:
        """Keep who watched what."""


class SocketAuth:
    """Shared by all sockets of one server."""

    def __init__(
        self,
        tokens: Tokens,
        *,
        origins: Iterable[str],
        connects_per_minute: int,
        trusted_proxies: Iterable[str] = (),
        people: People | None = None,
    ) -> None:
        """`people`: those who may log in to supervise, without a token."""
        self._tokens = tokens
        self._people = people
        self._trusted = frozenset(trusted_proxies)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._per_minute = connects_per_minute
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    async def accept(self, socket: WebSocket) -> None:
        """The handshake. Raises `Refused`: before it for a foreign page, after it for one that
        comes too often, so that it can be told to wait.
        """
        self._check_origin(socket)
        await socket.accept(accepted_subprotocol(socket))
        self.check_rate(socket)

    def check_rate(self, socket: WebSocket) -> None:
        """Raises `Refused` for an address that comes too often."""
        address = self.address(socket)
        socket.state.caller = address
        if not self._bucket(address).take():
            raise Refused(
                Why.TOO_MUCH,
                f"too many connections from {address}: at most {self._per_minute} a minute; "
                "wait, and come back at growing intervals",
            )

    def address(self, socket: WebSocket) -> str:
        """Whose connection it is, behind a trusted proxy too."""
        return caller(socket, self._trusted)

    def _check_origin(self, socket: WebSocket) -> None:
        """A browser's page cannot set this header, so the Origin need not be checked."""
        if "authorization" in socket.headers:
            return
        origin = socket.headers.get("origin")
        if origin is not None and not self._is_ours(origin, socket.headers.get("host", "")):
            raise Refused(
                Why.ORIGIN, f"Origin {origin[:100]} is not allowed: add it to QA_ENGINE_ORIGINS"
            )

    async def authenticate(self, socket: WebSocket) -> Grant:
        """The grant from the handshake, or else from the first message. Raises `Refused`."""
        token = _offered(socket)
        if token is None and self._people is not None and LOGIN in socket.query_params:
            return await self._logged_in(socket, self._people)
        if token is None:
            token = await _first_message(socket)
        try:
            return self._tokens.check(token)
        except TokenRefused as refused:
            raise Refused(Why.TOKEN, str(refused)) from refused

    async def note(self, grant: Grant, subject: str) -> None:
        """That a person watches this call, or the board: kept before anything is shown."""
        if grant.login and self._people is not None:
            try:
                await asyncio.to_thread(self._people.note, grant, subject)
            except StoreError as error:
                raise Refused(Why.OVERLOADED, "the store does not answer: come back") from error

    async def logged_out(self, socket: WebSocket, grant: Grant) -> Refused:
        """Why a person's login is over, when it is; never returns for a token."""
        while True:
            await asyncio.sleep(LOGIN_LOOK_S)
            if not grant.login or self._people is None:
                continue
            try:
                await self._logged_in(socket, self._people)
            except Refused as refused:
                if refused.why is not Why.OVERLOADED:
                    return refused

    async def _logged_in(self, socket: WebSocket, people: People) -> Grant:
        # A cookie comes with whatever page asks, so the page must be one of ours.
        origin = urlsplit(socket.headers.get("origin", "")).netloc
        if origin != socket.headers.get("host", "").lower():
            raise Refused(Why.ORIGIN, "a login counts on this server's own pages only")
        try:
            return await asyncio.to_thread(people.grant, socket)
        except LoginMissing as missing:
            raise Refused(Why.NO_TOKEN, str(missing)) from missing
        except TokenRefused as refused:
            raise Refused(Why.TOKEN, str(refused)) from refused
        except StoreError as error:
            raise Refused(Why.OVERLOADED, "the store does not answer: come back") from error

    def _is_ours(self, origin: str, host: str) -> bool:
        origin = origin.rstrip("/").lower()
        return origin in self._origins or urlsplit(origin).netloc == host.lower()

    def _bucket(self, address: str) -> Bucket:
        bucket = self._buckets.pop(address, None)
        if bucket is None:
            # All at once: after a restart everybody in a building comes back within seconds.
            bucket = Bucket(self._per_minute / 60.0, float(self._per_minute))
        self._buckets[address] = bucket
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket


def accepted_subprotocol(socket: WebSocket) -> str | None:
    """What to answer when the token came as `Sec-WebSocket-Protocol: bearer, <token>`."""
    offered = socket.scope.get("subprotocols") or []
    return SUBPROTOCOL if len(offered) == 2 and offered[0] == SUBPROTOCOL else None


def is_known_host(host: str, allowed: Iterable[str]) -> bool:
    """Whether a Host header names this server: a page that rebinds its DNS name to us does not."""
    name = urlsplit(f"//{host}").hostname or ""
    return name in LOOPBACK or name in allowed


async def turn_away(
    socket: WebSocket, refused: Refused, metrics: Metrics, call_id: str = ""
) -> None:
    """Count it, note it, tell it. Before the handshake it is HTTP 403, nothing else."""
    metrics.refused.labels(refused.code).inc()
    address = getattr(socket.state, "caller", None) or (socket.client.host if socket.client else "")
    told = {"code": refused.code, "call_id": call_id, "peer": address}
    log.info("refused: %s", refused.code, extra=told)
    if socket.application_state is WebSocketState.CONNECTING:
        await socket.close(refused.why.value.close)
        return
    await refuse(socket, refused)


async def refuse(socket: WebSocket, refused: Refused) -> None:
    """Tell why, then close."""
    if socket.client_state is WebSocketState.DISCONNECTED:
        return
    message = Refusal(code=refused.code, reason=refused.reason)
    try:
        await socket.send_text(message.wire())
        await socket.close(refused.why.value.close, _short(refused.reason))
    except (RuntimeError, WebSocketDisconnect, OSError):
        return


def _short(reason: str) -> str:
    """A close frame holds 123 bytes."""
    return reason.encode()[:120].decode(errors="ignore")


async def receive(socket: WebSocket) -> str | bytes | None:
    """The next message, or None when the peer is gone."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    text: str | None = message.get("text")
    data: bytes = message.get("bytes") or b""
    return data if text is None else text


def _offered(socket: WebSocket) -> str | None:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token") and token:
        return token.strip()
    if accepted_subprotocol(socket):
        return str(socket.scope["subprotocols"][1])
    return None


async def _first_message(socket: WebSocket) -> str:
    try:
        message = await asyncio.wait_for(receive(socket), AUTH_WAIT_S)
    except TimeoutError as error:
        raise Refused(
            Why.NO_TOKEN, f"no token came within {AUTH_WAIT_S:g} s: send an Auth message first"
        ) from error
    if message is None:
        raise WebSocketDisconnect(1005)
    if not isinstance(message, str):
        raise Refused(Why.NO_TOKEN, "audio came before a token: send an Auth message first")
    try:
        return Auth.model_validate_json(message).token
    except ValidationError as error:
        raise Refused(
            Why.NO_TOKEN, "the first message is not an Auth message and no header holds a token"
        ) from error
