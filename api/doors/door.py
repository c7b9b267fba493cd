"""What there is to know of each door before anyone comes in, and what was last seen at each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["DOORS", "Door", "Sightings"]

HEADER_OR_TICKET = "Bearer, Basic (token or QA_ENGINE_DOOR_PASSWORD) or ?ticket="


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """`address` with its protocol, such as `ws /v1/freeswitch`."""

    name: str
    speaks: str
    address: str
    credentials: str
    page: str
    """Where its use is told, below api/."""


LISTEN = Door(
    name="listen",
    speaks="our own, a superset of Deepgram's",
    address="ws /v1/listen",
    credentials="Bearer or first message",
    page="README.md",
)
FREESWITCH = Door(
    name="freeswitch",
    speaks="FreeSWITCH mod_audio_stream, mod_audio_fork",
    address="ws /v1/freeswitch",
    credentials=HEADER_OR_TICKET,
    page="doors/freeswitch.md",
)
TRANSCRIPTS = Door(
    name="transcripts",
    speaks="words that another recogniser has heard, and chats",
    address="ws /v1/transcripts",
    credentials=HEADER_OR_TICKET,
    page="doors/transcripts.md",
)
TWILIO = Door(
    name="twilio",
    speaks="Twilio Media Streams, Telnyx",
    address="ws /v1/twilio",
    credentials="X-Twilio-Signature (QA_ENGINE_TWILIO_AUTH_TOKEN), header, or a stream parameter",
    page="doors/twilio.md",
)
ASTERISK = Door(
    name="asterisk",
    speaks="Asterisk chan_websocket",
    address="ws /v1/asterisk",
    credentials=HEADER_OR_TICKET,
    page="doors/asterisk.md",
)
AUDIOSOCKET = Door(
    name="audiosocket",
    speaks="Asterisk AudioSocket",
    address="tcp QA_ENGINE_AUDIOSOCKET_PORT",
    credentials="a UUID that was announced at POST /v1/audiosocket",
    page="doors/audiosocket.md",
)
FUNASR = Door(
    name="funasr",
    speaks="whatever sends sound to a FunASR server",
    address="ws /v1/funasr, ws /",
    credentials="Bearer, Basic, ?ticket=, `token` in the first text, or QA_ENGINE_FUNASR_PEERS",
    page="doors/funasr.md",
)
AUDIOHOOK = Door(
    name="audiohook",
    speaks="Genesys Cloud AudioHook 2",
    address="ws /v1/audiohook",
    credentials="X-API-KEY and Signature (QA_ENGINE_AUDIOHOOK_API_KEY, QA_ENGINE_AUDIOHOOK_SECRET)",
    page="doors/audiohook.md",
)
RTP = Door(
    name="rtp",
    speaks="RTP with G.711, such as ARI externalMedia or a port mirror",
    address="udp QA_ENGINE_RTP_PORTS",
    credentials="a port that POST /v1/rtp gave",
    page="doors/rtp.md",
)

DOORS: Mapping[str, Door] = {
    door.name: door
    for door in (
        LISTEN,
        FREESWITCH,
        ASTERISK,
        AUDIOSOCKET,
        RTP,
        AUDIOHOOK,
        TWILIO,
        FUNASR,
        TRANSCRIPTS,
    )
}


@dataclass(slots=True)
class Seen:
    """What happened at one door since the server began. `last_s`: Unix time."""

    connections: int = 0
    calls: int = 0
    refused: int = 0
    last_s: float | None = None
    last: str = ""
    """Such as `call c-17 from 10.0.0.3`."""


@dataclass(slots=True)
class Sightings:
    """Of all doors."""

    now_s: Callable[[], float] = time.time
    doors: dict[str, Seen] = field(default_factory=lambda: {name: Seen() for name in DOORS})

    def came(self, door: Door, address: str) -> None:
        """Somebody connected."""
        self.doors[door.name].connections += 1
        self._note(door, f"a connection from {address}")

    def call(self, door: Door, call_id: str, address: str) -> None:
        """A call was opened, or went on."""
        self.doors[door.name].calls += 1
        self._note(door, f"call {call_id} from {address}")

    def refused(self, door: Door, reason: str, address: str) -> None:
        self.doors[door.name].refused += 1
        self._note(door, f"refused {address}: {reason}")

    def _note(self, door: Door, what: str) -> None:
        seen = self.doors[door.name]
        seen.last_s, seen.last = self.now_s(), what
