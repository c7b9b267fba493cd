"""The HTTP and WebSocket server: `create_app` wires it, `serve` runs it.

WS   /v1/listen                a call's audio in (api/live/listen.py)
WS   /v1/freeswitch …          telephone systems (api/doors)
WS   /v1/calls/{id}/events     what is told of one call
WS   /v1/board                 all calls, for a supervisor
GET  /v1/calls[/{id}[/report]] calls, one call's events, its report
POST /v1/tokens                tokens; GET /v1/schema: every message as JSON Schema
GET  /sidebar, /board          the pages (api/web); /desk/… the inspectors' (api/desk)
GET  /healthz, /readyz, /metrics
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.websockets import WebSocket

from api import logs
from api.access_log import AccessLog
from api.auth import ANY_CALL, Right, Tokens, open_secret
from api.calls_http import calls_router
from api.data_lock import DataLock
from api.desk.desk import Desk, prepare_desk, store_of
from api.desk.routes import desk_router
from api.desk.sampling_task import making_rounds
from api.desk.supervising import Supervising
from api.doors.audiosocket import listening
from api.doors.credentials import DoorCredentials
from api.doors.door import LISTEN
from api.doors.entrance import Entrance
from api.doors.routes import add_doors
from api.listening_socket import bind
from api.live.calls import LiveCalls
from api.live.changing_rules import ChangingSessions, taking_up
from api.live.cost import DecodeCost, measured
from api.live.decoder import Decoder
from api.live.event_log import EventLog
from api.live.filing import StoreArchive
from api.live.listen import listen
from api.live.metrics import Metrics
from api.live.recordings import Recordings
from api.live.sessions import Sessions
from api.live.socket_auth import SocketAuth
from api.live.sqlite_log import SqliteEventLog
from api.live.watch import watch_board, watch_call
from api.meaning.endpoint import endpoint_of
from api.meaning.task import answering
from api.root_path import RootPath
from api.rulebook.in_force import begin, in_force
from api.security_middleware import SecurityMiddleware, tell_mistakes
from api.settings import Settings
from api.store import Store, anchor
from api.store.audio import AudioShelf
from api.tls import check_tls, keep_renewed
from api.tokens_http import SHIFT_S, tokens_router
from api.traces import LIVE_LOG, RECORDED
from api.web.pages import pages_router
from models.recogniser import Recogniser, Samples
from phrasebook import Phrasebook

log = logging.getLogger("qa_engine.server")


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the server needs to hear calls: both are loaded before the first call is taken."""

    sessions: Sessions
    recogniser: Recogniser
    book: Phrasebook | None = None
    """Without one, ended calls stay in the log and are not filed."""
    cost: DecodeCost | None = None
    """What a window costs here, where it was measured."""

    def book_of(self, version: str) -> Phrasebook:
        """The phrasebook that a report names, where rules may change while the server runs."""
        if isinstance(self.sessions, ChangingSessions):
            return self.sessions.book_of(version)
        assert self.book is not None
        return self.book


def create_app(
    settings: Settings,
    *,
    hearing: Hearing | None = None,
    event_log: EventLog | None = None,
    lock: DataLock | None = None,
) -> FastAPI:
    """The whole application. `hearing` and `event_log` default to what the settings name.

    Its data directory is locked from here to the end of the lifespan. Raises `AddressTaken`,
    `DataDirHeld`, `SecretMissing`, `EndpointError`, `ModelError`, `PhrasebookErrors`, `StoreError`
    before anything listens.
    """
    lock = lock or DataLock(settings.data_dir)
    audio_sockets = _audio_sockets(settings)
    tokens = Tokens(open_secret(settings))
    store = store_of(settings)
    hearing = hearing or load_hearing(settings, store)
    metrics = Metrics()
    kept = event_log or SqliteEventLog(settings.data_dir / LIVE_LOG)
    decoder = Decoder(hearing.recogniser, meter=metrics, cost=hearing.cost)
    recordings = recordings_of(settings)
    archive = StoreArchive(store, hearing.book_of, recordings) if hearing.book else None
    calls = LiveCalls(settings, hearing.sessions, decoder, kept, metrics, archive, recordings)
    endpoint = endpoint_of(settings)
    auth = SocketAuth(
        tokens,
        origins=settings.origins,
        connects_per_minute=settings.connects_per_minute,
        trusted_proxies=settings.trusted_proxies,
        people=Supervising(Desk(store, settings)),
    )
    entrance = Entrance(calls, auth, DoorCredentials(tokens, settings.door_password))
    if audio_sockets:
        entrance.audiosocket_port = audio_sockets[0].getsockname()[1]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await calls.start()
        rounds = making_rounds(store, head=settings.data_dir / anchor.FILE)
        following = _following_rules(hearing.sessions, store)
        doors = listening(entrance, audio_sockets)
        async with rounds, following, answering(store, endpoint), doors:
            app.state.ready = True
            yield
            app.state.ready = False
            await calls.stop()
        kept.close()
        store.close()
        lock.release()

    servers = [{"url": settings.root_path}] if settings.root_path else None
    app = FastAPI(
        title="qa-engine",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        servers=servers,
    )
    app.state.calls = calls
    app.state.tokens = tokens
    app.state.store = store
    app.state.ready = False
    app.include_router(calls_router(calls, tokens, settings))
    app.include_router(tokens_router(tokens))
    app.include_router(pages_router())
    app.include_router(desk_router(store, settings))
    app.add_exception_handler(RequestValidationError, tell_mistakes)
    app.state.entrance = entrance
    _add_sockets(app, calls, auth, entrance)
    add_doors(app, entrance, tokens)
    app.add_middleware(
        SecurityMiddleware,
        hosts=frozenset(settings.hosts),
        frame_ancestors=settings.frame_ancestors,
    )
    app.add_middleware(RootPath, root=settings.root_path)
    if settings.log_requests:
        app.add_middleware(AccessLog, trusted_proxies=frozenset(settings.trusted_proxies))
    return app


