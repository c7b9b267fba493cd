"""Any call, found by what is known of it: who, when, what was said, what it came to."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, false, func, select

from api.review.boards import phrase_board
from api.review.scores import rulebook
from api.review.scores.standing import (
    BREACHES,
    FATAL,
    PASSED,
    SCORE,
    TO_GIVE,
    TRIGGERS,
    WAITING,
    joined,
)
from api.review.tables import outcomes
from api.store.agents import WHO, took
from api.store.number_key import NumberKey, is_number
from api.store.search import saying
from api.store.tables import calls
from qa_engine.rules.counting import Conclusion

PAGE = 50
MOST_COUNTED = 1_000
_WILD = str.maketrans({sign: f"\\{sign}" for sign in "%_\\"})
SORTS = {
    "newest": (calls.c.started_at.desc(), calls.c.id),
    "oldest": (calls.c.started_at, calls.c.id),
    "lowest": (SCORE.nulls_last(), calls.c.id),
    "highest": (SCORE.desc().nulls_last(), calls.c.id),
    "longest": (calls.c.duration_ms.desc(), calls.c.id),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """All that an address can ask for; empty means any. `sort` is a key of SORTS."""

    q: str = ""
    sound: bool = False
    agent: str = ""
    team: str = ""
    customer: str = ""
    call: str = ""
    file: str = ""
    script: str = ""
    rule: str = ""
    begin: datetime | None = None
    until: datetime | None = None
    above: float | None = None
    below: float | None = None
    conclusion: str = ""
    judged: str = ""
    """yes: by people; no: by the machine alone."""
    sort: str = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCall:
    """A call in the list of a search; `score` to `doubts` are what counts of it."""

    id: str
    source: str
    """The recording, or where the call came from."""
    agent: str
    """The staff number, or the name where nobody knows it."""
    team: str
    customer: str
    direction: str
    script: str
    started_at: datetime
    duration_ms: int
    unjudgeable: str
    score: float | None
    to_give: float
    """Points that a person has still to give: `score` is without them."""
    passed: bool | None
    fatal: bool
    breaches: int
    triggers: int
    doubts: int
    machine: float | None
    """The machine's own score."""
    judged_by: str | None
    """What made the sheet that counts: review, appeal, again, workbook; None: the machine."""
    sheet: int | None
    blind: bool = False
    """The reader is yet to judge it without knowing what others said: what counts is not told."""


def find(
    connection: Connection,
    wanted: CallFilter,
    *,
    numbers: NumberKey | None = None,
    after: int = 0,
    limit: int = PAGE,
    kept: Collection[str] = (),
) -> list[FoundCall]:
    """Calls from the row `after`, with what counts for each; `numbers`: the key of customers.

    `kept`: calls that the reader is yet to judge blind. Nothing of what counts is told of them, and
    they are in no list that is chosen or ordered by it.
    """
    query = joined(
        select(
            *(calls.c[name] for name in _SHOWN),
            WHO.label("agent"),
            SCORE.label("score"),
            TO_GIVE.label("to_give"),
            PASSED.label("passed"),
            FATAL.label("fatal"),
            BREACHES.label("breaches"),
            TRIGGERS.label("triggers"),
            WAITING.label("doubts"),
            calls.c.score.label("machine"),
            outcomes.c.source.label("judged_by"),
            outcomes.c.sheet,
        )
    ).where(*_where(connection, wanted, numbers, kept))
    order = SORTS.get(wanted.sort, SORTS["newest"])
    rows = connection.execute(query.order_by(*order).offset(after).limit(limit))
    return [_covered(FoundCall(**row._asdict()), kept) for row in rows]


def _covered(call: FoundCall, kept: Collection[str]) -> FoundCall:
    if call.id not in kept:
        return call
    nothing: dict[str, Any] = dict.fromkeys(("score", "passed", "machine", "judged_by", "sheet"))
    nothing |= dict.fromkeys(("to_give", "breaches", "triggers", "doubts"), 0)
    return replace(call, **nothing, unjudgeable="", fatal=False, blind=True)


_SHOWN = (
    *("id", "source", "team", "customer", "direction", "script", "started_at", "duration_ms"),
    "unjudgeable",
)


def count(
    connection: Connection,
    wanted: CallFilter,
    *,
    numbers: NumberKey | None = None,
    kept: Collection[str] = (),
) -> int:
    """How many there are, counted up to a thousand."""
    where = _where(connection, wanted, numbers, kept)
    some = joined(select(calls.c.id)).where(*where).limit(MOST_COUNTED)
    return connection.scalar(select(func.count()).select_from(some.subquery())) or 0


def _where(
    connection: Connection,
    wanted: CallFilter,
    numbers: NumberKey | None,
    kept: Collection[str],
) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if kept and _tells_results(wanted):
        where.append(calls.c.id.not_in(kept))
    if wanted.q:
        where.append(calls.c.id.in_(saying(connection, wanted.q, by_sound=wanted.sound)))
    if wanted.agent:
        where.append(took(connection, wanted.agent))
    if wanted.customer:
        where.append(_of_customer(wanted.customer, numbers))
    if wanted.call:
        where.append(_holds(calls.c.id, wanted.call) | _told_as(wanted.call))
    if wanted.file:
        where.append(_holds(calls.c.source, wanted.file))
    if wanted.team:
        where.append(calls.c.team == wanted.team)
    if wanted.script:
        scripts = rulebook.newest(connection).scripts
        where.append(calls.c.script.in_(rulebook.ids_of(scripts, wanted.script)))
    if wanted.rule:
        titles = {rule.id: rule.title for rule in rulebook.newest(connection).rules.values()}
        rules = rulebook.ids_of(titles, wanted.rule)
        where.append(phrase_board.was_found(rules))
    if wanted.begin is not None:
        where.append(calls.c.started_at >= wanted.begin)
    if wanted.until is not None:
        where.append(calls.c.started_at < wanted.until)
    return where + _came_to(wanted)


def _tells_results(wanted: CallFilter) -> bool:
    """Whether being in the list, or where, says what people made of a call."""
    by_score = wanted.above is not None or wanted.below is not None
    asked = wanted.rule or wanted.conclusion or wanted.judged
    return bool(by_score or asked or wanted.sort in ("lowest", "highest"))


def _told_as(number: str) -> ColumnElement[bool]:
    """通话流水号: the site's own number of a call is kept with the call's other data as JSON."""
    value = json.dumps(number)[:-1]
    return _holds(cast(calls.c.data, String), f": {value}")


def _of_customer(customer: str, numbers: NumberKey | None) -> ColumnElement[bool]:
    """Numbers are kept covered: stars would be everybody with a number of that length."""
    if "*" in customer:
        return false()
    if not is_number(customer):
        return _holds(calls.c.customer, customer)
    if numbers is None:
        return false()
    return calls.c.customer_print.in_(numbers.fingerprints(customer))


def _came_to(wanted: CallFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.above is not None:
        where.append(SCORE >= wanted.above)
    if wanted.below is not None:
        where.append(SCORE < wanted.below)
    if wanted.judged:
        machine = outcomes.c.call_id.is_(None)
        where.append(~machine if wanted.judged == "yes" else machine)
    if wanted.conclusion == Conclusion.NOT_JUDGEABLE:
        where.append(SCORE.is_(None))
    elif wanted.conclusion == Conclusion.TO_REVIEW:
        where += [SCORE.is_not(None), PASSED.is_(None)]
    elif wanted.conclusion:
        where.append(PASSED.is_(wanted.conclusion == Conclusion.PASSED))
    return where


def _holds(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    return column.ilike(f"%{part.translate(_WILD)}%", escape="\\")
