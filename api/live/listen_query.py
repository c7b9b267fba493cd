"""The query of `WS /v1/listen`: what is known, what is a slip, and what is the call's metadata."""

from __future__ import annotations

from difflib import get_close_matches

from pydantic import Field
from starlette.websockets import WebSocket

from api.live.call_asked import CallAsked
from api.live.call_record import FILED
from api.live.refusals import Refused, Why
from api.live.wire_audio import AudioFormatError, Encoding, WireFormat

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
SLIP = 0.86
"""How alike a name is that is a slip of another: `channel` and `samplerate`, not `agent_id`."""


class ListenQuery(CallAsked):
    """The query of `/v1/listen`; anything else goes into the call's metadata."""

    encoding: Encoding = Encoding.LINEAR16
    sample_rate: int = 16_000
    channels: int = 1
    events: bool = False
    resume: bool = False
    from_ms: int | None = Field(None, ge=0)

    def audio_format(self) -> WireFormat:
        """Raises `Refused`."""
        try:
            return WireFormat(
                encoding=self.encoding, sample_rate=self.sample_rate, channels=self.channels
            )
        except AudioFormatError as error:
            raise Refused(Why.BAD_REQUEST, str(error)) from error


def listen_query(socket: WebSocket) -> ListenQuery:
    """Raises `Refused` for what makes no sense, and for what looks like a slip."""
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
            if name not in FILED:
                _check_slip(name)
            metadata[name] = value
    return ListenQuery.read(fields, metadata)


def _check_slip(name: str) -> None:
    """A slip would silently become metadata, and the call be heard with a default instead."""
    plain = {_plain(known): known for known in (*KNOWN, *HOTWORDS, *FILED)}
    near = get_close_matches(_plain(name), plain, n=1, cutoff=SLIP)
    if near:
        raise Refused(
            Why.BAD_REQUEST,
            f"query {name[:64]}: no such parameter; did you mean {plain[near[0]]}? "
            "(metadata needs a name that is less like it)",
        )


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
