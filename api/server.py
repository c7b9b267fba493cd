"""The HTTP and WebSocket server: `create_app` wires it, `api/serving.py` runs it.

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

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.websockets import WebSocket

from api.access_log import AccessLog
from api.auth import Tokens, open_secret
from api.calls_http import calls_router
from api.data_lock import DataLock
from api.desk.desk import Desk, store_of
from api.desk.nowhere import say_nowhere
from api.desk.routes import desk_router
from api.desk.sampling_task import making_rounds
from api.desk.supervising import Supervising
from api.doors.audiosocket import listening
from api.doors.credentials import DoorCredentials
from api.doors.door import LISTEN
from api.doors.entrance import Entrance
from api.doors.routes import add_doors
from api.doors.rtp import Ports
from api.hearing import Hearing, load_hearing, recordings_of, rehearsed
from api.hooks.hook import hooks_of
from api.hooks.task import Telling
from api.listening_socket import bind, bind_range
from api.live.calls import LiveCalls
from api.live.changing_rules import ChangingSessions, taking_up
from api.live.decoder import DecodingThread
from api.live.event_log import EventLog
from api.live.filing import StoreArchive
from api.live.listen import listen
from api.live.metrics import Metrics
from api.live.open_log import open_log
from api.live.sessions import Sessions
from api.live.socket_auth import SocketAuth
from api.live.watch import watch_board, watch_call
from api.meaning.task import answering, endpoint_to_ask
from api.root_path import RootPath
from api.security_middleware import SecurityMiddleware, tell_mistakes
from api.settings import Settings
from api.store import Store, anchor
from api.tokens_http import tokens_router
from api.web.pages import pages_router


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
    rtp_sockets = bind_range(settings.rtp_host, settings.rtp_ports)
    tokens = Tokens(open_secret(settings))
    store = store_of(settings)
    hearing = rehearsed(hearing or load_hearing(settings, store))
    metrics = Metrics()
    kept = event_log or open_log(settings)
    decoder = DecodingThread(hearing.recogniser, meter=metrics, cost=hearing.cost)
    recordings = recordings_of(settings)
    archive = StoreArchive(store, hearing.book_of, recordings) if hearing.book else None
    calls = LiveCalls(settings, hearing.sessions, decoder, kept, metrics, archive, recordings)
    endpoint = endpoint_to_ask(settings)
    auth = SocketAuth(
        tokens,
        origins=settings.origins,
        connects_per_minute=settings.connects_per_minute,
        trusted_proxies=settings.trusted_proxies,
        people=Supervising(Desk(store, settings)),
    )
    secret = settings.hook_secret.get_secret_value().encode() if settings.hook_secret else b""
    telling = Telling(
        hooks_of(settings), store, settings.data_dir, secret=secret, desk=_desk(settings)
    )
    ports = Ports()
    entrance = Entrance(calls, auth, DoorCredentials(tokens, settings.door_password))
    if audio_sockets:
        entrance.audiosocket_port = audio_sockets[0].getsockname()[1]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await calls.start()
        rounds = making_rounds(store, head=settings.data_dir / anchor.FILE)
        following = _following_rules(hearing.sessions, store)
        doors = listening(entrance, audio_sockets)
        rtp = ports.listening(entrance, rtp_sockets)
        hooks = telling.running(calls.board)
        async with rounds, following, answering(store, endpoint), doors, rtp, hooks:
            app.state.ready = True
            yield
            app.state.ready = False
            await calls.stop()
        kept.close()
        store.close()
        lock.release()

    app = _application(settings, lifespan)
    app.state.calls = calls
    app.state.tokens = tokens
    app.state.store = store
    app.state.entrance = entrance
    app.state.ready = False
    app.include_router(calls_router(calls, tokens, settings))
    app.include_router(tokens_router(tokens))
    app.include_router(pages_router())
    app.include_router(desk_router(store, settings))
    say_nowhere(app)
    _add_sockets(app, calls, auth, entrance)
    add_doors(app, entrance, tokens, ports)
    return app


def _application(
    settings: Settings, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]
) -> FastAPI:
    """Without any address yet; what every request passes before it comes to one."""
    app = FastAPI(
        title="qa-engine",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": settings.root_path}] if settings.root_path else None,
    )
    app.add_exception_handler(RequestValidationError, tell_mistakes)
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


def _desk(settings: Settings) -> str:
    """Where people reach the desk, for links in messages; empty where nobody said."""
    return settings.address("") if settings.public_url else ""


def _audio_sockets(settings: Settings) -> list[socket.socket]:
    """Bound for AudioSocket, where the site wants it. Raises `AddressTaken`."""
    if settings.audiosocket_port is None:
        return []
    choose = "QA_ENGINE_AUDIOSOCKET_HOST and QA_ENGINE_AUDIOSOCKET_PORT"
    return bind(settings.audiosocket_host, settings.audiosocket_port, choose=choose)


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
