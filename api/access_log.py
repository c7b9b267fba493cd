"""A line for each HTTP request, where a site asks for it; a query may name people: left out."""

from __future__ import annotations

import logging
import time
from collections.abc import Container

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.forwarded import caller

log = logging.getLogger("qa_engine.access")


class AccessLog:
    def __init__(self, app: ASGIApp, *, trusted_proxies: Container[str]) -> None:
        self._app = app
        self._trusted = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.monotonic(), 500

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            told = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "took_ms": round((time.monotonic() - began_s) * 1_000),
                "peer": caller(HTTPConnection(scope), self._trusted),
            }
            log.info("request", extra=told)
