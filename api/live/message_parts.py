"""What messages are made of: the words, hits, steps and sounds that they carry."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

PROTOCOL = 2
Role = Literal["agent", "customer"]
Severity = Literal["low", "medium", "high", "critical"]
Conclusion = Literal["passed", "failed", "to_review", "not_judgeable"]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def wire(self) -> str:
        """The JSON that goes over the socket."""
        return self.model_dump_json(exclude_none=True)


class OfCall(Message):
    call_id: str
    seq: int = 0
    at_ms: int = 0


class Word(Message):
    """A character, or a run of Latin letters or digits."""

    text: str
    begin_ms: int
    end_ms: int
    confidence: float


class Contour(Message):
    """A point every 80 ms from the utterance's `begin_ms` on."""

    pitch_hz: tuple[int, ...]
    """0: no pitch."""
    level_dbfs: tuple[int, ...]
    noise_dbfs: float | None = None
    """Of the line around it."""


class Utterance(Message):
    id: int
    role: Role
    channel: int
    begin_ms: int
    end_ms: int
    text: str
    stable_chars: int
    """Leading characters that will not change any more."""
    is_final: bool
    revision: int
    confidence: float
    intelligible: bool
    level_dbfs: float | None = None
    """How loud the speech was."""
    role_confidence: float = 1.0
    """How sure it is that `role` spoke; 0: the role is only assumed."""
    sent_ms: int | None = None
    """Of a chat: when it was sent."""
    words: tuple[Word, ...] | None = None
    """Of final texts."""
    contour: Contour | None = None
    """How it sounded, of final texts."""
    emotion: str = ""
    """How it was said, in the recogniser's own word, where it tells."""
    event: str = ""
    """What else was to be heard, where the recogniser tells."""


class HitPart(Message):
    """The words of a hit in one utterance."""

    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int


class Hit(Message):
    """A phrase that was found; its own place is that of the first of its `parts`."""

    id: str
    rule: str
    source: str
    phrase: str
    role: Role
    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int
    heard: str
    quote: str
    tier: Literal["exact", "homophone", "fuzzy", "meaning"]
    score: float
    confidence: float
    why: str
    suggest: tuple[str, ...]
    coach: str
    severity: Severity
    audience: Literal["agent", "supervisor", "review"]
    kind: Literal["forbidden", "trigger"]
    fatal: bool
    role_confidence: float = 1.0
    parts: tuple[HitPart, ...] = ()
    decision: Literal["kept", "doubtful"] = "kept"
    reason: str = ""
    reason_zh: str = ""
    effect: Literal["counted", "waiting", "not_counted"] = "counted"
    effect_reason: str = ""
    """Why it does not simply count."""


class ScriptStep(Message):
    id: str
    title: str
    prompt: str
    """The sentence to say."""
    required: bool
    due: bool
    """Required whatever happens; others are told of when something makes them due."""
    source: str


class Lag(Message):
    """Milliseconds from a word's end reaching the server to the message about it."""

    count: int
    p50_ms: int
    p95_ms: int


class Judgeable(Message):
    """Whether the call can be judged, and if not, why."""

    state: Literal["judgeable", "not_judgeable"] = "judgeable"
    reason: str = ""
    message_zh: str = ""


class Sound(Message):
    """Tones (`ring`), `music`, a recorded voice that says the same again (`ivr`), or lost sound
    (`missing`).
    """

    kind: str
    channel: int | None = None
    begin_ms: int
    end_ms: int
