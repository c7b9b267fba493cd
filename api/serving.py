"""Runs the application: binds the address, tells where the pages are, stops in good order."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from fastapi import FastAPI

from api import logs
from api.auth import ANY_CALL, Right
from api.data_lock import DataLock
from api.desk.desk import prepare_desk
from api.hooks.hook import hooks_of
from api.listening_socket import bind
from api.live.calls import LiveCalls
from api.server import create_app
from api.settings import Settings
from api.tls import check_tls, keep_renewed
from api.tokens_http import SHIFT_S
from phrasebook.messages import say

log = logging.getLogger("qa_engine.server")


class LiveServer(uvicorn.Server):
    """Leaves the calls in good order before a connection is closed."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(uvicorn.Config(app, **server_options(settings)))
        self._calls: LiveCalls = app.state.calls
        self._settings = settings
        self._renewal: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        certificate, key = self._settings.tls_certificate, self._settings.tls_key
        if self.config.ssl is not None and certificate and key:
            self._renewal = asyncio.create_task(keep_renewed(self.config.ssl, certificate, key))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("stopping", extra={"calls": len(self._calls.running)})
        await self._calls.drain(self._settings.drain_s, hurry=lambda: self.force_exit)
        await self._calls.suspend()
        if self._renewal is not None:
            self._renewal.cancel()
        await super().shutdown(sockets)
        log.info("stopped")


def serve(
    settings: Settings, *, tell: Callable[[str], None] = print, secrets_too: bool = False
) -> None:
    """Run until interrupted; `tell` gets the lines that an operator should read.

    `secrets_too`: a person reads them at a terminal, and no journal keeps them.
    """
    logs.configure(settings)
    check_tls(settings)
    hooks_of(settings)
    # Only who has the directory and the address may end the calls that a crash cut off.
    lock = DataLock(settings.data_dir)
    sockets = bind(settings.host, settings.port)
    port = sockets[0].getsockname()[1]
    app = create_app(settings, lock=lock)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = f"{'https' if settings.tls_certificate else 'http'}://{host}:{port}{settings.root_path}"
    tell(say("listening on {address}", address=here))
    password = prepare_desk(app.state.store, settings)
    tell(say("inspectors' desk: {page}", page=f"{here}/desk"))
    if password is not None and secrets_too:
        tell(say("log in there as admin with the one-time password {password}", password=password))
    elif password is not None:
        tell(
            say("log in there as admin; `qa-engine people reset admin` prints a one-time password")
        )
    token = app.state.tokens.mint(ANY_CALL, Right.SUPERVISE, life_s=SHIFT_S) if secrets_too else ""
    board = f"{here}/board{f'#token={token}' if token else ''}"
    tell(say("supervisors' board: {page}", page=board))
    log.info("listening on %s", here)
    server = LiveServer(app, settings)
    with suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    if not server.started:
        raise SystemExit(3)


def server_options(settings: Settings) -> dict[str, Any]:
    """uvicorn's options; pings find half-open connections within 40 s."""
    return {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "log_level": "warning",
        "access_log": False,
        "ws": "websockets-sansio",
        "ws_max_size": settings.max_frame_bytes,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "ws_per_message_deflate": False,
        "timeout_graceful_shutdown": 15,
        "server_header": False,
        "proxy_headers": False,
        "ssl_certfile": settings.tls_certificate,
        "ssl_keyfile": settings.tls_key,
    }
