"""`WS /v1/funasr`, and `/` as its clients dial it: FunASR's protocol. Told in funasr.md.

Whatever sends sound to a FunASR server sends it here, gets the text in that server's words, and the
call is judged beside it. One `wav_name` is one call or, with a role, one speaker of it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from starlette.websockets import WebSocket

from api.auth import ANY_CALL, Grant, Right
from api.doors.credentials import PASSWORD_LIFE_S, TICKET, TOKEN
from api.doors.door import FUNASR
from api.doors.entrance import LEAST_QUEUE, Entrance, quietly_close
from api.doors.funasr_answers import Answers
from api.doors.inbox import Closed, Inbox, Incoming
from api.doors.mono import LOOK_S, Mono, enter, held
from api.doors.mono_asked import MonoAsked
from api.live.call_asked import MOST_HOTWORDS, MOST_METADATA
from api.live.refusals import Refused, Why
from api.live.socket_writer import GONE
from api.live.watchers import Watcher
from api.live.wire_audio import AudioFormatError, WireFormat
from api.settings import Settings
from models.funasr_messages import Control, FunasrError

log = logging.getLogger("qa_engine.doors")

SUBPROTOCOL = "binary"
FIRST_WAIT_S = 60.0
UNKNOWN_WAIT_S = 10.0
"""For the first text of somebody who has shown nothing yet."""
SPEAKERS = ("agent", "customer")
ANSWER_S = 300.0
"""As long as FunASR's own client waits for the last word."""
OTHER_SPEAKS_S = 3.0
"""How long the last words of one speaker are waited for while the other speaks on."""


async def funasr(socket: WebSocket, entrance: Entrance) -> None:
    """One connection of a FunASR client."""

    async def converse(socket: WebSocket, grant: Grant | None) -> None:
        async with Inbox(socket) as inbox:
            await _Conversation(socket, inbox, grant, entrance).run()
        await quietly_close(socket)

    def known(socket: WebSocket) -> Grant | None:
        return peer_grant(socket, entrance.address(socket), entrance.calls.settings)

    offered = socket.scope.get("subprotocols") or []
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
    await entrance.serve_silently(FUNASR, socket, converse, known, subprotocol=subprotocol)


def peer_grant(socket: WebSocket, address: str, settings: Settings) -> Grant | None:
    """To feed any call, for the machines that the site lets in without a word; never for a page."""
    shown = {"authorization", "origin"} & set(socket.headers.keys())
    if shown or TICKET in socket.query_params:
        return None
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return None
    if not any(peer in ipaddress.ip_network(one) for one in settings.funasr_peers):
        return None
    expires_s = int(time.time()) + PASSWORD_LIFE_S
    jti = f"funasr-{secrets.token_urlsafe(12)}"
    return Grant(call=ANY_CALL, right=Right.FEED, expires_s=expires_s, jti=jti)


@dataclass(slots=True)
class _Asked:
    """What the texts have said up to now."""

    mode: str = "2pass"
    wav_name: str = ""
    audio_fs: int = 16_000
    hotwords: str = ""
    own: dict[str, str] = field(default_factory=dict)

    def follow(self, control: Control) -> None:
        """Raises `Refused`."""
        self.mode = control.mode or self.mode
        self.wav_name = self.wav_name if control.wav_name is None else control.wav_name
        self.audio_fs = control.audio_fs or self.audio_fs
        if control.hotwords is not None:
            self.hotwords = " ".join(control.hotwords)[:MOST_HOTWORDS]
        self.own |= control.own
        if control.wav_format not in (None, "", "pcm", "PCM"):
            raise Refused(Why.BAD_REQUEST, "wav_format: expected pcm, 16 bits, one channel")

    def wire(self) -> WireFormat:
        """Raises `Refused`."""
        try:
            return WireFormat(sample_rate=self.audio_fs)
        except AudioFormatError as error:
            raise Refused(Why.BAD_REQUEST, f"audio_fs: {error}") from error

    def call(self, query: Mapping[str, str]) -> MonoAsked:
        """Whose call it is. `c-17.agent` as `wav_name` is the agent of call c-17."""
        said = {"hotwords": self.hotwords} | self.own | dict(query)
        said.pop(TICKET, None)
        call_id, _, role = self.wav_name.removesuffix(".wav").rpartition(".")
        if role in SPEAKERS and call_id and "role" not in said:
            said |= {"role": role, "call_id": said.get("call_id", call_id)}
        said.setdefault("role", "mixed")
        if self.wav_name and len(said) < MOST_METADATA:
            said.setdefault("wav_name", self.wav_name)
        return MonoAsked.said(said)


