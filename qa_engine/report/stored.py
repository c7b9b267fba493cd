"""A report as plain JSON values, typed: what `Report.to_dict` gives and the store keeps.

Pages, sheets and exports read calls of years ago in this form. Keys that are `NotRequired` may be
missing there: fields that came later, words that a purge took, marks of the people who judged.
Everything else is there always. Values of enumerations stand as their text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from qa_engine.report.stored_conduct import StoredConduct


class StoredPart(TypedDict):
    """Words in one utterance, by characters of its text and by milliseconds of the call."""

    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int


class StoredWord(TypedDict):
    text: str
    begin_ms: int
    end_ms: int
    confidence: NotRequired[float]


class StoredUtterance(TypedDict):
    id: int
    role: str
    channel: int
    begin_ms: int
    end_ms: int
    text: str
    intelligible: bool
    confidence: NotRequired[float]
    words: NotRequired[list[StoredWord]]
    role_confidence: NotRequired[float]
    recorded: NotRequired[str | None]
    emotion: NotRequired[str]
    event: NotRequired[str]


class StoredHit(TypedDict):
    """`tier` is `person` for what people found."""

    id: str
    rule: str
    title: str
    source: NotRequired[str]
    phrase: NotRequired[str]
    role: str
    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int
    heard: NotRequired[str]
    quote: NotRequired[str]
    tier: str
    score: float
    why: NotRequired[str]
    suggest: NotRequired[list[str]]
    coach: NotRequired[str]
    severity: str
    kind: str
    fatal: bool
    confidence: float
    needs_review: bool
    points: float
    role_confidence: NotRequired[float]
    parts: NotRequired[list[StoredPart]]
    decision: NotRequired[str]
    certainty: NotRequired[float]
    reason: NotRequired[str]
    reason_zh: NotRequired[str]
    effect: NotRequired[str]
    effect_reason: NotRequired[str]


class StoredOccasion(TypedDict):
    """One occasion on which a step was due."""

    state: str
    trigger_ms: int | None
    opens_ms: NotRequired[int | None]
    deadline_ms: NotRequired[int | None]
    at_ms: NotRequired[int | None]
    utterance: NotRequired[int | None]
    in_order: NotRequired[bool]
    unheard: NotRequired[bool]
    spoiled_by: NotRequired[list[str]]


class StepFlags(TypedDict):
    """What a step comes to besides its state."""

    unheard: bool
    effect: str
    in_order: bool


class StoredStep(TypedDict):
    id: str
    title: str
    source: NotRequired[str]
    state: str
    at_ms: int | None
    deadline_ms: NotRequired[int | None]
    required: NotRequired[bool]
    in_order: NotRequired[bool]
    utterance: NotRequired[int | None]
    prompt: NotRequired[str]
    coach: NotRequired[str]
    points: NotRequired[float]
    instances: NotRequired[list[StoredOccasion]]
    unheard: NotRequired[bool]
    spoiled_by: NotRequired[list[str]]
    effect: NotRequired[str]
    effect_reason: NotRequired[str]
    machine_state: NotRequired[str]
    """What the machine said, where people judged otherwise."""
    machine_flags: NotRequired[StepFlags]


class StoredDeduction(TypedDict):
    points: float
    kind: str
    evidence: str
    title: str
    reason: str
    at_ms: int | None


class StoredItem(TypedDict):
    id: str
    title: str
    group: str
    points: float
    earned: float | None
    deductions: list[StoredDeduction]
    waiting: NotRequired[list[StoredDeduction]]
    bonus: NotRequired[float]
    additions: NotRequired[list[StoredDeduction]]
    manual: NotRequired[bool]


class StoredScore(TypedDict):
    total: float
    out_of: NotRequired[float]
    pass_score: NotRequired[float]
    passed: bool | None
    items: list[StoredItem]
    fatal: NotRequired[list[StoredDeduction]]
    fatal_waiting: NotRequired[list[StoredDeduction]]
    to_give: NotRequired[float]


class StoredAnswer(TypedDict):
    """A language model's answer to a question of the phrasebook."""

    item: str
    title: str
    question: str
    state: str
    why: NotRequired[str]
    wrong: NotRequired[bool]
    hit: NotRequired[str]
    reason: NotRequired[str]
    confidence: NotRequired[float]
    quotes: NotRequired[list[StoredPart]]
    item_version: NotRequired[str]
    model: NotRequired[str]
    fingerprint: NotRequired[str]
    prompt: NotRequired[str]
    transcript: NotRequired[str]


class StoredStretch(TypedDict):
    """A part of the call that is of one kind: ring-back, music, speech."""

    kind: str
    begin_ms: int
    end_ms: int
    channel: int | None


class StoredVersions(TypedDict):
    engine: str
    phrasebook: str
    model: str
    audio: str
    synthetic_model: NotRequired[bool]
    scorecard: NotRequired[str]
    judge: NotRequired[str]
    fingerprints: NotRequired[str]
    settings: NotRequired[Mapping[str, str]]


class StoredChannel(TypedDict):
    channel: int
    role: str
    inferred: bool
    level_dbfs: NotRequired[float | None]


class StoredCall(TypedDict):
    """What was analysed."""

    id: str
    file: str
    duration_ms: int
    sample_rate: NotRequired[int | None]
    codec: NotRequired[str]
    channels: NotRequired[list[StoredChannel]]
    script: NotRequired[str]
    script_title: NotRequired[str]
    started_at: NotRequired[str | None]


class StoredJudgeable(TypedDict):
    state: str
    reason: str
    message_zh: NotRequired[str]


class StoredWarning(TypedDict):
    code: str
    message: str
    message_zh: str


class StoredAccount(TypedDict):
    """Where every millisecond of one channel went."""

    channel: int
    fed_ms: int
    decoded_ms: int
    silent_ms: int
    dropped_ms: Mapping[str, int]


class StoredReport(TypedDict):
    """One call, heard and judged."""

    schema_version: NotRequired[str]
    call: NotRequired[StoredCall]
    utterances: list[StoredUtterance]
    hits: list[StoredHit]
    held_back: NotRequired[list[StoredHit]]
    steps: list[StoredStep]
    conduct: StoredConduct
    judgeable: NotRequired[StoredJudgeable]
    conclusion: NotRequired[str]
    score: StoredScore | None
    versions: NotRequired[StoredVersions]
    warnings: NotRequired[list[StoredWarning]]
    accounting: NotRequired[list[StoredAccount]]
    answers: NotRequired[list[StoredAnswer]]
    anatomy: NotRequired[list[StoredStretch]]
    prosody: NotRequired[Mapping[str, Any]]