@asynccontextmanager
async def _following_rules(sessions: Sessions, store: Store) -> AsyncIterator[None]:
    """Rules of the store are taken up as they are published; a directory's at the next start."""
    if isinstance(sessions, ChangingSessions):
        async with taking_up(sessions, store):
            yield
    else:
        yield


def _audio_sockets(settings: Settings) -> list[socket.socket]:
    """Bound for AudioSocket, where the site wants it. Raises `AddressTaken`."""
    if settings.audiosocket_port is None:
        return []
    choose = "QA_ENGINE_AUDIOSOCKET_HOST and QA_ENGINE_AUDIOSOCKET_PORT"
    return bind(settings.audiosocket_host, settings.audiosocket_port, choose=choose)


def load_hearing(settings: Settings, store: Store | None = None) -> Hearing:
    """Phrasebook, matcher and recogniser as the settings name them.

    With a store and no directory of their own the rules are the store's.
    """
    import models
    import phrasebook
    from api.live.session_factory import SessionFactory
    from qa_engine.matching.matcher import Matcher

    of_record = store if settings.phrasebook is None else None
    if of_record is not None:
        begin(of_record)
        book = in_force(of_record).book
    else:
        book = phrasebook.load(settings.phrasebook or phrasebook.bundled())
    # One core is left to the event loop; a partial that a beam would better is soon overtaken.
    threads = max((os.cpu_count() or 2) - 1, 1)
    recogniser = models.open_recogniser(
        settings.model,
        threads=threads,
        partial_beams=1,
        hotwords=" ".join(filter(None, (settings.hotwords, book.hotwords))),
    )
    if settings.hotwords and not recogniser.takes_hotwords:
        log.warning("the model %s takes no hotwords: the setting changes nothing", recogniser.name)
    cost = measured(recogniser, demo_speech())
    if (calls := cost.live_calls) is not None:
        log.warning(
            "a window takes the model %s %.2f s here: this machine hears %d calls live",
            recogniser.name,
            cost.final_s,
            calls,
        )

    def make(book: Phrasebook) -> SessionFactory:
        return SessionFactory(book, Matcher(book), recogniser)

    sessions = make(book) if of_record is None else ChangingSessions(book, make, of_record)
    return Hearing(sessions, recogniser, book, cost)


def recordings_of(settings: Settings) -> Recordings | None:
    """Where the sound of live calls is kept for people. Raises StoreError."""
    if not settings.keep_sound:
        return None
    return Recordings(settings.data_dir / RECORDED, AudioShelf(settings.keep_sound))


def demo_speech() -> Samples:
    """A few seconds of the agent in a bundled call, to measure recognition with."""
    from qa_engine.audio.decode import blocks

    sound = islice(blocks(Path(__file__).parent / "demo" / "good.flac"), 2, 5)
    agent: Samples = np.concatenate(list(sound), axis=1)[0]
    return agent


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
    # Only who has the directory and the address may end the calls that a crash cut off.
    lock = DataLock(settings.data_dir)
    sockets = bind(settings.host, settings.port)
    port = sockets[0].getsockname()[1]
    app = create_app(settings, lock=lock)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = f"{'https' if settings.tls_certificate else 'http'}://{host}:{port}{settings.root_path}"
    tell(f"listening on {here}")
    password = prepare_desk(app.state.store, settings)
    tell(f"inspectors' desk: {here}/desk")
    if password is not None and secrets_too:
        tell(f"log in there as admin with the one-time password {password}")
    elif password is not None:
        tell("log in there as admin; `qa-engine people reset admin` prints a one-time password")
    token = app.state.tokens.mint(ANY_CALL, Right.SUPERVISE, life_s=SHIFT_S) if secrets_too else ""
    tell(f"supervisors' board: {here}/board{f'#token={token}' if token else ''}")
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


def _add_sockets(app: FastAPI, calls: LiveCalls, auth: SocketAuth, entrance: Entrance) -> None:
    @app.websocket("/v1/listen")
    async def _listen(socket: WebSocket) -> None:
        entrance.sightings.came(LISTEN, auth.address(socket))
        await listen(socket, calls, auth)

    @app.websocket("/v1/calls/{call_id}/events")
    async def _events(socket: WebSocket, call_id: str) -> None:
        await watch_call(socket, calls, auth, call_id)

    @app.websocket("/v1/board")
    async def _board(socket: WebSocket) -> None:
        await watch_board(socket, calls, auth)