class _Conversation:
    """One connection, from its first text to its close: one call after the other."""

    def __init__(
        self, socket: WebSocket, inbox: Inbox, grant: Grant | None, entrance: Entrance
    ) -> None:
        self._socket = socket
        self._inbox = inbox
        self._grant = grant
        self._entrance = entrance
        self._asked = _Asked()
        self._calls = 0

    async def run(self) -> None:
        message: Incoming | None = await self._first()
        while message is not None and not isinstance(message, Closed):
            if isinstance(message, str):
                self._follow(message)
                message = await self._next()
            else:
                message = await self._call(message)

    async def _first(self) -> Incoming | None:
        wait_s = UNKNOWN_WAIT_S if self._grant is None else FIRST_WAIT_S
        try:
            message = await asyncio.wait_for(self._inbox.receive(), wait_s)
        except TimeoutError:
            raise Refused(Why.BAD_REQUEST, f"no first text came within {wait_s:g} s") from None
        if self._grant is None and not isinstance(message, Closed):
            shown = _read(message).own if isinstance(message, str) else {}
            given = shown.get(TICKET, ""), shown.get(TOKEN, "")
            self._grant = self._entrance.credentials.of_parameters(*given)
        return message

    async def _next(self) -> Incoming:
        try:
            return await asyncio.wait_for(self._inbox.receive(), FIRST_WAIT_S)
        except TimeoutError:
            raise Refused(
                Why.BAD_REQUEST, f"no sound came within {FIRST_WAIT_S:g} s of a text"
            ) from None

    def _follow(self, text: str) -> Control:
        control = _read(text)
        self._asked.follow(control)
        for shown in (TICKET, TOKEN):
            self._asked.own.pop(shown, None)
        return control

    async def _call(self, sound: bytes) -> Incoming | None:
        """One call from its first sound on; what came instead of more of it."""
        grant, asked = self._next_grant(), self._asked
        wire, name = asked.wire(), asked.wav_name
        call = asked.call(self._socket.query_params)
        address = self._entrance.address(self._socket)
        mono = await enter(self._entrance, FUNASR, address, grant, call, wire)
        role = None if call.role == "mixed" else call.role
        teller = _Teller(self._socket, mono, Answers(asked.mode, name, role))
        async with held(mono), teller:
            message: Incoming | None = sound
            finished = False
            while not mono.call.is_over:
                if message is None:
                    await mono.wait()
                elif isinstance(message, Closed):
                    if message.clean or finished:
                        await mono.end(self._inbox.arrived_s)
                    else:
                        await mono.lost("the connection broke")
                    return message
                elif isinstance(message, bytes):
                    finished = False
                    await mono.hear(message, self._inbox.arrived_s)
                else:
                    control = self._follow(message)
                    if asked.wav_name != name or asked.wire() != wire:
                        await mono.end(self._inbox.arrived_s)
                        return await self._next()
                    if control.is_speaking is False:
                        finished = True
                        await teller.finish(alone=role is None)
                message = await self._inbox.receive_within(LOOK_S)
        return None

    def _next_grant(self) -> Grant:
        """A token opens one call; who may feed any may do so with each of its recordings."""
        assert self._grant is not None
        self._calls += 1
        if self._grant.call != ANY_CALL:
            return self._grant
        return replace(self._grant, jti=f"{self._grant.jti}-{self._calls}")


class _Teller:
    """Tells the client what is heard, while within."""

    def __init__(self, socket: WebSocket, mono: Mono, answers: Answers) -> None:
        self._socket = socket
        self._mono = mono
        self._answers = answers
        handle = mono.call.handle
        self._watcher = Watcher(capacity=LEAST_QUEUE * 8, supervisor=True)
        self._watcher.after_seq = self._seq = handle.live.told.seq
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._mono.call.handle.join(self._watcher)
        self._task = asyncio.create_task(self._run())

    async def __aexit__(self, *error: object) -> None:
        self._mono.call.unwatch(self._watcher)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def finish(self, *, alone: bool) -> None:
        """The stretch is over: its last words are told, then its end.

        `alone`: nobody else speaks in this call, so what is being said ends here.
        """
        if alone:
            self._mono.call.finalize()
        began_s = time.monotonic()
        while not self._is_told(began_s, alone=alone):
            if time.monotonic() - began_s > ANSWER_S:
                break
            await self._mono.wait()
            await asyncio.sleep(LOOK_S / 5)
        with suppress(*GONE):
            await self._socket.send_text(self._answers.end().wire())

    def _is_told(self, began_s: float, *, alone: bool) -> bool:
        handle = self._mono.call.handle
        if self._task is None or self._task.done():
            return True
        settled = not handle.wanted and self._seq >= handle.live.told.seq
        patient = alone or time.monotonic() - began_s >= OTHER_SPEAKS_S
        return settled and patient and (alone or not self._answers.is_open)

    async def _run(self) -> None:
        try:
            await self._tell()
        except GONE:
            return
        except Exception:
            log.exception("a client is told no more of call %s", self._mono.call.call_id)

    async def _tell(self) -> None:
        while not self._watcher.too_slow and not (self._watcher.over and self._watcher.is_empty):
            for entry in await self._watcher.next(LOOK_S):
                if entry.type == "utterance":
                    for result in self._answers.told(json.loads(entry.body)["utterance"]):
                        await self._socket.send_text(result.wire())
                self._seq = entry.seq


def _read(text: str) -> Control:
    try:
        return Control.read(text)
    except FunasrError as error:
        raise Refused(Why.BAD_REQUEST, f"a text is none of FunASR's: {error}") from None
