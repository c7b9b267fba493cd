"""`WS /v1/calls/{id}/events` and `WS /v1/board`: what a sidebar and a supervisor are told."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import ANY_CALL, Right
from api.live.door import Bucket, Doorkeeper, accepted_subprotocol, receive, refuse
from api.live.event_log import Entry
from api.live.floor import Floor
from api.live.messages import Feedback, Heartbeat, from_watcher
from api.live.refusals import Refused, Why
from api.live.watchers import Watcher


async def watch_call(socket: WebSocket, floor: Floor, door: Doorkeeper, call_id: str) -> None:
    """Everything of one call from `last_seq` on, in order, then as it happens."""
    door.check_connection(socket)
    await socket.accept(accepted_subprotocol(socket))
    try:
        after_seq = _last_seq(socket)
        grant = await door.authenticate(socket)
        if not grant.allows(Right.WATCH, call_id):
            raise Refused(
                Why.TOKEN,
                f"the token is to {grant.right.value} call {grant.call}, not to watch {call_id}",
            )
        _check_room(floor)
    except Refused as refused:
        floor.metrics.refused.labels(refused.code).inc()
        await refuse(socket, refused)
        return
    except WebSocketDisconnect:
        return
    supervisor = grant.right is Right.SUPERVISE
    watcher = Watcher(capacity=floor.settings.watcher_queue, supervisor=supervisor)
    backlog, room = await floor.rooms.enter(call_id, watcher, after_seq)
    teller = asyncio.create_task(_tell_call(socket, floor, watcher, call_id, after_seq, backlog))
    floor.metrics.watchers.inc()
    try:
        await _read(socket, floor, "" if supervisor else call_id, teller)
    finally:
        floor.metrics.watchers.dec()
        floor.rooms.leave(call_id, room, watcher)
        teller.cancel()


async def watch_board(socket: WebSocket, floor: Floor, door: Doorkeeper) -> None:
    """Every call's line as it is, then every change."""
    door.check_connection(socket)
    await socket.accept(accepted_subprotocol(socket))
    try:
        grant = await door.authenticate(socket)
        if not grant.allows(Right.SUPERVISE, ANY_CALL):
            raise Refused(Why.TOKEN, "the board needs a token to supervise all calls")
        _check_room(floor)
    except Refused as refused:
        floor.metrics.refused.labels(refused.code).inc()
        await refuse(socket, refused)
        return
    except WebSocketDisconnect:
        return
    lines, watcher = floor.board.watch()
    teller = asyncio.create_task(_tell_board(socket, floor, watcher, lines))
    floor.metrics.watchers.inc()
    try:
        await _read(socket, floor, "", teller)
    finally:
        floor.metrics.watchers.dec()
        floor.board.leave(watcher)
        teller.cancel()


async def _tell_call(
    socket: WebSocket,
    floor: Floor,
    watcher: Watcher,
    call_id: str,
    seq: int,
    backlog: list[Entry],
) -> None:
    """The only writer of this socket."""
    try:
        for entry in backlog:
            await _send(socket, floor, entry.body)
            seq = max(seq, entry.seq)
        while not watcher.over or not watcher.is_empty:
            entries = await watcher.next(floor.settings.heartbeat_s)
            if watcher.too_slow:
                floor.metrics.slow.inc()
                raise Refused(
                    Why.TOO_SLOW,
                    f"messages are not read fast enough: reconnect, last_seq={seq}",
                )
            for entry in entries:
                if entry.seq > seq:
                    await _send(socket, floor, entry.body)
                    seq = entry.seq
            if not entries and not watcher.over:
                await _send(socket, floor, _heartbeat(floor, call_id, seq).wire())
        await socket.close(1000)
    except Refused as refused:
        await refuse(socket, refused)
    except TimeoutError:
        floor.metrics.slow.inc()
        await _drop(socket)
    except (WebSocketDisconnect, RuntimeError, OSError):
        return


async def _tell_board(socket: WebSocket, floor: Floor, watcher: Watcher, lines: list[str]) -> None:
    try:
        for line in lines:
            await _send(socket, floor, line)
        while not watcher.over:
            entries = await watcher.next(floor.settings.heartbeat_s)
            if watcher.too_slow:
                floor.metrics.slow.inc()
                raise Refused(Why.TOO_SLOW, "messages are not read fast enough: connect again")
            for entry in entries:
                await _send(socket, floor, entry.body)
            if not entries and not watcher.over:
                await _send(socket, floor, Heartbeat(call_id="", seq=0).wire())
        await socket.close(1001)
    except Refused as refused:
        await refuse(socket, refused)
    except TimeoutError:
        floor.metrics.slow.inc()
        await _drop(socket)
    except (WebSocketDisconnect, RuntimeError, OSError):
        return


async def _read(socket: WebSocket, floor: Floor, call_id: str, teller: asyncio.Task[None]) -> None:
    """Feedback until the watcher goes; anything else it says is refused.

    `call_id` is empty for those whose word does not count: a supervisor looks on.
    """
    settings = floor.settings
    texts = Bucket(settings.texts_per_second, settings.texts_per_second * 2)
    while True:
        try:
            message = await receive(socket)
        except (WebSocketDisconnect, RuntimeError):
            return
        if message is None:
            return
        try:
            _act(message, texts, floor, call_id)
        except Refused as refused:
            teller.cancel()
            await refuse(socket, refused)
            return


def _act(message: str | bytes, texts: Bucket, floor: Floor, call_id: str) -> None:
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
    call = floor.find(call_id)
    if isinstance(said, Feedback) and call is not None:
        floor.feedback(call, said.action, said.prompt_id)


async def _send(socket: WebSocket, floor: Floor, text: str) -> None:
    await asyncio.wait_for(socket.send_text(text), floor.settings.send_timeout_s)


async def _drop(socket: WebSocket) -> None:
    """Close without waiting for a peer that does not read."""
    try:
        await asyncio.wait_for(socket.close(Why.TOO_SLOW.value.close), 1.0)
    except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
        return


def _heartbeat(floor: Floor, call_id: str, seq: int) -> Heartbeat:
    call = floor.find(call_id)
    if call is None:
        return Heartbeat(call_id=call_id, seq=seq, source="waiting" if seq == 0 else "ended")
    return Heartbeat(call_id=call_id, seq=seq, at_ms=call.live.at_ms, source=call.live.source)


def _check_room(floor: Floor) -> None:
    if floor.is_full_of_watchers:
        raise Refused(
            Why.OVERLOADED, f"{floor.settings.max_watchers} watchers are connected, no more fit"
        )


def _last_seq(socket: WebSocket) -> int:
    text = socket.query_params.get("last_seq", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused(Why.BAD_REQUEST, "query last_seq: expected a whole number from 0")
    return int(text)
