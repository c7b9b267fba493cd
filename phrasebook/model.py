"""What a phrasebook says, as frozen data: entries (禁用语), steps (步骤), scripts (流程), lists.

Nothing here knows how text is matched or how a call is heard; times are integer milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from phrasebook.ask import Ask
from phrasebook.conditions import Condition
from phrasebook.limits import Limit, Times
from phrasebook.pattern import Pattern
from phrasebook.scorecard import Charge, Scorecard, ScoreItem
from phrasebook.spoken_record import SpokenRecord
from phrasebook.terms import (
    ALL_FRAMES,
    Audience,
    Frame,
    Kind,
    Severity,
    Speaker,
    Strictness,
    When,
    Where,
)

__all__ = [
    "ALL_FRAMES",
    "AnatomyNames",
    "Anchor",
    "AnchorKind",
    "Ask",
    "Audience",
    "Charge",
    "ConductLimits",
    "Entry",
    "Exception_",
    "Frame",
    "JudgeableLimits",
    "Kind",
    "Phrasebook",
    "Relation",
    "ScoreItem",
    "Scorecard",
    "Script",
    "Severity",
    "Speaker",
    "Step",
    "Strictness",
    "Tests",
    "When",
    "Where",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exception_:
    """A pattern that excuses a hit: it covers the hit's span, or stands within `near_chars`."""

    pattern: Pattern
    near_chars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Another utterance that must stand before or after the hit: `say` by `who`, within a time."""

    say: tuple[Pattern, ...]
    who: Speaker = Speaker.ANY
    within_ms: int = 60_000
    within_turns: int | None = None
    """So many turns of whoever speaks later, instead of a time."""
    excuses: bool = False
    """True under `unless`: the other utterance excuses the hit; False: it is required for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    hit: tuple[str, ...] = ()
    miss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule: ways of saying a thing, and what to say instead."""

    id: str
    title: str
    say: tuple[Pattern, ...]
    maybe: tuple[Pattern, ...] = ()
    """Words that mean it in some sentences only: a hit where the judge of sentences is sure."""
    who: Speaker = Speaker.AGENT
    kind: Kind = Kind.FORBIDDEN
    when: When | None = None
    unless: tuple[Exception_, ...] = ()
    before: tuple[Relation, ...] = ()
    after: tuple[Relation, ...] = ()
    skip_quoted: bool = True
    frames: frozenset[Frame] = ALL_FRAMES
    """Frames that excuse a hit, quotation apart."""
    strict: Strictness = Strictness.NORMAL
    suggest: tuple[str, ...] = ()
    coach: str = ""
    severity: Severity = Severity.MEDIUM
    audience: Audience = Audience.AGENT
    points: float = 0.0
    fatal: bool = False
    voids_steps: bool = False
    """Steps said in the same utterance count for nothing."""
    source: str = ""
    condition: Condition | None = None
    """`if`: the rule applies only where this is known to be true."""
    times: Times | None = None
    limit: Limit | None = None
    record: SpokenRecord | None = None
    """A hit only where something else is said than the call's record tells."""
    tests: Tests = field(default_factory=Tests)
    where: Where


