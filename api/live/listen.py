"""`WS /v1/listen`: a call's audio comes in."""

from __future__ import annotations

import asyncio
import json

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import Grant
from api.live.call_handle import CallHandle
from api.live.calls import LiveCalls
from api.live.client_messages import CloseStream, Finalize, from_feeder
from api.live.event_log import LogEntry
from api.live.listen_query import ListenQuery, listen_query
from api.live.messages import Listening, Received
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket, SocketAuth, receive, turn_away
from api.live.socket_writer import SocketWriter
from api.live.watchers import Watcher

ACK_S = 1.0
LEAST_QUEUE = 256
ELSEWHERE = "another server has it"
ALWAYS_TOLD = frozenset({"notice", "stats", "ended"})


async def listen(socket: WebSocket, calls: LiveCalls, auth: SocketAuth) -> None:
    """One feeder's connection, from handshake to close."""
    try:
        await auth.accept(socket)
        query = listen_query(socket)
        grant = await auth.authenticate(socket)
        taken = await _take(calls, query, grant)
    except Refused as refused:
        await turn_away(socket, refused, calls.metrics)
        return
    except WebSocketDisconnect:
        return
    if isinstance(taken, list):
        await calls.writing(_tell_end(socket, calls, taken, query))
        return
    call, number = taken
    watcher = Watcher(
        capacity=max(calls.settings.watcher_queue, LEAST_QUEUE),
        supervisor=True,
        kinds=None if query.events else ALWAYS_TOLD,
    )
    call.join(watcher)
    teller = calls.writing(_tell(socket, calls, call, watcher))
    try:
        await _read(socket, calls, call, number)
    finally:
        if call.published.is_set():
            await asyncio.wait([teller], timeout=calls.settings.send_timeout_s)
        teller.cancel()
        calls.watchers.leave(call.call_id, call.watchers, watcher)


async def _take(
    calls: LiveCalls, query: ListenQuery, grant: Grant
) -> tuple[CallHandle, int] | list[LogEntry]:
    """Open the call, or go on with it; of one that has ended, what was told."""
    call_id = query.call_for(grant)
    if query.resume:
        return await _resume(calls, query, grant, call_id)
    call = await calls.open(
        query.info(call_id, query.channels),
        query.audio_format(),
        token=(grant.jti, float(grant.expires_s + 86_400)),
    )
    return call, call.attach()


async def _resume(
    calls: LiveCalls, query: ListenQuery, grant: Grant, call_id: str
) -> tuple[CallHandle, int] | list[LogEntry]:
    call = calls.find(call_id) or await calls.fetch(call_id)
    told = [] if call else await calls.history.entries(call_id)
    if call is None and not (told and (told[-1].type == "ended" or call_id in calls.later)):
        if told and (reason := calls.admission.refusal() or ELSEWHERE * bool(calls.sharing)):
            raise Refused(Why.OVERLOADED, f"call {call_id} goes on later: {reason}")
        raise Refused(
            Why.UNKNOWN_CALL, f"there is no call {call_id} to go on with here: open a new one"
        )
    opened = await calls.log.spend(grant.jti, call_id, float(grant.expires_s + 86_400))
    if opened != call_id:
        raise Refused(Why.TOKEN, "this feed token belongs to another call")
    if call is None:
        return told
    if call.feed.format != query.audio_format():
        raise Refused(Why.BAD_REQUEST, f"call {call_id} began with another audio format")
    return call, await calls.feeding.resume(call, query.from_ms)


async def _read(socket: WebSocket, calls: LiveCalls, call: CallHandle, number: int) -> None:
    """Audio and control messages until the call or the connection ends."""
    texts = Bucket(calls.settings.texts_per_second, calls.settings.texts_per_second * 2)
    try:
        while not call.is_over:
            message = await receive(socket)
            if number != call.feeders:
                raise Refused(Why.BUSY_CALL, f"another feeder took over call {call.call_id}")
            if message is None:
                calls.feeding.lost(call, number, "the connection closed without CloseStream")
                return
            if isinstance(message, bytes):
                await calls.feeding.hear(call, message)
            elif not texts.take():
                raise Refused(Why.TOO_MUCH, "too many text messages in a second")
            else:
                _control(message, calls, call)
        await call.published.wait()
    except Refused as refused:
        calls.feeding.lost(call, number, refused.reason)
        await turn_away(socket, refused, calls.metrics, call.call_id)
    except WebSocketDisconnect:
        calls.feeding.lost(call, number, "the connection broke")
    except Exception:
        calls.fail(call)
        await call.published.wait()


def _control(text: str, calls: LiveCalls, call: CallHandle) -> None:
    try:
        message = from_feeder.validate_json(text)
    except ValidationError as error:
        raise Refused(
            Why.BAD_REQUEST,
            "a text message is not one of KeepAlive, Finalize and CloseStream: see /v1/schema",
        ) from error
    if isinstance(message, Finalize):
        calls.feeding.finalize(call)
    elif isinstance(message, CloseStream):
        calls.close(call, "closed")
    else:
        calls.feeding.alive(call)


async def _tell_end(
    socket: WebSocket, calls: LiveCalls, told: list[LogEntry], query: ListenQuery
) -> None:
    """To a feeder that was away when its call ended: all of it came in, and this came of it."""
    last = json.loads(told[-1].body)
    listening = Listening(
        call_id=last["call_id"],
        seq=last["seq"],
        at_ms=last["at_ms"],
        received_ms=last.get("duration_ms", last["at_ms"]),
        resume_s=calls.settings.resume_s,
        hearing="live" if last["type"] == "ended" else "later",
    )
    shown = told if query.events else told[-1:]
    watcher = Watcher(capacity=LEAST_QUEUE, supervisor=True)
    watcher.end()
    timeout_s = calls.settings.send_timeout_s
    writer = SocketWriter(socket, watcher, calls.metrics, send_timeout_s=timeout_s)
    await writer.run([listening.wire(), *shown], every_s=ACK_S, between=lambda idle: None)


async def _tell(socket: WebSocket, calls: LiveCalls, call: CallHandle, watcher: Watcher) -> None:
    listening = Listening(
        call_id=call.call_id,
        seq=call.live.told.seq,
        at_ms=call.live.at_ms,
        received_ms=call.feed.received_ms,
        resume_s=calls.settings.resume_s,
        hearing=call.live.info.hearing,
    )
    acknowledged_ms = call.feed.received_ms

    def acknowledgement(idle: bool) -> str | None:
        nonlocal acknowledged_ms
        # Nothing follows `ended`.
        if call.live.state.is_final:
            return None
        received_ms = call.feed.received_ms
        if received_ms - acknowledged_ms < ACK_S * 1_000:
            return None
        acknowledged_ms = received_ms
        ack = Received(
            call_id=call.call_id,
            seq=call.live.told.seq,
            at_ms=call.live.at_ms,
            received_ms=received_ms,
        )
        return ack.wire()

    timeout_s = calls.settings.send_timeout_s
    writer = SocketWriter(socket, watcher, calls.metrics, send_timeout_s=timeout_s)
    before = await calls.history.missed(call, watcher)
    await writer.run([listening.wire(), *before], every_s=ACK_S, between=acknowledgement)
