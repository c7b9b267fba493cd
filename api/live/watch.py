"""`WS /v1/calls/{id}/events` and `WS /v1/board`: what a sidebar and a supervisor are told."""

from __future__ import annotations

import asyncio
import time

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import ANY_CALL, Grant, Right
from api.live.calls import LiveCalls
from api.live.client_messages import Feedback, from_watcher
from api.live.messages import Heartbeat
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket, SocketAuth, receive, turn_away
from api.live.socket_writer import SocketWriter
from api.live.watchers import Watcher


async def watch_call(socket: WebSocket, calls: LiveCalls, auth: SocketAuth, call_id: str) -> None:
    """Everything of one call from `last_seq` on, in order, then as it happens."""
    try:
        await auth.accept(socket)
        after_seq = _last_seq(socket)
        grant = await auth.authenticate(socket)
        if not grant.allows(Right.WATCH, call_id):
            raise Refused(
                Why.TOKEN,
                f"the token is to {grant.right.value} call {grant.call}, not to watch {call_id}",
            )
        _check_room(calls)
        await auth.note(grant, call_id)
    except Refused as refused:
        await turn_away(socket, refused, calls.metrics)
        return
    except WebSocketDisconnect:
        return
    supervisor = grant.right is Right.SUPERVISE
    watcher = Watcher(capacity=calls.settings.watcher_queue, supervisor=supervisor)
    backlog, room = await calls.watchers.enter(call_id, watcher, after_seq)
    writer = _writer(socket, calls, watcher)
    writer.seq = after_seq

    def heartbeat(idle: bool) -> str | None:
        return _heartbeat(calls, call_id, writer.seq).wire() if idle else None

    every_s = calls.settings.heartbeat_s
    teller = calls.writing(writer.run(backlog, every_s=every_s, between=heartbeat))
    calls.metrics.watchers.inc()
    login = asyncio.create_task(_end_with_login(socket, calls, auth, grant, teller))
    try:
        await _read(socket, calls, "" if supervisor else call_id, teller)
    finally:
        calls.metrics.watchers.dec()
        calls.watchers.leave(call_id, room, watcher)
        login.cancel()
        teller.cancel()


async def watch_board(socket: WebSocket, calls: LiveCalls, auth: SocketAuth) -> None:
    """Every call's line as it is, then every change."""
    try:
        await auth.accept(socket)
        grant = await auth.authenticate(socket)
        if not grant.allows(Right.SUPERVISE, ANY_CALL):
            raise Refused(Why.TOKEN, "the board needs a token to supervise all calls")
        _check_room(calls)
        await auth.note(grant, "board")
    except Refused as refused:
        await turn_away(socket, refused, calls.metrics)
        return
    except WebSocketDisconnect:
        return
    lines, watcher = calls.board.watch()
    writer = _writer(socket, calls, watcher, one_call=False)

    def heartbeat(idle: bool) -> str | None:
        return Heartbeat(call_id="", seq=0).wire() if idle else None

    every_s = calls.settings.heartbeat_s
    teller = calls.writing(writer.run(lines, every_s=every_s, between=heartbeat))
    calls.metrics.watchers.inc()
    login = asyncio.create_task(_end_with_login(socket, calls, auth, grant, teller))
    try:
        await _read(socket, calls, "", teller)
    finally:
        calls.metrics.watchers.dec()
        calls.board.leave(watcher)
        login.cancel()
        teller.cancel()


async def _end_with_login(
    socket: WebSocket, calls: LiveCalls, auth: SocketAuth, grant: Grant, teller: asyncio.Task[None]
) -> None:
    refused = await auth.logged_out(socket, grant)
    teller.cancel()
    await turn_away(socket, refused, calls.metrics)


async def _read(
    socket: WebSocket, calls: LiveCalls, call_id: str, teller: asyncio.Task[None]
) -> None:
    """Feedback until the watcher goes; anything else it says is refused.

    `call_id` is empty for those whose word does not count: a supervisor looks on.
    """
    settings = calls.settings
    texts = Bucket(settings.texts_per_second, settings.texts_per_second * 2)
    while True:
        try:
            message = await receive(socket)
        except (WebSocketDisconnect, RuntimeError):
            return
        if message is None:
            return
        try:
            _act(message, texts, calls, call_id)
        except Refused as refused:
            teller.cancel()
            await turn_away(socket, refused, calls.metrics)
            return


def _act(message: str | bytes, texts: Bucket, calls: LiveCalls, call_id: str) -> None:
    if not isinstance(message, str):
        raise Refused(Why.BAD_REQUEST, "a watcher sent binary data, expected JSON text")
    if not texts.take():
        raise Refused(Why.TOO_MUCH, "too many messages in a second")
    try:
        said = from_watcher.validate_json(message)
    except ValidationError as error:
        raise Refused(
            Why.BAD_REQUEST, "a message is not one of KeepAlive and Feedback: see /v1/schema"
        ) from error
    if isinstance(said, Feedback) and call_id:
        calls.feedback(call_id, said.action, said.prompt_id)


def _writer(
    socket: WebSocket, calls: LiveCalls, watcher: Watcher, *, one_call: bool = True
) -> SocketWriter:
    timeout_s = calls.settings.send_timeout_s
    return SocketWriter(socket, watcher, calls.metrics, send_timeout_s=timeout_s, one_call=one_call)


def _heartbeat(calls: LiveCalls, call_id: str, seq: int) -> Heartbeat:
    call = calls.find(call_id)
    if call is None:
        if call_id in calls.later:
            return Heartbeat(call_id=call_id, seq=seq, source="kept")
        line = calls.board.line(call_id)
        if line is not None and line.state != "ended":
            state, at_ms, behind_ms = line.state, line.at_ms, line.behind_ms
            return Heartbeat(
                call_id=call_id, seq=seq, at_ms=at_ms, source=state, behind_ms=behind_ms
            )
        return Heartbeat(call_id=call_id, seq=seq, source="waiting" if seq == 0 else "ended")
    return Heartbeat(
        call_id=call_id,
        seq=seq,
        at_ms=call.live.at_ms,
        source=call.live.state.source,
        behind_ms=call.behind_ms(time.monotonic()),
    )


def _check_room(calls: LiveCalls) -> None:
    if calls.is_full_of_watchers:
        raise Refused(
            Why.OVERLOADED, f"{calls.settings.max_watchers} watchers are connected, no more fit"
        )


def _last_seq(socket: WebSocket) -> int:
    text = socket.query_params.get("last_seq", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused(Why.BAD_REQUEST, "query last_seq: expected a whole number from 0")
    return int(text)