class AnchorKind(StrEnum):
    CALL_START = "call_start"
    CALL_END = "call_end"
    STEP = "step"
    HIT = "hit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What a step's window hangs on; `ref` is a step id or an entry id (any hit of it), `also`
    are further entries whose hits do as well."""

    kind: AnchorKind
    ref: str = ""
    also: tuple[str, ...] = ()

    @property
    def refs(self) -> tuple[str, ...]:
        """Every step or entry that it hangs on."""
        return (self.ref, *self.also) if self.ref else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An obligation: one of `say`, by `who`, within a window on an anchor.

    The window opens `from_ms` after the anchor and closes `within_ms` after it (both may be
    negative: a closing is within -30 s of the call's end). Said after the window: late. An anchor
    that never happens makes the step not applicable.
    """

    id: str
    title: str
    say: tuple[Pattern, ...]
    who: Speaker = Speaker.AGENT
    anchor: Anchor
    from_ms: int = 0
    within_ms: int | None = None
    within_turns: int | None = None
    """So many turns of whoever owes it, instead of a time."""
    after: tuple[str, ...] = ()
    """Steps that must be done before this one for the order to be right."""
    unless: tuple[Exception_, ...] = ()
    required: bool = True
    prompt: str = ""
    """The sentence to say, shown to the agent."""
    coach: str = ""
    strict: Strictness = Strictness.LOOSE
    severity: Severity = Severity.MEDIUM
    points: float = 0.0
    fatal: bool = False
    source: str = ""
    condition: Condition | None = None
    """`if`: the step is asked for only where this is known to be true."""
    record: SpokenRecord | None = None
    """It is done only where this is said, too, as the call's record tells it."""
    tests: Tests = field(default_factory=Tests)
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """流程: the steps, in order, that a kind of call must hold."""

    id: str
    title: str
    steps: tuple[str, ...]
    condition: Condition | None = None
    """`if`: the calls that this script is for, where nobody names one."""
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductLimits:
    """行为 (service-standard S5): the limits a call is held to. Times in ms, rates per minute."""

    rate_low_cpm: int = 120
    rate_high_cpm: int = 260
    silence_ms: int = 15_000
    interruptions: int = 3
    interruption_overlap_ms: int = 600
    turn_max_ms: int = 60_000
    talk_share_high: float = 0.85
    volume_low_dbfs: float = -42.0
    volume_high_dbfs: float = -6.0
    handle_time_ms: int = 360_000
    repeat_limit: int = 3
    hold_ms: int = 180_000
    """How long a hold may last where the agent did not say how long it would take."""
    response_ms: int = 60_000
    """Of a chat: how long a customer may wait for the next line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeableLimits:
    """可评: what a call must hold to be judged. Times of speech in ms, shares of it in [0, 1]."""

    call_ms: int = 3_000
    """A shorter call is too short."""
    speech_ms: int = 2_000
    """With less speech of everybody together it is too short."""
    party_ms: int = 500
    """With less speech of one side there was only the other."""
    unclear_share: float = 0.5
    """With more speech that was not understood nobody knows what was said."""
    unknown_share: float = 0.3
    """With more speech of an unknown speaker nobody knows who said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnatomyNames:
    """What of a pack tells the parts of a call apart: names of lists, and of one step.

    An empty name: the pack does not say.
    """

    announcement: str = ""
    """The list of what a carrier's recorded voice says."""
    ivr: str = ""
    """The list of what menus and notices of a recorded voice say."""
    queue: str = ""
    """The list of what a recorded voice says to those who wait."""
    hold: str = ""
    """The step by which an agent opens a hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodRules:
    """情绪: rules whose words, in a tense voice, tell the supervisor of somebody's mood.

    Ids of entries, or prefixes ending in `*`.
    """

    angry: tuple[str, ...] = ()
    """What a customer says who is getting angry."""
    impatient: tuple[str, ...] = ()
    """What an agent says who is losing patience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasebook:
    """A loaded, checked pack. `version` is the pack's own number plus the hash of its content."""

    name: str
    version: str
    entries: tuple[Entry, ...]
    steps: tuple[Step, ...] = ()
    asks: tuple[Ask, ...] = ()
    scripts: tuple[Script, ...] = ()
    lists: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    """Named ones, which others may use."""
    conduct: ConductLimits = field(default_factory=ConductLimits)
    judgeable: JudgeableLimits = field(default_factory=JudgeableLimits)
    anatomy: AnatomyNames = field(default_factory=AnatomyNames)
    moods: MoodRules = field(default_factory=MoodRules)
    scorecard: Scorecard = field(default_factory=Scorecard)
    default_script: str = ""
    hotwords: str = ""
    """Names and terms of the site's own, a space between two, for the recogniser to expect."""
