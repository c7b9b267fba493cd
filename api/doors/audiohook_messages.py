"""Genesys AudioHook 2 on the wire: JSON texts in an envelope with sequence numbers both ways.

Shape: the protocol's reference implementation, app/audiohook/src/protocol/message.ts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.live.refusals import Refused, Why
from api.live.wire_audio import Encoding, WireFormat
from qa_engine.events import Role

VERSION = "2"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Who takes part in a connection probe."""
MOST_TEXT = 65_535
SPEAKS = {"external": Role.CUSTOMER, "internal": Role.AGENT}
LANGUAGES = ("zh-CN", "cmn-CN")
_DURATION = re.compile(r"PT(\d{1,9}(?:\.\d*)?|\.\d+)S")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """Such as `open`, `ping`, `paused`, `close`."""

    type: str
    seq: int
    parameters: Json

    @property
    def held_back_ms(self) -> int:
        """How much sound the client did not send. Raises `Refused`."""
        return duration_ms(self.parameters.get("discarded"))


class Envelope:
    """One session's numbers."""

    def __init__(self) -> None:
        self.session = ""
        self._client = 0
        self._server = 0

    def read(self, text: str) -> ClientMessage:
        """The next message. Raises `Refused`."""
        if len(text) > MOST_TEXT:
            raise _bad(f"a message has more than {MOST_TEXT} characters")
        try:
            said = json.loads(text)
            version, kind, session = said["version"], said["type"], said["id"]
            seq, parameters = said["seq"], said["parameters"]
            known = int(said["serverseq"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _bad("a message is none of AudioHook's") from None
        if version != VERSION or not isinstance(kind, str) or not isinstance(parameters, dict):
            raise _bad("a message is none of AudioHook 2")
        if session != (self.session or session):
            raise _bad("a message is of another session")
        if seq != self._client + 1:
            raise _bad("a message came twice, or one is missing: seq does not go on")
        if not 0 <= known <= self._server:
            raise _bad("serverseq is of a message that was not sent")
        self.session, self._client = str(session), seq
        return ClientMessage(kind, seq, parameters)

    def write(self, kind: str, parameters: Json | None = None) -> str:
        """The next message of ours."""
        self._server += 1
        return json.dumps(
            {
                "version": VERSION,
                "type": kind,
                "seq": self._server,
                "clientseq": self._client,
                "id": self.session,
                "parameters": parameters or {},
            }
        )


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """One of the formats that are offered: `offer` as it came."""

    offer: Json
    wire: WireFormat
    roles: tuple[Role, ...]


def chosen(offers: Any) -> MediaFormat:
    """Both speakers apart where that is offered. Raises `Refused`."""
    found = [one for one in (_media(offer) for offer in _list(offers)) if one is not None]
    if not found:
        raise _bad("no media that is offered can be heard: expected PCMU at 8000 Hz")
    return max(found, key=lambda one: len(one.roles))


def is_probe(parameters: Json) -> bool:
    """Whether Genesys only asks if somebody is here."""
    participant = parameters.get("participant")
    return (
        parameters.get("conversationId") == NOBODY
        and isinstance(participant, dict)
        and participant.get("id") == NOBODY
    )


def duration_ms(value: Any) -> int:
    """`PT1.25S` as milliseconds. Raises `Refused`."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _bad("a duration is none: expected such as PT1.25S")
    return round(float(match[1]) * 1_000)


def _media(offer: Any) -> MediaFormat | None:
    if not isinstance(offer, dict):
        return None
    channels = tuple(str(one) for one in _list(offer.get("channels")))
    roles = tuple(SPEAKS[one] for one in channels if one in SPEAKS)
    fits = (offer.get("type"), offer.get("format"), offer.get("rate")) == ("audio", "PCMU", 8_000)
    if not fits or not roles or len(roles) != len(channels) or len(set(roles)) != len(roles):
        return None
    wire = WireFormat(encoding=Encoding.MULAW, sample_rate=8_000, channels=len(roles))
    return MediaFormat(offer, wire, roles)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _bad(why: str) -> Refused:
    return Refused(Why.BAD_REQUEST, why)
