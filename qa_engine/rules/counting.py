"""What a finding does: it counts, it waits for a person, or it does not count; and why.

Everything that could change the answer is asked here: score, prompts, alerts, boards, exports and
reviews take what `standing_of_hit`, `standing_of_step` and `with_verdict` say. Whether a call
passes is told by `conclude` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from phrasebook.model import Audience
from qa_engine.events import Decision, Hit, Tier

__all__ = [
    "COUNTED",
    "REASON_ZH",
    "UNSURE_WORDS_BELOW",
    "Conclusion",
    "Effect",
    "Reason",
    "Standing",
    "conclude",
    "conclusion_of",
    "is_speaker_known",
    "is_told_live",
    "standing_of_hit",
    "standing_of_step",
    "with_verdict",
]

UNSURE_WORDS_BELOW = 0.45
"""What rests on words less sure than this waits for a person."""

FATAL_CERTAINTY = 0.9
"""A fatal finding counts by itself only when the decision is at least this sure …"""

FATAL_CONFIDENCE = 0.7
"""… and the recogniser was at least this sure of the words."""

SURE_TIERS = frozenset({Tier.EXACT, Tier.HOMOPHONE})

SPEAKER_KNOWN_FROM = 0.5
"""Below this confidence nobody knows who spoke."""


class Effect(StrEnum):
    COUNTED = "counted"
    WAITING = "waiting"
    """A person decides first."""
    NOT_COUNTED = "not_counted"


class Reason(StrEnum):
    """Why a finding does not simply count."""

    NONE = ""
    DROPPED = "dropped"
    DOUBTFUL = "doubtful"
    MEANING = "meaning"
    """Found by its meaning alone: only a person can make it count."""
    REVIEW_ONLY = "review_only"
    """Its rule is on trial: the phrasebook shows it to inspectors only."""
    ON_TRIAL = "on_trial"
    """A language model's answer to a question whose precision is not proven."""
    FATAL_UNSURE = "fatal_unsure"
    UNHEARD = "unheard"
    UNKNOWN_SPEAKER = "unknown_speaker"
    NOT_JUDGEABLE = "not_judgeable"
    LATE = "late"
    CHARGED_ONCE = "charged_once"
    """The same breach was charged already, by this rule or by another."""
    OVERTURNED = "overturned"


