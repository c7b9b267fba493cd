"""Voices that a site knows: what its telephone system plays, and its agents' own.

A list that a site learns, looks over and then names to every command: never a side effect of the
calls that happened to come before. Its version tells which list a report rests on.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.voice_activity import FRAME_MS
from qa_engine.line.repeats import BANDS, Bits

__all__ = ["NOBODY", "BadVoices", "KnownVoices", "RecordedPrint", "Vector", "print_of"]

FORMAT = 1
Vector = NDArray[np.float32]
"""A voice as `VoiceEncoder` tells it, of length 1."""

_WIDTH = BANDS - 1


class BadVoices(ValueError):
    """A text that is no such list."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedPrint:
    """One recording: the bits of `qa_engine.line.repeats`, each 32 ms."""

    bits: Bits
    calls: int = 0
    """In how many calls it was heard when it was learned."""
    example: str = ""
    """Where a person can hear it: a call and the second of it."""
    refused: bool = False
    """Somebody looked at it: it is no recording, and not to be learned again."""

    @property
    def id(self) -> str:
        return hashlib.sha256(self.bits.tobytes()).hexdigest()[:10]

    @property
    def length_ms(self) -> int:
        return len(self.bits) * FRAME_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVoices:
    """Immutable and shared by all calls."""

    recorded: tuple[RecordedPrint, ...] = ()
    agents: Mapping[str, Vector] = field(default_factory=dict)
    """By staff number."""

    @property
    def played(self) -> tuple[RecordedPrint, ...]:
        """The recordings that nobody refused."""
        return tuple(one for one in self.recorded if not one.refused)

    @property
    def version(self) -> str:
        """Changes with everything that changes a report; empty where nothing is known."""
        if not self.played and not self.agents:
            return ""
        whole = hashlib.sha256()
        for name in sorted(one.id for one in self.played):
            whole.update(name.encode())
        for agent in sorted(self.agents):
            whole.update(agent.encode() + np.round(self.agents[agent], 4).tobytes())
        return whole.hexdigest()[:12]

    def text(self) -> str:
        """As a file keeps it."""
        plain = {
            "format": FORMAT,
            "recorded": [_plain(one) for one in self.recorded],
            "agents": {
                agent: base64.b64encode(self.agents[agent].astype("<f2").tobytes()).decode()
                for agent in sorted(self.agents)
            },
        }
        return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, text: str) -> KnownVoices:
        """Raises `BadVoices`."""
        try:
            plain = json.loads(text)
            if plain["format"] != FORMAT:
                raise BadVoices("of another format")
            return cls(
                recorded=tuple(_print(one) for one in plain["recorded"]),
                agents={str(who): _vector(kept) for who, kept in plain["agents"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            raise BadVoices(str(error)) from None


NOBODY = KnownVoices()
"""Where a site keeps no such list."""


def print_of(bits: Bits, calls: int = 0, example: str = "") -> RecordedPrint:
    """`bits` [frames, bands] of -1, 0 (nothing sounds), 1; `calls`: in how many it was found."""
    return RecordedPrint(bits=np.ascontiguousarray(bits, np.int8), calls=calls, example=example)


def _plain(one: RecordedPrint) -> dict[str, Any]:
    heard = one.bits.any(axis=1)
    packed = np.packbits(np.concatenate([heard, (one.bits > 0).ravel()]))
    return {
        "id": one.id,
        "seconds": round(one.length_ms / 1000, 1),
        "calls": one.calls,
        "example": one.example,
        "refused": one.refused,
        "frames": len(one.bits),
        "bits": base64.b64encode(packed.tobytes()).decode(),
    }


def _print(plain: Mapping[str, Any]) -> RecordedPrint:
    frames = int(plain["frames"])
    packed = np.frombuffer(base64.b64decode(plain["bits"], validate=True), np.uint8)
    flat = np.unpackbits(packed)[: frames * (_WIDTH + 1)]
    if frames <= 0 or len(flat) != frames * (_WIDTH + 1):
        raise ValueError("a recording of another length than it says")
    signs = flat[frames:].reshape(frames, _WIDTH).astype(np.int8) * 2 - 1
    return RecordedPrint(
        bits=np.where(flat[:frames, None] > 0, signs, 0).astype(np.int8),
        calls=int(plain.get("calls", 0)),
        example=str(plain.get("example", "")),
        refused=bool(plain.get("refused", False)),
    )


def _vector(kept: str) -> Vector:
    vector = np.frombuffer(base64.b64decode(kept, validate=True), "<f2").astype(np.float32)
    length = float(np.linalg.norm(vector))
    if not len(vector) or not length > 0:
        raise ValueError("a voice of nothing")
    return np.asarray(vector / length, np.float32)
