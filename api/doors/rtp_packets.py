"""RTP (RFC 3550) with G.711: what a packet says, and where its sound stands in its stream."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from api.live.wire_audio import Encoding

RATE = 8_000
CODECS: Mapping[int, Encoding] = {0: Encoding.MULAW, 8: Encoding.ALAW}
"""Payload types that are heard; comfort noise, keys and whatever else are passed over."""
FAR_MS = 1_500
"""A time stamp so far from the last one, and from the clock, is of another count."""
_HEADER = struct.Struct("!BBHII")
_WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class Packet:
    """`stamp`: of its first sample, in samples, from anywhere and around at 2^32."""

    kind: int
    stamp: int
    source: int
    sound: bytes

    @classmethod
    def read(cls, data: bytes) -> Packet | None:
        """None for what is no RTP."""
        if len(data) < _HEADER.size:
            return None
        flags, kind, _, stamp, source = _HEADER.unpack_from(data)
        begin = _HEADER.size + 4 * (flags & 0x0F)
        if flags >> 6 != 2:
            return None
        if flags & 0x10:
            if len(data) < begin + 4:
                return None
            begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
        end = len(data) - (data[-1] if flags & 0x20 else 0)
        if begin > end:
            return None
        return cls(kind & 0x7F, stamp, source, data[begin:end])

    def wire(self, number: int) -> bytes:
        """As a switch sends it."""
        return _HEADER.pack(0x80, self.kind, number & 0xFFFF, self.stamp, self.source) + self.sound


class StampClock:
    """From time stamps to moments: each stream is anchored when its first packet comes."""

    def __init__(self) -> None:
        self._source: int | None = None
        self._stamp = 0
        self._at_s = 0.0

    def moment_s(self, packet: Packet, came_s: float) -> float:
        """When its first sample was spoken, by the clock of `came_s`."""
        length_s = len(packet.sound) / RATE
        if packet.source == self._source:
            ahead = (packet.stamp - self._stamp + _WRAP // 2) % _WRAP - _WRAP // 2
            at_s = self._at_s + ahead / RATE
            off_s = min(abs(ahead) / RATE, abs(at_s + length_s - came_s))
            if off_s * 1_000 <= FAR_MS:
                # The anchor moves along, so that a count that goes around is no jump.
                if ahead > 0:
                    self._stamp, self._at_s = packet.stamp, at_s
                return at_s
        self._source, self._stamp, self._at_s = packet.source, packet.stamp, came_s - length_s
        return self._at_s
