"""What every HTTP answer carries and every request must bring: pure ASGI, sockets included."""

from __future__ import annotations

import json
from collections.abc import Iterable

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.live.socket_auth import is_known_host

MAX_BODY = 64 * 1_024
LARGER_BODIES = {
    "/desk/api/rules/import": 4 * 1_024 * 1_024,
    "/desk/api/rules/judge": 16 * 1_024 * 1_024,
}
"""Addresses that take files, each with its own limit."""


class SecurityMiddleware:
    """Host check, body limit, and the headers that make a page hard to misuse."""

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str], frame_ancestors: Iterable[str]
    ) -> None:
        self._app = app
        self._hosts = hosts
        ancestors = " ".join(["'self'", *frame_ancestors])
        self._policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "media-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
            "form-action 'self'; "
            f"frame-ancestors {ancestors}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = LARGER_BODIES.get(scope.get("path", ""), MAX_BODY)
        refusal = self._refusal(headers, most)
        if refusal is not None:
            await self._refuse(refusal, scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                added["Content-Security-Policy"] = self._policy
                added["X-Content-Type-Options"] = "nosniff"
                added["Referrer-Policy"] = "no-referrer"
                added["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send_guarded)
            return
        try:
            body = await _body(receive, most)
        except ClientDisconnect:
            return
        if body is None:
            refusal = f"a body of more than {most} bytes, expected at most that\n", 413
            await self._refuse(refusal, scope, receive, send)
            return
        await self._app(scope, _replayed(body, receive), send_guarded)

    def _refusal(self, headers: Headers, most: int) -> tuple[str, int] | None:
        host = headers.get("host", "")
        if not is_known_host(host, self._hosts):
            return (
                f"host {host[:100]!r} is not this server's name: add it to QA_ENGINE_HOSTS\n",
                421,
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            return f"a body of {length[:20]} bytes, expected at most {most}\n", 413
        return None

    async def _refuse(
        self, refusal: tuple[str, int], scope: Scope, receive: Receive, send: Send
    ) -> None:
        text, status = refusal
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403, "reason": text.strip()[:100]})
            return
        await PlainTextResponse(text, status)(scope, receive, send)


async def tell_mistakes(request: Request, error: Exception) -> Response:
    """HTTP 422: what was wrong where, never what was sent, which may be anything.

    Escaped throughout, for a field's name may hold half a character that no encoding takes.
    """
    assert isinstance(error, RequestValidationError)
    mistakes = [
        {"loc": [str(part)[:64] for part in row["loc"]], "msg": row["msg"], "type": row["type"]}
        for row in error.errors()
    ]
    text = json.dumps({"detail": mistakes}, ensure_ascii=True)
    return Response(text, 422, media_type="application/json")


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body however it comes, in chunks or with a length; None above the limit.

    Raises ClientDisconnect: half a body is none.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def receive_again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
