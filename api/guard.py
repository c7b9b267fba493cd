"""What every HTTP answer carries and every request must bring: pure ASGI, sockets included."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.live.door import is_known_host

MAX_BODY = 64 * 1_024


class Guard:
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
        refusal = self._refusal(headers)
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

        await self._app(scope, receive, send_guarded)

    def _refusal(self, headers: Headers) -> tuple[str, int] | None:
        host = headers.get("host", "")
        if not is_known_host(host, self._hosts):
            return (
                f"host {host[:100]!r} is not this server's name: add it to QA_ENGINE_HOSTS\n",
                421,
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return f"a body of {length[:20]} bytes, expected at most {MAX_BODY}\n", 413
        return None

    async def _refuse(
        self, refusal: tuple[str, int], scope: Scope, receive: Receive, send: Send
    ) -> None:
        text, status = refusal
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403, "reason": text.strip()[:100]})
            return
        await PlainTextResponse(text, status)(scope, receive, send)
