"""The precision loop: what inspectors' verdicts say of each rule, and what to do about it.

A rule is demoted a step at a time (prompt → silent flag → off) when even the top of its interval
lies below its floor; when the bottom lies above the ceiling its hits may close without review.
These are proposals: nothing changes until a person edits the phrasebook.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from api.review.boards.wilson import Share
from api.store.verdicts import Verdict, VerdictCount
from phrasebook import Phrasebook
from phrasebook.model import Ask, Audience, Entry


class Proposal(StrEnum):
    KEEP = "keep"
    SILENCE = "silence"
    SWITCH_OFF = "switch_off"
    CLOSE_WITHOUT_REVIEW = "close_without_review"
    MORE_VERDICTS = "more_verdicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionPolicy:
    """`floor`: the least precision a rule may have while agents see it; `ceiling`: the precision
    from which nobody need look; `least`: verdicts before anything is proposed."""

    floor: float = 0.8
    ceiling: float = 0.95
    least: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePrecision:
    """One rule as its inspectors see it. `recall` counts the places they marked as missed."""

    rule: str
    title: str
    precision: Share
    recall: Share
    proposal: Proposal


def rule_precision(
    book: Phrasebook, verdicts: Iterable[Verdict], policy: PrecisionPolicy | None = None
) -> list[RulePrecision]:
    """Every rule of the phrasebook, those to act on first."""
    told = (
        VerdictCount(rule=one.rule, missed=one.missed, right=one.right, times=1) for one in verdicts
    )
    return counted_precision(book, told, policy)


def counted_precision(
    book: Phrasebook, counts: Iterable[VerdictCount], policy: PrecisionPolicy | None = None
) -> list[RulePrecision]:
    """The same of verdicts that the database added up."""
    policy = policy or PrecisionPolicy()
    right: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for count in counts:
        if count.missed:
            missed[count.rule] += count.times * count.right
        else:
            judged[count.rule] += count.times
            right[count.rule] += count.times * count.right
    rules: list[Entry | Ask] = [*book.entries, *book.asks]
    rows = [
        _row(
            rule,
            Share(right[rule.id], judged[rule.id]),
            missed[rule.id],
            policy,
        )
        for rule in rules
    ]
    return sorted(rows, key=lambda row: (_URGENCY[row.proposal], row.precision.high, row.rule))


_URGENCY = {
    proposal: n
    for n, proposal in enumerate(
        (
            Proposal.SWITCH_OFF,
            Proposal.SILENCE,
            Proposal.CLOSE_WITHOUT_REVIEW,
            Proposal.KEEP,
            Proposal.MORE_VERDICTS,
        )
    )
}


def _row(
    rule: Entry | Ask, precision: Share, missed: int, policy: PrecisionPolicy
) -> RulePrecision:
    return RulePrecision(
        rule=rule.id,
        title=rule.title,
        precision=precision,
        recall=Share(precision.part, precision.part + missed),
        proposal=_propose(rule.audience, precision, policy),
    )


def _propose(audience: Audience, precision: Share, policy: PrecisionPolicy) -> Proposal:
    if precision.whole < policy.least:
        return Proposal.MORE_VERDICTS
    if precision.high < policy.floor:
        silent = audience is Audience.REVIEW
        return Proposal.SWITCH_OFF if silent else Proposal.SILENCE
    if precision.low >= policy.ceiling:
        return Proposal.CLOSE_WITHOUT_REVIEW
    return Proposal.KEEP


def to_json(rows: Iterable[RulePrecision]) -> str:
    """A list of objects, one for each rule."""
    plain = [
        {
            "rule": row.rule,
            "title": row.title,
            "precision": row.precision.to_dict(),
            "recall": row.recall.to_dict(),
            "proposal": row.proposal.value,
        }
        for row in rows
    ]
    return json.dumps(plain, ensure_ascii=False, indent=2)