REASON_ZH: Mapping[Reason, str] = {
    Reason.NONE: "",
    Reason.DROPPED: "结合上下文判断不成立",
    Reason.DOUBTFUL: "判断不够确定，等待人工复核",
    Reason.MEANING: "按意思找到，没有命中话术，人工确认后才扣分",
    Reason.REVIEW_ONLY: "该规则仅供复核，人工确认后才扣分",
    Reason.ON_TRIAL: "提问项试行中，人工确认后才扣分",
    Reason.FATAL_UNSURE: "致命项须确认无误，等待人工复核",
    Reason.UNHEARD: "这段没有听清，不等于没有说",
    Reason.UNKNOWN_SPEAKER: "不能确定是谁说的，不扣分",
    Reason.NOT_JUDGEABLE: "通话不可评，不计分",
    Reason.LATE: "识别过晚，不再提示",
    Reason.CHARGED_ONCE: "同一处问题只扣一次",
    Reason.OVERTURNED: "人工复核判为不成立",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a finding does, and why where it does not simply count."""

    effect: Effect
    reason: Reason = Reason.NONE

    @property
    def counts(self) -> bool:
        return self.effect is Effect.COUNTED

    @property
    def waits(self) -> bool:
        return self.effect is Effect.WAITING

    @property
    def holds_up(self) -> bool:
        """Whether a call does not pass before a person has judged this finding, if it is fatal."""
        return self.waits and self.reason not in (Reason.MEANING, Reason.ON_TRIAL)


COUNTED = Standing(Effect.COUNTED)


class Conclusion(StrEnum):
    """What became of a call: 合格, 不合格, 待复核, 不可评."""

    PASSED = "passed"
    FAILED = "failed"
    TO_REVIEW = "to_review"
    NOT_JUDGEABLE = "not_judgeable"


def standing_of_hit(hit: Hit, *, judgeable: bool = True) -> Standing:
    """What a hit does as far as the machine can tell; `judgeable`: whether its call is."""
    if hit.decision is Decision.DROPPED:
        return Standing(Effect.NOT_COUNTED, Reason.DROPPED)
    if not is_speaker_known(hit.role_confidence):
        return Standing(Effect.NOT_COUNTED, Reason.UNKNOWN_SPEAKER)
    if not judgeable:
        return Standing(Effect.NOT_COUNTED, Reason.NOT_JUDGEABLE)
    if hit.tier is Tier.MEANING:
        return Standing(Effect.WAITING, Reason.MEANING)
    if hit.tier is Tier.ASKED and hit.audience == Audience.REVIEW:
        return Standing(Effect.WAITING, Reason.ON_TRIAL)
    if hit.decision is Decision.DOUBTFUL or hit.confidence < UNSURE_WORDS_BELOW:
        return Standing(Effect.WAITING, Reason.DOUBTFUL)
    if hit.audience == Audience.REVIEW:
        return Standing(Effect.WAITING, Reason.REVIEW_ONLY)
    if hit.fatal and not is_sure(hit):
        return Standing(Effect.WAITING, Reason.FATAL_UNSURE)
    return COUNTED


def standing_of_step(*, unheard: bool, fatal: bool = False, judgeable: bool = True) -> Standing:
    """What a step does that was missed, late or out of order; `unheard`: it may have been said."""
    if not judgeable:
        return Standing(Effect.NOT_COUNTED, Reason.NOT_JUDGEABLE)
    if not unheard:
        return COUNTED
    return Standing(Effect.WAITING if fatal else Effect.NOT_COUNTED, Reason.UNHEARD)


def is_sure(hit: Hit) -> bool:
    """Sure enough to make a score 0 without a person: said so, or so that it sounds the same."""
    return (
        hit.tier in SURE_TIERS
        and hit.certainty >= FATAL_CERTAINTY
        and hit.confidence >= FATAL_CONFIDENCE
    )


def is_speaker_known(confidence: float) -> bool:
    """Whether a confidence in [0, 1] is enough to charge somebody."""
    return confidence >= SPEAKER_KNOWN_FROM


def is_told_live(standing: Standing) -> bool:
    """Whether agent and supervisor may see a finding while the call runs.

    A fatal one that waits was said as far as the machine can tell: the agent can still mend it.
    """
    return standing.counts or standing.reason is Reason.FATAL_UNSURE


def with_verdict(standing: Standing, right: bool | None) -> Standing:
    """What a finding does after an inspector's verdict (None: nobody has judged it)."""
    if right is None or standing.reason is Reason.NOT_JUDGEABLE:
        return standing
    return COUNTED if right else Standing(Effect.NOT_COUNTED, Reason.OVERTURNED)


def conclude(
    total: float | None, pass_score: float, *, fatal: bool, fatal_waits: bool
) -> Conclusion:
    """`total` None: the call has no score. While a fatal finding waits, no call passes or fails."""
    if total is None:
        return Conclusion.NOT_JUDGEABLE
    if fatal:
        return Conclusion.FAILED
    if fatal_waits:
        return Conclusion.TO_REVIEW
    return Conclusion.PASSED if total >= pass_score else Conclusion.FAILED


def conclusion_of(score: float | None, passed: bool | None) -> Conclusion:
    """A conclusion as it is kept: by a score and a flag, either of which may be missing."""
    if score is None:
        return Conclusion.NOT_JUDGEABLE
    if passed is None:
        return Conclusion.TO_REVIEW
    return Conclusion.PASSED if passed else Conclusion.FAILED
