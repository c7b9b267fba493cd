"""`WS /v1/listen`: a call's audio comes in."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import ANY_CALL, Grant, Right
from api.live.briefing import CallInfo
from api.live.door import Bucket, Doorkeeper, accepted_subprotocol, receive, refuse
from api.live.floor import Floor, now_utc
from api.live.messages import CloseStream, Finalize, Listening, Received, from_feeder
from api.live.refusals import Refused, Why
from api.live.running import Running
from api.live.watchers import Watcher
from api.live.wire_audio import AudioFormat, AudioFormatError, Encoding
from qa_engine.events import Role

log = logging.getLogger("qa_engine.listen")

ACK_S = 1.0
LEAST_QUEUE = 256
MOST_HOTWORDS = 500
"""Characters; a Whisper model takes about 200 tokens of them."""
ALWAYS_TOLD = frozenset({"notice", "stats", "ended"})
KNOWN = frozenset(
    {"encoding", "sample_rate", "channels", "roles", "script", "agent", "phrasebook", "events"}
    | {"call_id", "resume", "from_ms"}
)
HOTWORDS = ("hotwords", "keyterm")
"""Ours and Deepgram's; each may be repeated, and holds one word or several after commas."""
IGNORED = frozenset(
    {"model", "language", "interim_results", "multichannel", "punctuate", "endpointing"}
    | {"utterance_end_ms", "smart_format", "vad_events", "version", "numerals"}
)
"""Deepgram's, which mean nothing here."""

Name = Annotated[str, Field(max_length=64, pattern=r"^[\w.@:+-]*$")]


