"""What Twilio's Media Streams say, and Telnyx's likeness of them, as the doors' words.

Both send JSON texts: `connected`, `start`, `media` (of one track, base64), `dtmf`, `mark`, `stop`.
Twilio writes `sequenceNumber` and `mediaFormat`, Telnyx `sequence_number` and `media_format`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.live.refusals import Refused, Why
from api.live.wire_audio import AudioFormatError, Encoding, WireFormat

INBOUND, OUTBOUND = "inbound", "outbound"
_ENCODINGS = {
    "audio/x-mulaw": Encoding.MULAW,
    "audio/x-alaw": Encoding.ALAW,
    "pcmu": Encoding.MULAW,
    "pcma": Encoding.ALAW,
}
_BOTH = {"both", "both_tracks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStarted:
    """`wire`: of one track. `said`: what the site wants us to know of the call."""

    call_id: str
    tracks: tuple[str, ...]
    wire: WireFormat
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrackMedia:
    """A piece of one track; `at_ms` from the begin of the stream."""

    track: str
    at_ms: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing more comes: the call, or its streaming, is over."""


@dataclass(frozen=True, slots=True)
class Other:
    """`connected`, `dtmf`, `mark` and whatever may be invented."""


StreamMessage = StreamStarted | TrackMedia | Stopped | Other


def read_message(text: str | bytes) -> StreamMessage:
    """Raises `Refused`, naming the field that is wrong."""
    if isinstance(text, bytes):
        raise Refused(Why.BAD_REQUEST, "a binary message: Media Streams are JSON texts")
    try:
        said = json.loads(text)
        match said["event"]:
            case "start":
                return _started(said)
            case "media":
                return _media(said["media"])
            case "stop":
                return Stopped()
            case _:
                return Other()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        field_ = str(error).strip("'\"")[:40] if isinstance(error, KeyError) else "JSON"
        raise Refused(
            Why.BAD_REQUEST, f"a message is not one of Twilio's or Telnyx': {field_} is wrong"
        ) from None


def _started(said: Mapping[str, Any]) -> StreamStarted:
    start = said["start"]
    wire = start.get("mediaFormat") or start["media_format"]
    tracks = start.get("tracks") or start.get("track") or (INBOUND,)
    names = (tracks,) if isinstance(tracks, str) else tuple(str(one) for one in tracks)
    if _BOTH & set(names):
        names = (INBOUND, OUTBOUND)
    if not 1 <= len(names) <= 2 or not set(names) <= {INBOUND, OUTBOUND}:
        raise Refused(Why.BAD_REQUEST, "tracks: expected inbound, outbound or both_tracks")
    own = start.get("customParameters") or start.get("custom_parameters") or {}
    ids = (start.get("callSid"), start.get("call_session_id"), said.get("stream_id"))
    return StreamStarted(
        call_id=next((str(one) for one in ids if one), ""),
        tracks=tuple(sorted(set(names))),
        wire=_wire(wire),
        said={str(name): str(value) for name, value in own.items()},
    )


def _wire(declared: Mapping[str, Any]) -> WireFormat:
    name = str(declared["encoding"])
    encoding = _ENCODINGS.get(name.lower())
    rate = int(declared.get("sampleRate") or declared.get("sample_rate") or 8_000)
    channels = int(declared.get("channels") or 1)
    if encoding is None or channels != 1:
        raise Refused(
            Why.BAD_REQUEST,
            f"mediaFormat is {name[:40]} x {channels}: expected audio/x-mulaw, PCMU or PCMA, one "
            "channel a track",
        )
    try:
        return WireFormat(encoding=encoding, sample_rate=rate)
    except AudioFormatError as error:
        raise Refused(Why.BAD_REQUEST, str(error)) from None


def _media(media: Mapping[str, Any]) -> TrackMedia:
    try:
        data = base64.b64decode(media["payload"], validate=True)
    except binascii.Error:
        raise Refused(Why.BAD_REQUEST, "a media payload is not base64") from None
    at_ms = int(media["timestamp"])
    if at_ms < 0:
        raise Refused(Why.BAD_REQUEST, "a media timestamp lies before the stream's begin")
    return TrackMedia(str(media.get("track") or INBOUND), at_ms, data)
