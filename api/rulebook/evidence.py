"""What the calls and the inspectors say of each rule: how often it hits, how right it is, where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, func, select

from api.review.boards.phrase_board import found_hits
from api.review.boards.precision import Proposal, RulePrecision, counted_precision
from api.review.boards.step_board import left_out
from api.review.boards.wilson import NOTHING, Share
from api.rulebook.wordings import older_books
from api.store import verdicts
from api.store.agents import Staff, staff
from api.store.tables import calls, hits, utterances
from api.store.tables import verdicts as verdict_rows
from api.store.verdicts import VerdictCount
from phrasebook import Phrasebook

__all__ = ["JudgedPlace", "JudgedSide", "RuleEvidence", "evidence", "places"]

DAYS = 30
MOST_PLACES = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEvidence:
    """One rule. `hits` and `calls` of the last `DAYS` days; verdicts of all time, on the rule as
    it stands."""

    rule: str
    hits: int = 0
    calls: int = 0
    precision: Share = NOTHING
    missed: int = 0
    proposal: Proposal = Proposal.MORE_VERDICTS
    older: Share = NOTHING
    """How right the hits were that older texts of the rule made; they are in nothing else here."""

    @property
    def wrong(self) -> int:
        return self.precision.whole - self.precision.part


class JudgedSide(StrEnum):
    """What people said of a place."""

    WRONG = "wrong"
    MISSED = "missed"
    RIGHT = "right"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPlace:
    """A hit of a rule, or words it should have hit; `quote` is the redacted utterance."""

    call_id: str
    agent: str
    started_at: datetime
    role: str
    begin_ms: int
    end_ms: int
    quote: str
    begin_char: int
    end_char: int
    by: str = ""
    comment: str = ""


def evidence(connection: Connection, book: Phrasebook) -> Mapping[str, RuleEvidence]:
    """Every entry, step and question of the phrasebook, by id."""
    now = datetime.now(UTC)
    # Both ends: with one alone SQLite reads the steps of all calls there are.
    lately = [calls.c.started_at >= now - timedelta(days=DAYS), calls.c.started_at < now + _DAY]
    counted = found_hits(lately).subquery()
    query = select(
        counted.c.rule,
        func.count().label("times"),
        func.count(counted.c.call_id.distinct()).label("touched"),
    ).group_by(counted.c.rule)
    said = {row.rule: (row.times, row.touched) for row in connection.execute(query)}
    broken = left_out(connection, lately)
    now_said, once_said = _judged(connection, book)
    judged = {row.rule: row for row in now_said}
    older = {row.rule: row.precision for row in once_said}
    found = {}
    for name in (*(entry.id for entry in book.entries), *(ask.id for ask in book.asks)):
        times, touched = said.get(name, (0, 0))
        found[name] = _one(name, times, touched, judged[name], older[name])
    for step in book.steps:
        times = broken.get(step.id, 0)
        found[step.id] = RuleEvidence(rule=step.id, hits=times, calls=times)
    return found


def _judged(
    connection: Connection, book: Phrasebook
) -> tuple[Iterable[RulePrecision], Iterable[RulePrecision]]:
    """What is said of the rules as they stand, and of their older texts."""
    other = older_books(connection, book)
    sides: tuple[list[VerdictCount], list[VerdictCount]] = ([], [])
    for count in verdicts.tallied(connection):
        sides[count.book in other.get(count.rule, ())].append(count)
    return counted_precision(book, sides[0]), counted_precision(book, sides[1])


def _one(rule: str, times: int, touched: int, judged: RulePrecision, older: Share) -> RuleEvidence:
    return RuleEvidence(
        rule=rule,
        hits=times,
        calls=touched,
        precision=judged.precision,
        missed=judged.recall.whole - judged.recall.part,
        proposal=judged.proposal,
        older=older,
    )


def places(connection: Connection, rule: str) -> Mapping[JudgedSide, list[JudgedPlace]]:
    """Where the rule hit or should have, newest first, by what people said of it."""
    told = staff(connection)
    found: dict[JudgedSide, list[JudgedPlace]] = {side: [] for side in JudgedSide}
    last = (
        select(func.max(verdict_rows.c.id))
        .where(verdict_rows.c.rule == rule)
        .group_by(verdict_rows.c.call_id, verdict_rows.c.hit_id)
    )
    query = (
        _spoken(verdict_rows)
        .add_columns(
            verdict_rows.c.right,
            verdict_rows.c.missed,
            verdict_rows.c.by,
            verdict_rows.c.comment,
            hits.c.begin_ms.label("hit_begin"),
            hits.c.end_ms.label("hit_end"),
        )
        .outerjoin(
            hits,
            and_(hits.c.call_id == verdict_rows.c.call_id, hits.c.id == verdict_rows.c.hit_id),
        )
        .where(verdict_rows.c.id.in_(last))
        .order_by(verdict_rows.c.id.desc())
        .limit(4 * MOST_PLACES)
    )
    for row in connection.execute(query):
        side = JudgedSide.RIGHT if row.right else JudgedSide.WRONG
        if row.missed:
            if not row.right:
                continue
            side = JudgedSide.MISSED
        if len(found[side]) < MOST_PLACES:
            found[side].append(_place(row, told, by=row.by, comment=row.comment))
    known = select(verdict_rows.c.hit_id).where(
        verdict_rows.c.call_id == hits.c.call_id, verdict_rows.c.hit_id == hits.c.id
    )
    query = (
        _spoken(hits)
        .add_columns(hits.c.begin_ms.label("hit_begin"), hits.c.end_ms.label("hit_end"))
        .where(hits.c.rule == rule, ~known.exists())
        .order_by(calls.c.started_at.desc())
        .limit(MOST_PLACES)
    )
    found[JudgedSide.OPEN] = [_place(row, told) for row in connection.execute(query)]
    return found


def _spoken(table: Any) -> Any:
    """The words around a place, and whose call it is."""
    return (
        select(
            table.c.call_id,
            table.c.begin_char,
            table.c.end_char,
            calls.c.agent,
            calls.c.agent_name,
            calls.c.started_at,
            utterances.c.role,
            utterances.c.text,
            utterances.c.begin_ms,
            utterances.c.end_ms,
        )
        .select_from(table)
        .join(calls, calls.c.id == table.c.call_id)
        .join(
            utterances,
            and_(utterances.c.call_id == table.c.call_id, utterances.c.n == table.c.utterance),
        )
    )


def _place(row: Any, told: Staff, *, by: str = "", comment: str = "") -> JudgedPlace:
    begin = row.begin_ms if row.hit_begin is None else row.hit_begin
    return JudgedPlace(
        call_id=row.call_id,
        agent=told.label(row.agent, row.agent_name),
        started_at=row.started_at,
        role=row.role,
        begin_ms=begin,
        end_ms=row.end_ms if row.hit_end is None else row.hit_end,
        quote=row.text,
        begin_char=row.begin_char,
        end_char=row.end_char,
        by=by,
        comment=comment,
    )
