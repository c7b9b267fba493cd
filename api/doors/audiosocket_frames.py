"""Asterisk's AudioSocket on the wire: one byte kind, two bytes length (big-endian), payload."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from api.doors.inbox import Closed, Incoming, NextIncoming
from api.live.wire_audio import WireFormat

HEADER_BYTES = 3


class FrameKind(IntEnum):
    """What a frame is, beside sound."""

    HANG_UP = 0x00
    UUID = 0x01
    SILENCE = 0x02
    """Of no length: the clock tells how long it lasts."""
    DTMF = 0x03
    ERROR = 0xFF


SOUND: Mapping[int, WireFormat] = {
    0x10: WireFormat(sample_rate=8_000),
    0x11: WireFormat(sample_rate=12_000),
    0x12: WireFormat(sample_rate=16_000),
    0x13: WireFormat(sample_rate=24_000),
    0x14: WireFormat(sample_rate=32_000),
    0x15: WireFormat(sample_rate=44_100),
    0x16: WireFormat(sample_rate=48_000),
}
"""Kinds that are sound, 16 bits, one channel; the application sends 8 kHz."""
HUNG_UP = b"\x01"
"""An error's code that is none: the channel is gone."""


@dataclass(frozen=True, slots=True)
class AudioSocketFrame:
    kind: int
    payload: bytes

    @classmethod
    def read(cls, data: bytes) -> AudioSocketFrame:
        """A whole frame, as `frames` gives it."""
        return cls(data[0], data[HEADER_BYTES:])

    def wire(self) -> bytes:
        return bytes([self.kind]) + len(self.payload).to_bytes(2, "big") + self.payload

    @property
    def format(self) -> WireFormat | None:
        """Of its sound; None where it is none."""
        return SOUND.get(self.kind)

    @property
    def uuid(self) -> UUID | None:
        """Which call this is; None where it does not say."""
        whole = self.kind == FrameKind.UUID and len(self.payload) == 16
        return UUID(bytes=self.payload) if whole else None

    @property
    def is_end(self) -> bool:
        """Whether the channel is gone."""
        return self.kind == FrameKind.HANG_UP or (
            self.kind == FrameKind.ERROR and self.payload == HUNG_UP
        )


def frames(reader: asyncio.StreamReader) -> NextIncoming:
    """The connection's frames, each whole. Closed between two of them is how a call ends."""

    async def source() -> Incoming:
        try:
            header = await reader.readexactly(HEADER_BYTES)
        except asyncio.IncompleteReadError as error:
            return Closed(clean=not error.partial)
        except OSError:
            return Closed(clean=False)
        try:
            return header + await reader.readexactly(int.from_bytes(header[1:], "big"))
        except (asyncio.IncompleteReadError, OSError):
            return Closed(clean=False)

    return source