class ListenQuery(BaseModel):
    """The query of `/v1/listen`; anything else goes into the call's metadata."""

    model_config = ConfigDict(extra="forbid")

    encoding: Encoding = Encoding.LINEAR16
    sample_rate: int = 16_000
    channels: int = 1
    roles: tuple[Role, ...] = ()
    script: Name = ""
    agent: Name = ""
    phrasebook: Name = ""
    events: bool = False
    hotwords: str = Field("", max_length=MOST_HOTWORDS)
    call_id: Name = ""
    resume: bool = False
    from_ms: int | None = Field(None, ge=0)
    metadata: dict[str, str] = Field(default_factory=dict, max_length=20)

    @field_validator("roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    def audio_format(self) -> AudioFormat:
        return AudioFormat(
            encoding=self.encoding, sample_rate=self.sample_rate, channels=self.channels
        )

    def channel_roles(self) -> tuple[Role, ...]:
        roles = self.roles or (Role.AGENT, Role.CUSTOMER)[: self.channels]
        if len(roles) != self.channels or len(set(roles)) != len(roles):
            raise Refused(
                Why.BAD_REQUEST,
                f"roles names {len(roles)} channels, channels is {self.channels}: "
                "expected one of agent and customer for each",
            )
        return roles


async def listen(socket: WebSocket, floor: Floor, door: Doorkeeper) -> None:
    """One feeder's connection, from handshake to close."""
    door.check_connection(socket)
    await socket.accept(accepted_subprotocol(socket))
    try:
        query = _query(socket)
        grant = await door.authenticate(socket)
        call, number = await _take(floor, query, grant)
    except Refused as refused:
        floor.metrics.refused.labels(refused.code).inc()
        await refuse(socket, refused)
        return
    except WebSocketDisconnect:
        return
    watcher = Watcher(
        capacity=max(floor.settings.watcher_queue, LEAST_QUEUE),
        supervisor=True,
        kinds=None if query.events else ALWAYS_TOLD,
    )
    call.watchers.add(watcher)
    teller = asyncio.create_task(_tell(socket, floor, call, watcher, query, number))
    try:
        await _read(socket, floor, call, number)
    finally:
        if call.ended.is_set():
            await asyncio.wait([teller], timeout=5.0)
        teller.cancel()
        floor.rooms.leave(call.call_id, call.watchers, watcher)


async def _take(floor: Floor, query: ListenQuery, grant: Grant) -> tuple[Running, int]:
    """Open the call, or go on with it."""
    call_id = query.call_id or grant.call
    if call_id == ANY_CALL:
        call_id = f"c-{secrets.token_hex(8)}"
    if not grant.allows(Right.FEED, call_id):
        raise Refused(
            Why.TOKEN,
            f"the token is to {grant.right.value} call {grant.call}, not to feed {call_id}",
        )
    if query.resume:
        return await _resume(floor, query, grant, call_id)
    info = CallInfo(
        call_id=call_id,
        roles=query.channel_roles(),
        roles_known=bool(query.roles) or query.channels > 1,
        began_at=now_utc(),
        agent=query.agent,
        script=query.script,
        hotwords=query.hotwords,
        metadata=query.metadata | ({"phrasebook": query.phrasebook} if query.phrasebook else {}),
    )
    call = await floor.open(
        info, _audio_format(query), token=(grant.jti, float(grant.expires_s + 86_400))
    )
    return call, floor.attach(call)


async def _resume(
    floor: Floor, query: ListenQuery, grant: Grant, call_id: str
) -> tuple[Running, int]:
    call = floor.find(call_id)
    if call is None:
        raise Refused(
            Why.UNKNOWN_CALL,
            f"call {call_id} is not running here: it ended, waited longer than "
            f"{floor.settings.resume_s:g} s or the server restarted; open a new call",
        )
    opened = await floor.log.spend(grant.jti, call_id, float(grant.expires_s + 86_400))
    if opened != call_id:
        raise Refused(Why.TOKEN, "this feed token belongs to another call")
    if call.feed.format != _audio_format(query):
        raise Refused(Why.BAD_REQUEST, f"call {call_id} began with another audio format")
    return call, await floor.resume(call, query.from_ms)


async def _read(socket: WebSocket, floor: Floor, call: Running, number: int) -> None:
    """Audio and control messages until the call or the connection ends."""
    texts = Bucket(floor.settings.texts_per_second, floor.settings.texts_per_second * 2)
    try:
        while not call.is_closing:
            message = await receive(socket)
            if number != call.feeders:
                raise Refused(Why.BUSY_CALL, f"another feeder took over call {call.call_id}")
            if message is None:
                floor.lost(call, number, "the connection closed without CloseStream")
                return
            if isinstance(message, bytes):
                await floor.hear(call, message)
            elif not texts.take():
                raise Refused(Why.TOO_MUCH, "too many text messages in a second")
            else:
                _control(message, floor, call)
        await call.ended.wait()
    except Refused as refused:
        floor.metrics.refused.labels(refused.code).inc()
        floor.lost(call, number, refused.reason)
        await refuse(socket, refused)
    except WebSocketDisconnect:
        floor.lost(call, number, "the connection broke")
    except Exception:
        floor.fail(call)
        await call.ended.wait()


def _control(text: str, floor: Floor, call: Running) -> None:
    try:
        message = from_feeder.validate_json(text)
    except ValidationError as error:
        raise Refused(
            Why.BAD_REQUEST,
            "a text message is not one of KeepAlive, Finalize and CloseStream: see /v1/schema",
        ) from error
    if isinstance(message, Finalize):
        floor.finalize(call)
    elif isinstance(message, CloseStream):
        floor.close(call, "closed")
    else:
        floor.alive(call)


async def _tell(
    socket: WebSocket,
    floor: Floor,
    call: Running,
    watcher: Watcher,
    query: ListenQuery,
    number: int,
) -> None:
    """The only writer of this socket once the call is open."""
    at_ms = call.live.at_ms
    listening = Listening(
        call_id=call.call_id,
        seq=call.live.seq,
        at_ms=at_ms,
        received_ms=call.feed.received_ms,
        resume_s=floor.settings.resume_s,
    )
    try:
        await socket.send_text(listening.wire())
        acknowledged_ms = call.feed.received_ms
        if query.events:
            for entry in await floor.log.entries(call.call_id, 0):
                await socket.send_text(entry.body)
                watcher.after_seq = max(watcher.after_seq, entry.seq)
        while not (watcher.over and watcher.is_empty):
            entries = await watcher.next(ACK_S)
            received_ms = call.feed.received_ms
            if received_ms - acknowledged_ms >= ACK_S * 1_000:
                acknowledged_ms = received_ms
                ack = Received(
                    call_id=call.call_id,
                    seq=call.live.seq,
                    at_ms=call.live.at_ms,
                    received_ms=received_ms,
                )
                await socket.send_text(ack.wire())
            for entry in entries:
                await socket.send_text(entry.body)
        await socket.close(1000)
    except (WebSocketDisconnect, RuntimeError, OSError):
        log.info("the feeder of call %s is gone (connection %d)", call.call_id, number)


def _query(socket: WebSocket) -> ListenQuery:
    fields: dict[str, object] = {}
    metadata: dict[str, str] = {}
    hotwords = [
        word.strip()
        for name in HOTWORDS
        for value in socket.query_params.getlist(name)
        for word in value.split(",")
        if word.strip()
    ]
    if hotwords:
        fields["hotwords"] = " ".join(hotwords)
    for name, value in socket.query_params.items():
        if name in HOTWORDS:
            continue
        if name in KNOWN:
            fields[name] = value
        elif name not in IGNORED:
            metadata[name[:64]] = value[:256]
    try:
        return ListenQuery.model_validate(fields | {"metadata": metadata})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(Why.BAD_REQUEST, f"query {where}: {first['msg']}") from error


def _audio_format(query: ListenQuery) -> AudioFormat:
    try:
        return query.audio_format()
    except AudioFormatError as error:
        raise Refused(Why.BAD_REQUEST, str(error)) from error
