"""What the product learned in a month from those who corrected it, and what it proposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from api.review.boards.precision import Proposal
from api.review.tables import appeals, corrections, flags
from api.rulebook.evidence import RuleEvidence, evidence
from api.rulebook.versions import RuleVersion, history
from api.store.tables import verdicts
from phrasebook import Phrasebook

__all__ = ["LearnedMonth", "RuleLesson", "learned", "month_before", "month_of"]

_ASKS = (Proposal.SWITCH_OFF, Proposal.SILENCE, Proposal.CLOSE_WITHOUT_REVIEW)
_DAY = timedelta(days=1)
MISSED_OFTEN = 3
"""So many places marked as missed are worth another line in the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLesson:
    """What people said of one rule within the month."""

    rule: str
    title: str
    right: int = 0
    wrong: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedMonth:
    """`begin` is the first of the month, in the server's zone."""

    begin: datetime
    lessons: Sequence[RuleLesson]
    words: int
    """Words that were put right."""
    flagged: int
    """Prompts that an agent called not right."""
    appeals_accepted: int
    appeals_answered: int
    versions: Sequence[RuleVersion]
    proposals: Sequence[tuple[str, RuleEvidence]]
    """(title, evidence) of the rules that somebody should look at."""
    judged: int
    """Verdicts of all time: what the judge of sentences may be trained with."""


def month_of(moment: datetime) -> datetime:
    return moment.astimezone().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_before(begin: datetime) -> datetime:
    return month_of(begin.replace(day=1) - _DAY)


def learned(connection: Connection, book: Phrasebook, begin: datetime) -> LearnedMonth:
    """Of the month that begins then."""
    begin, end = begin.astimezone(UTC), month_of(begin + 32 * _DAY).astimezone(UTC)

    def count(table: Any, moment: Any, *more: Any) -> int:
        inside = and_(moment >= begin, moment < end, *more)
        return connection.scalar(select(func.count()).select_from(table).where(inside)) or 0

    titles = {rule.id: rule.title for rule in book.entries}
    answered = appeals.c.answered_at
    known = evidence(connection, book)
    asks = [
        (titles.get(one.rule, one.rule), one)
        for one in known.values()
        if one.proposal in _ASKS or one.missed >= MISSED_OFTEN
    ]
    return LearnedMonth(
        begin=begin,
        lessons=_lessons(connection, begin, end, titles),
        words=count(corrections, corrections.c.at),
        flagged=count(flags, flags.c.at),
        appeals_accepted=count(appeals, answered, appeals.c.state == "accepted"),
        appeals_answered=count(appeals, answered),
        versions=[
            one for one in history(connection) if begin <= one.made_at < end and one.number > 1
        ],
        proposals=sorted(asks, key=lambda pair: pair[1].precision.high),
        judged=connection.scalar(select(func.count()).select_from(verdicts)) or 0,
    )


def _lessons(
    connection: Connection, begin: datetime, end: datetime, titles: dict[str, str]
) -> list[RuleLesson]:
    last = (
        select(func.max(verdicts.c.id))
        .where(verdicts.c.at >= begin, verdicts.c.at < end)
        .group_by(verdicts.c.call_id, verdicts.c.hit_id)
    )
    query = (
        select(verdicts.c.rule, verdicts.c.missed, verdicts.c.right, func.count().label("n"))
        .where(verdicts.c.id.in_(last))
        .group_by(verdicts.c.rule, verdicts.c.missed, verdicts.c.right)
    )
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        side = "missed" if row.missed else "right" if row.right else "wrong"
        if row.missed and not row.right:
            continue
        counts = found.setdefault(row.rule, {})
        counts[side] = counts.get(side, 0) + row.n
    lessons = [
        RuleLesson(rule=rule, title=titles.get(rule, rule), **counts)
        for rule, counts in found.items()
    ]
    return sorted(lessons, key=lambda one: (-(one.wrong + one.missed), one.rule))
