"""The report of one call as frozen data: the one thing that JSON, HTML and the table are made of.

Conduct and score are the rules' own types; the rest is flattened for a reader who has neither the
phrasebook nor the audio at hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Decision, HitPart, Role, StepState, Tier
from qa_engine.meaning.answers import AnswerState, Untold
from qa_engine.prosody.measure import SILENT, Prosody
from qa_engine.rules.conduct import Conduct
from qa_engine.rules.counting import Conclusion, Effect, Reason
from qa_engine.rules.judgeable import JUDGEABLE, Judgeable
from qa_engine.rules.score import Score
from qa_engine.rules.step_result import StepInstance
from qa_engine.rules.tally import Tally, tally

SCHEMA_VERSION = "2.3"
"""Minor: something was added. Major: something a reader relies on went or changed meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRole:
    channel: int
    role: Role
    inferred: bool
    """Guessed from what was said, not stated by whoever made the recording."""
    level_dbfs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What was analysed."""

    id: str
    file: str
    """The recording's name, without its folder."""
    duration_ms: int
    sample_rate: int | None = None
    codec: str = ""
    channels: tuple[ChannelRole, ...] = ()
    script: str = ""
    script_title: str = ""
    started_at: str | None = None
    """ISO 8601, where the recording or its manifest tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWord:
    """`text` tiles the utterance's; times from the start of the call."""

    text: str
    begin_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUtterance:
    id: int
    role: Role
    channel: int
    begin_ms: int
    end_ms: int
    text: str
    confidence: float
    intelligible: bool
    """False: somebody spoke, but the text is not to be believed."""
    words: tuple[ReportWord, ...] = ()
    role_confidence: float = 1.0
    """How sure it is that `role` spoke, in [0, 1]; 0: the role is only assumed."""
    recorded: StretchKind | None = None
    """announcement or ivr: a recorded voice spoke, and it is nobody's."""
    emotion: str = ""
    """How it was said, in the recogniser's own word (such as `angry`), where it tells."""
    event: str = ""
    """What else was to be heard (such as `laughter`), where the recogniser tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHit:
    """A phrase that was found; its own place is that of the first of its `parts`."""

    id: str
    rule: str
    title: str
    source: str
    """The row of the service standard that the rule comes from, such as S1.1."""
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
    kind: str
    """forbidden, or trigger: words that change what the agent must do."""
    fatal: bool
    confidence: float
    needs_review: bool
    """It waits: no points are taken before an inspector has listened."""
    points: float
    """What it took from the score."""
    role_confidence: float = 1.0
    parts: tuple[HitPart, ...] = ()
    decision: Decision = Decision.KEPT
    certainty: float = 1.0
    """How sure the decision is, in [0, 1]."""
    reason: str = ""
    """What the decision rests on, as a short code and as a Chinese sentence."""
    reason_zh: str = ""
    effect: Effect = Effect.COUNTED
    effect_reason: Reason = Reason.NONE
    """Why it does not simply count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep:
    id: str
    title: str
    source: str
    state: StepState
    at_ms: int | None
    deadline_ms: int | None
    required: bool
    in_order: bool
    utterance: int | None
    prompt: str
    coach: str
    points: float
    """What it took from the score."""
    instances: tuple[StepInstance, ...] = ()
    unheard: bool = False
    """It may have been said: speech in its window was not understood."""
    spoiled_by: tuple[str, ...] = ()
    """Ids of hits without which it would be done: it was said in words that break a rule."""
    effect: Effect = Effect.COUNTED
    effect_reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer:
    """What a language model answered to one question of the phrasebook."""

    item: str
    title: str
    question: str
    state: AnswerState
    why: Untold = Untold.NONE
    """Why there is no answer, where there is none."""
    wrong: bool = False
    """It is the answer that takes points: `hit` is the finding made of it."""
    hit: str = ""
    reason: str = ""
    """The model's own sentence: written by a machine."""
    confidence: float = 0.0
    """As the model says it: nobody has calibrated it."""
    quotes: tuple[HitPart, ...] = ()
    """The words that the answer rests on."""
    item_version: str = ""
    model: str = ""
    fingerprint: str = ""
    """What the server calls the very build that answered."""
    prompt: str = ""
    """The version of our own words to the model."""
    transcript: str = ""
    """sha256 of the covered transcript that was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What a score needs to be reproduced."""

    engine: str
    phrasebook: str
    model: str
    audio: str
    """sha256 of the recording's bytes."""
    synthetic_model: bool = False
    scorecard: str = ""
    judge: str = ""
    """The model that weighs sentences; empty where none was used."""
    fingerprints: str = ""
    """The site's list of recorded announcements; empty where none was used."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What was asked for that changes results, such as the script and the roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWarning:
    """Something a reader must know before believing the rest."""

    code: str
    """synthetic_model, mono, duplicated, swapped, silent, unintelligible, inferred_roles …"""
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """Where every millisecond of one channel went."""

    channel: int
    fed_ms: int
    decoded_ms: int
    silent_ms: int
    dropped_ms: Mapping[str, int]
    """By reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One call, heard and judged."""

    schema_version: str = SCHEMA_VERSION
    call: CallFacts
    utterances: tuple[ReportUtterance, ...]
    hits: tuple[ReportHit, ...]
    held_back: tuple[ReportHit, ...] = ()
    """Candidates that were dropped, each with its reason."""
    steps: tuple[ReportStep, ...]
    conduct: Conduct
    judgeable: Judgeable = JUDGEABLE
    conclusion: Conclusion
    score: Score | None
    """None: the call is not judgeable."""
    versions: Versions
    warnings: tuple[ReportWarning, ...] = ()
    accounting: tuple[ChannelAccount, ...] = ()
    answers: tuple[ReportAnswer, ...] = ()
    """Of the phrasebook's questions, in its order."""
    anatomy: tuple[Stretch, ...] = ()
    """What the call is made of, in order of time; empty where nobody has looked."""
    prosody: Prosody = SILENT
    """How it sounded; it takes no points."""

    @property
    def tally(self) -> Tally:
        """How many findings of each count."""
        return tally(self.hits)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as `schema.json` describes them."""
        told: dict[str, Any] = plain(self)
        return told

    def to_json(self, *, indent: int | None = None) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


def plain(value: Any) -> Any:
    """A part of a report as JSON values: objects by field name, lists, enumerations as text."""
    # A call has thousands of words: the plain values among their fields are most of the work.
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        names = _NAMES.get(kind) or _NAMES.setdefault(kind, tuple(f.name for f in fields(value)))
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


_PLAIN = frozenset({str, int, float, bool, type(None)})

_NAMES: dict[type, tuple[str, ...]] = {}
