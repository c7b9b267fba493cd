"""`WS /v1/freeswitch`: mod_audio_stream and mod_audio_fork, as they are. Told in freeswitch.md.

The first text is the call's metadata, the binary frames are L16 little-endian, and a connection
that is closed properly is the end of the call. What neither module says on the wire (how channels
are mixed, the sampling rate) stands in the address or in the metadata.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError, field_validator
from starlette.websockets import WebSocket

from api.auth import Grant
from api.doors.clock import ArrivalClock
from api.doors.credentials import TICKET
from api.doors.door import FREESWITCH
from api.doors.entrance import Entrance, Tell
from api.doors.fed_call import FedCall
from api.doors.inbox import Closed, Inbox
from api.live.call_asked import MOST_METADATA, CallAsked
from api.live.client_messages import Auth, CloseStream, Finalize, KeepAlive, from_feeder
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket
from api.live.wire_audio import AudioFormatError, WireFormat
from qa_engine.events import Role

SUBPROTOCOL = "audio.drachtio.org"
METADATA_WAIT_S = 0.5
"""The module's two threads race: sound may come a little before the metadata."""
FIRST_WAIT_S = 60.0
RATES = {"8k": 8_000, "16k": 16_000}

ChannelMix = Literal["mono", "mixed", "stereo"]
Said = dict[str, object]
Command = Auth | KeepAlive | Finalize | CloseStream


class FreeswitchAsked(CallAsked):
    """What address and metadata say; anything else is kept as the call's metadata."""

    mix: ChannelMix
    sample_rate: int = 8_000
    tell: Tell = "few"

    @field_validator("sample_rate", mode="before")
    @classmethod
    def _in_words(cls, value: object) -> object:
        """8k and 16k, as the start command has them."""
        return RATES.get(value, value) if isinstance(value, str) else value

    @property
    def channels(self) -> int:
        return 2 if self.mix == "stereo" else 1

    def wire(self) -> WireFormat:
        """Raises `Refused`."""
        try:
            return WireFormat(sample_rate=self.sample_rate, channels=self.channels)
        except AudioFormatError as error:
            raise Refused(Why.BAD_REQUEST, str(error)) from error


@dataclass(slots=True)
class _Begun:
    """A connection's first moments."""

    metadata: str | None = None
    sound: bytes = b""
    """What came before the metadata."""
    arrived_s: float = field(default_factory=time.monotonic)
    """When the last of it came, monotonic."""
    then: Closed | str | None = None
    """The connection's end, or a control message, where that came first."""


async def freeswitch(socket: WebSocket, entrance: Entrance) -> None:
    """One connection of a media bug."""
    offered = socket.scope.get("subprotocols") or []

    async def converse(socket: WebSocket, grant: Grant) -> None:
        async with Inbox(socket) as inbox:
            await _converse(socket, inbox, grant, entrance)

    subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
    await entrance.serve(FREESWITCH, socket, converse, subprotocol=subprotocol)


async def _converse(socket: WebSocket, inbox: Inbox, grant: Grant, entrance: Entrance) -> None:
    begun = await _beginning(inbox)
    if isinstance(begun.then, Closed) and not begun.sound:
        return
    asked, left_out = _asked(socket.query_params, begun.metadata)
    fed = await entrance.take(FREESWITCH, socket, grant, asked, asked.wire())
    if left_out:
        fed.notice("metadata", f"{left_out} values too many: {MOST_METADATA} are kept")
    async with entrance.told(socket, fed, asked.tell), fed.held():
        await _read(inbox, fed, asked, begun, entrance.calls.settings.texts_per_second)


async def _beginning(inbox: Inbox) -> _Begun:
    """Up to the metadata, or until none can be expected any more."""
    begun = _Begun()
    wait_s, until_s = FIRST_WAIT_S, None
    while begun.metadata is None and begun.then is None and wait_s > 0:
        try:
            message = await asyncio.wait_for(inbox.receive(), wait_s)
        except TimeoutError:
            if begun.sound:
                break
            raise Refused(
                Why.BAD_REQUEST, f"neither metadata nor sound came within {FIRST_WAIT_S:g} s"
            ) from None
        if isinstance(message, Closed) or (isinstance(message, str) and _command(message)):
            begun.then = message
        elif isinstance(message, str):
            begun.metadata = message
        else:
            begun.sound += message
            begun.arrived_s = inbox.arrived_s
            until_s = until_s or time.monotonic() + METADATA_WAIT_S
            wait_s = until_s - time.monotonic()
    return begun


async def _read(
    inbox: Inbox, fed: FedCall, asked: FreeswitchAsked, begun: _Begun, texts_per_second: int
) -> None:
    """Sound until the connection or the call ends."""
    clock = ArrivalClock(asked.wire().bytes_per_second)
    texts = Bucket(texts_per_second, texts_per_second * 2)
    await fed.hear(clock.push(begun.sound, begun.arrived_s))
    while not fed.is_over:
        message = begun.then or await inbox.receive()
        begun.then = None
        if isinstance(message, Closed):
            await fed.hear(clock.close(inbox.arrived_s))
            if message.clean:
                fed.end()
            else:
                fed.lost("the connection broke")
            return
        if isinstance(message, bytes):
            await fed.hear(clock.push(message, inbox.arrived_s))
        elif not texts.take():
            raise Refused(Why.TOO_MUCH, "too many text messages in a second")
        else:
            _obey(_command(message), fed)
    await fed.handle.published.wait()


def _command(text: str) -> Command | None:
    """One of our own control messages; what else a dialplan sends with `send_text` is none."""
    try:
        return from_feeder.validate_json(text)
    except ValidationError:
        return None


def _obey(command: Command | None, fed: FedCall) -> None:
    fed.alive()
    if isinstance(command, Finalize):
        fed.finalize()
    elif isinstance(command, CloseStream):
        fed.end()


def _asked(query: Mapping[str, str], text: str | None) -> tuple[FreeswitchAsked, int]:
    """Address and metadata together, the metadata first; how many values were too many."""
    said: Said = {name: value for name, value in query.items() if name != TICKET}
    said |= _metadata(text)
    fields = {name: said.pop(name) for name in tuple(said) if name in FreeswitchAsked.model_fields}
    fields.pop("metadata", None)
    if "mix" not in fields:
        raise Refused(
            Why.BAD_REQUEST,
            "nobody says how the channels are mixed: expected mix=mono, mixed or stereo in the "
            "address, the same word as in the start command",
        )
    if fields["mix"] == "stereo":
        fields.setdefault("roles", (Role.CUSTOMER, Role.AGENT))
    elif fields["mix"] == "mixed":
        fields.pop("roles", None)
    kept = dict(list(said.items())[:MOST_METADATA])
    return FreeswitchAsked.read(fields, kept), len(said) - len(kept)


def _metadata(text: str | None) -> Said:
    """A JSON object is read; any other text is kept as it is."""
    if not text or not text.strip():
        return {}
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return {"metadata_text": text}
    return {str(name): _plain(one) for name, one in value.items() if one is not None}


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
