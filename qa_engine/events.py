"""What a call session tells: one frozen dataclass for each thing that happens.

    SessionEvent
    ├── DecodeWanted        a window of one channel should be recognised
    ├── UtteranceHeard      text of an utterance, revised under one id until final
    ├── HitChanged          a hit is provisional, confirmed, retracted or amended
    ├── StepHeard           the words of a step were said (the step tracker decides what it means)
    ├── StepChanged         a required step is pending, done, late, missed, not applicable
    ├── ConductNoticed      too fast, dead air, an interruption
    └── CallEnded           everything is decided; the report can be written

Times are integer milliseconds from the start of the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.recogniser import Samples, Word
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.prosody.contour import Contour


class Role(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"


class Tier(StrEnum):
    EXACT = "exact"
    HOMOPHONE = "homophone"
    FUZZY = "fuzzy"
    MEANING = "meaning"
    """No pattern matches; the judge finds that the sentence means it. For inspectors only."""
    ASKED = "asked"
    """A language model's answer to a question of the phrasebook, with the words it quotes."""
    PERSON = "person"
    """Nothing found it: an inspector marked the words."""


class HitState(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    RETRACTED = "retracted"


class Decision(StrEnum):
    """判定: what the sentence and what was said around it make of a phrase that was found.

    A dropped one is never a hit: it stands in `held_back`, with its reason.
    """

    KEPT = "kept"
    DOUBTFUL = "doubtful"
    DROPPED = "dropped"


class StepState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    LATE = "late"
    MISSED = "missed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One speaker's stretch between pauses. `words` tile `text`; `revision` counts from 0."""

    id: int
    role: Role
    channel: int
    begin_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    """Times here are from the start of the call, not of the window."""
    confidence: float = 1.0
    intelligible: bool = True
    is_final: bool = True
    revision: int = 0
    stable_chars: int = 0
    """How many leading characters of `text` will not change any more (all of them when final)."""
    level_dbfs: float | None = None
    """Mean power of the speech in dB below full scale; None where nobody measured it."""
    role_confidence: float = 1.0
    """How sure it is that `role` spoke, in [0, 1]; 0: the role is only assumed."""
    sent_ms: int | None = None
    """Of a chat: when it was sent, by the chat's own clock."""
    recorded: StretchKind | None = None
    """The announcement or menu that a recorded voice spoke: then it is nobody's."""
    contour: Contour | None = None
    """Pitch and loudness from `begin_ms` on, of a final whose sound was heard."""
    emotion: str = ""
    """How it was said, in the recogniser's own word (such as `angry`), where it tells."""
    event: str = ""
    """What else was to be heard (such as `laughter`), where the recogniser tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitPart:
    """The words of a hit in one utterance; `begin_char`/`end_char` index its original text."""

    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
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
    tier: Tier
    score: float
    why: str
    suggest: tuple[str, ...]
    coach: str
    severity: str
    audience: str
    kind: str
    fatal: bool
    confidence: float
    """How sure the recogniser was of the words, in [0, 1]."""
    role_confidence: float = 1.0
    """How sure it is that `role` said it, in [0, 1]."""
    parts: tuple[HitPart, ...] = ()
    """In order of time; filled from the single fields where one utterance holds it all."""
    decision: Decision = Decision.KEPT
    certainty: float = 1.0
    """How sure the decision is, in [0, 1]."""
    reason: str = ""
    """A short code of what the decision rests on; empty where nothing spoke against the hit."""
    reason_zh: str = ""
    """The same as one Chinese sentence."""

    def __post_init__(self) -> None:
        if not self.parts:
            part = HitPart(
                utterance=self.utterance,
                begin_char=self.begin_char,
                end_char=self.end_char,
                begin_ms=self.begin_ms,
                end_ms=self.end_ms,
            )
            object.__setattr__(self, "parts", (part,))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent:
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeWanted(SessionEvent):
    """Recognise `samples` (float32, 16 kHz) and answer with `CallSession.decoded`."""

    window_id: int
    utterance: int
    channel: int
    begin_ms: int
    samples: Samples
    final: bool
    paused: bool = False
    """A partial that a pause asked for: most such pauses are the end."""

    @property
    def length_ms(self) -> int:
        return len(self.samples) // 16

    @property
    def end_ms(self) -> int:
        return self.begin_ms + self.length_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeUnwanted(SessionEvent):
    """Partials that were asked for, of an utterance that ended without being worth recognising.

    No final of it follows. Recognising them leads to nothing: an answer is passed over.
    """

    window_ids: tuple[int, ...]
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceHeard(SessionEvent):
    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class HitChanged(SessionEvent):
    state: HitState
    hit: Hit
    amended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHeard(SessionEvent):
    """The words of `step` lie in an utterance, said by the role that must say them.

    One fact per (step, utterance): a later event of the same pair replaces the earlier one.
    `state` is provisional while the utterance may still be revised, confirmed when it is final,
    and retracted when a revision took the words away.
    """

    step: str
    utterance: int
    role: Role
    begin_ms: int
    end_ms: int
    score: float
    state: HitState = HitState.CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChanged(SessionEvent):
    step: str
    state: StepState
    source: str
    deadline_ms: int | None
    utterance: int | None = None
    unheard: bool = False
    """Speech in its window was not understood: it may have been said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductNoticed(SessionEvent):
    check: str
    role: Role | None
    value: float
    limit: float
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(SessionEvent):
    duration_ms: int
    sounds: tuple[Stretch, ...] = ()
    """Tones and music, where somebody listened for them."""
