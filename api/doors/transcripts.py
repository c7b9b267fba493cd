"""`WS /v1/transcripts`: a call whose words somebody else has recognised. Told in transcripts.md."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError
from starlette.websockets import WebSocket

from api.auth import Grant
from api.doors.credentials import TICKET
from api.doors.door import TRANSCRIPTS
from api.doors.entrance import Entrance, Tell
from api.doors.fed_call import FedCall
from api.doors.inbox import Closed, Inbox
from api.doors.text_lines import CallOver, LineSaid, from_texts
from api.live.call_asked import CallAsked
from api.live.call_info import CallInfo
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket
from api.live.text_session import LineRead
from api.live.wire_audio import WireFormat
from qa_engine.dialogue import Basis
from qa_engine.events import Role

LINES_PER_TEXT = 10
"""So many lines a second for each text message that other doors allow: partials of two speakers."""


class TranscriptAsked(CallAsked):
    """The address; anything else in it is kept as the call's metadata."""

    basis: Basis = Basis.TIMES
    tell: Tell = "few"

    def info(self, call_id: str, channels: int, *, basis: Basis = Basis.SOUND) -> CallInfo:
        """Each speaker is a channel of its own: the lines say who speaks."""
        if self.basis is Basis.SOUND:
            raise Refused(
                Why.BAD_REQUEST,
                "query basis: no sound comes in here, expected times, words or chat",
            )
        return super().info(call_id, channels, basis=self.basis)


async def transcripts(socket: WebSocket, entrance: Entrance) -> None:
    """One connection of whoever has the words."""

    async def converse(socket: WebSocket, grant: Grant) -> None:
        async with Inbox(socket) as inbox:
            await _converse(socket, inbox, grant, entrance)

    await entrance.serve(TRANSCRIPTS, socket, converse)


async def _converse(socket: WebSocket, inbox: Inbox, grant: Grant, entrance: Entrance) -> None:
    asked = _asked(dict(socket.query_params))
    # No sound comes: the format only says that there are two speakers.
    wire = WireFormat(channels=len(Role))
    fed = await entrance.take(TRANSCRIPTS, socket, grant, asked, wire)
    async with entrance.told(socket, fed, asked.tell), fed.held():
        await _read(inbox, fed, asked.basis, entrance.calls.settings.texts_per_second)


async def _read(inbox: Inbox, fed: FedCall, basis: Basis, texts_per_second: int) -> None:
    """Lines until the connection or the call ends."""
    rate = texts_per_second * LINES_PER_TEXT
    lines = Bucket(rate, rate)
    while not fed.is_over:
        message = await inbox.receive()
        if isinstance(message, Closed):
            fed.lost("the connection closed without CloseStream")
            return
        if not lines.take():
            # Not refused: whoever sends a whole dialogue at once is read more slowly.
            await asyncio.sleep(1 / rate)
        said = _said(message)
        if isinstance(said, LineSaid):
            await fed.read(_line(said, basis))
        elif isinstance(said, CallOver):
            fed.lasts(said.duration_ms)
            fed.end()
        else:
            fed.alive()
    await fed.handle.published.wait()


def _line(said: LineSaid, basis: Basis) -> LineRead:
    """Raises `Refused`."""
    if said.begin_ms is None and basis is not Basis.WORDS:
        what = "was sent" if basis is Basis.CHAT else "begins"
        raise Refused(
            Why.BAD_REQUEST,
            f"an utterance has no begin_ms, when it {what}: send it, or open with basis=words",
        )
    return LineRead(number=said.id, role=Role(said.role), line=said.line(), is_final=said.is_final)


def _said(message: str | bytes) -> object:
    """Raises `Refused`; the caller's words are in no message."""
    if isinstance(message, bytes):
        raise Refused(Why.BAD_REQUEST, "sound came in at the door for texts: see /v1/listen")
    try:
        return from_texts.validate_json(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(
            Why.BAD_REQUEST, f"a message is none of ours: {where}: {first['msg']}"
        ) from None


def _asked(query: dict[str, str]) -> TranscriptAsked:
    query.pop(TICKET, None)
    query.pop("metadata", None)
    fields: dict[str, object] = {
        name: query.pop(name) for name in tuple(query) if name in TranscriptAsked.model_fields
    }
    fields["roles"] = tuple(Role)
    return TranscriptAsked.read(fields, query)
