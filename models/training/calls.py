"""Whole telephone calls with truth: who says what, when, down to the character.

The agent is on the left channel, the customer on the right; each channel has a line of its own
(noise floor, band, G.711) and may carry a little of the other one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.training import voices
from models.training.channel import RATE, Samples, TelephoneLine, transmit
from models.training.espeak import VoiceManner
from models.training.samples import SpokenSentence, say

SpeakerRole = Literal["agent", "customer"]
ROLES: tuple[SpeakerRole, SpeakerRole] = ("agent", "customer")
AFTER_THE_CALL_S = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTurn:
    """One speaker's stretch. ``pause_ms`` is silence before it; negative talks into the last."""

    role: SpeakerRole
    text: str
    pause_ms: int = 500
    rate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A voice for one role: espeak variant, manner, vocal-tract factor."""

    voice: str
    manner: VoiceManner = field(default_factory=VoiceManner)
    tract: float = 1.0

    @staticmethod
    def draw(r: random.Random, *, held_out: bool = True) -> Caller:
        """A caller at an everyday pace, from the voices that training never heard."""
        pool = voices.HELD_OUT_VOICES if held_out else voices.training_voices()
        manner = VoiceManner(
            rate=r.randint(160, 235), pitch=r.randint(30, 70), pitch_range=r.randint(35, 70)
        )
        return Caller(voice=r.choice(pool), manner=manner, tract=r.uniform(0.94, 1.06))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """``samples`` [2, n] float32 at 8 kHz; ``utterances`` in order of beginning."""

    samples: npt.NDArray[np.float32]
    utterances: tuple[dict[str, Any], ...]

    @property
    def seconds(self) -> float:
        return int(self.samples.shape[1]) / RATE

    def truth(self) -> dict[str, Any]:
        return {"duration_ms": round(self.seconds * 1000), "utterances": list(self.utterances)}


def _spoken(turn: ScriptedTurn, caller: Caller) -> SpokenSentence:
    manner = caller.manner
    if turn.rate is not None:
        manner = VoiceManner(rate=turn.rate, pitch=manner.pitch, pitch_range=manner.pitch_range)
    said = say(turn.text, voices.full_name(caller.voice), manner, caller.tract)
    if said is None:
        raise ValueError(f"a turn of the {turn.role} cannot be spoken: its syllables do not match")
    return said


def _utterance(turn: ScriptedTurn, said: SpokenSentence, begin_s: float) -> dict[str, Any]:
    def ms(t: float) -> int:
        return round((begin_s + t) * 1000)

    return {
        "role": turn.role,
        "begin_ms": ms(said.times[0][0]),
        "end_ms": ms(said.times[-1][1]),
        "text": turn.text,
        "characters": [
            {"text": c, "begin_ms": ms(a), "end_ms": ms(b)}
            for c, (a, b) in zip(said.text, said.times, strict=True)
        ],
    }


def default_line(r: random.Random) -> TelephoneLine:
    """A usual line: 18-32 dB above its noise, sometimes a little room."""
    room = r.random() < 0.3
    return TelephoneLine(
        law=r.choice(("mu", "a")),
        level_db=r.uniform(-14, -4),
        noise_db=r.uniform(18, 32),
        noise=r.choice(("white", "pink", "pink", "hum")),
        tilt_db=r.uniform(-3, 3),
        room_s=r.uniform(0.05, 0.2) if room else 0.0,
        room_mix=r.uniform(0.05, 0.2) if room else 0.0,
        clicks=r.randint(0, 2) if r.random() < 0.2 else 0,
    )


def render_call(
    turns: Sequence[ScriptedTurn],
    callers: Mapping[SpeakerRole, Caller],
    *,
    seed: int = 0,
    lines: Mapping[SpeakerRole, TelephoneLine] | None = None,
    crosstalk_db: float | None = None,
    lead_ms: int = 600,
) -> Call:
    """Speak ``turns`` one after another and send both channels over their lines.

    ``crosstalk_db`` (say -35) lets that much of each channel leak into the other.
    """
    r = random.Random(seed)
    placed: list[tuple[ScriptedTurn, SpokenSentence, float]] = []
    at = lead_ms / 1000
    for i, turn in enumerate(turns):
        said = _spoken(turn, callers[turn.role])
        begin = max(0.0, at + (turn.pause_ms / 1000 if i else 0.0))
        placed.append((turn, said, begin))
        at = max(at, begin + said.seconds)
    n = int((at + AFTER_THE_CALL_S) * RATE)
    clean: dict[SpeakerRole, Samples] = {role: np.zeros(n, np.float32) for role in ROLES}
    for turn, said, begin in placed:
        first = int(begin * RATE)
        piece = said.samples[: n - first]
        peak = float(np.abs(piece).max()) + 1e-9
        clean[turn.role][first : first + len(piece)] += piece / peak * 0.7
    if crosstalk_db is not None:
        leak = np.float32(10 ** (crosstalk_db / 20))
        agent, customer = (clean[role].copy() for role in ROLES)
        clean["agent"] += leak * customer
        clean["customer"] += leak * agent
    rng = np.random.default_rng(seed)
    channels = [
        transmit(clean[role], (lines or {}).get(role) or default_line(r), rng) for role in ROLES
    ]
    utterances = sorted(
        (_utterance(t, s, b) for t, s, b in placed), key=lambda u: int(u["begin_ms"])
    )
    return Call(samples=np.stack(channels), utterances=tuple(utterances))


def write_flac(call: Call, path: Path) -> None:
    """Save as 8 kHz stereo FLAC, 16 bit, through PyAV."""
    import av

    pcm = np.clip(call.samples * 32767, -32768, 32767).astype(np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="stereo")
        block = 4096
        for first in range(0, pcm.shape[1], block):
            piece = np.ascontiguousarray(pcm[:, first : first + block].T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="stereo")
            frame.sample_rate = RATE
            frame.pts = first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
