"""校准: the same call to several inspectors, blind; then side by side, κ for each item.

The routine double review of a small share of calls gives the same figure all the time. Neither
touches a score, an average or a rule's precision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from api.review.accounts import people
from api.review.accounts.people import AccountRole, Person
from api.review.errors import NotThere, ReviewError, Taken
from api.review.judging import draft_sheet, reviews
from api.review.judging.agreement import cohen, fleiss
from api.review.judging.reviews import Review
from api.review.records import Calibration
from api.review.scores.scoring import SheetLine
from api.review.tables import calibrations, tasks
from api.review.tables import reviews as reviews_table
from api.store import Store, audit
from api.store.records import as_record, as_records
from api.store.tables import calls

FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One item side by side: what each inspector gave, None where not applicable."""

    id: str
    title: str
    points: float
    machine: float | None
    given: tuple[float | None, ...]
    kinds: tuple[str, ...]
    """What κ compares: the quarter of the points (0/4 to 4/4), na, fatal or clear."""

    @property
    def agreed(self) -> bool:
        return len(set(self.given)) <= 1 and len(set(self.kinds)) <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    inspectors: tuple[str, ...]
    totals: tuple[float | None, ...]
    items: tuple[Compared, ...]
    kappa: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """κ of one item over all calls that were judged twice."""

    id: str
    title: str
    calls: int
    same: int
    kappa: float | None


def make(store: Store, call_id: str, *, title: str, inspectors: Sequence[str], by: str) -> int:
    """Ask several inspectors for a blind review of one call."""
    chosen = sorted(set(inspectors))
    with store.writing() as connection:
        known = {person.login for person in people.inspectors(connection)}
        if len(chosen) < FEWEST or not set(chosen) <= known:
            raise ReviewError("choose at least two inspectors", key="few_inspectors")
        if connection.scalar(select(calls.c.id).where(calls.c.id == call_id)) is None:
            raise NotThere("no such call", key="not_there")
        made = connection.scalar(select(calibrations.c.id).where(calibrations.c.call_id == call_id))
        if made is not None:
            raise Taken("this call is calibrated already", key="calibrated_already")
        now = datetime.now(UTC)
        row = {"call_id": call_id, "title": title[:80] or call_id, "inspectors": chosen}
        done = connection.execute(insert(calibrations).values(**row, made_by=by, made_at=now))
        connection.execute(insert(tasks), [_task(call_id, login, now) for login in chosen])
        detail = {"inspectors": len(chosen)}
        audit.record(connection, who=by, action="calibration.made", subject=call_id, detail=detail)
        return int(done.inserted_primary_key[0])  # type: ignore[index]


def _task(call_id: str, login: str, now: datetime) -> dict[str, object]:
    return {
        "call_id": call_id,
        "purpose": "calibration",
        "seat": login,
        "reasons": [],
        "priority": 80,
        "state": "open",
        "locked_by": "",
        "made_at": now,
    }


def close(store: Store, number: int, *, by: str) -> None:
    """Ends the round; all who took part may now see each other's sheets."""
    with store.writing() as connection:
        row = by_number(connection, number)
        now = datetime.now(UTC)
        connection.execute(
            update(calibrations).where(calibrations.c.id == number).values(closed_at=now)
        )
        connection.execute(
            update(tasks)
            .where(tasks.c.call_id == row.call_id, tasks.c.purpose == "calibration")
            .where(tasks.c.state == "open")
            .values(state="done", done_at=now, locked_by="")
        )
        audit.record(
            connection, who=by, action="calibration.closed", subject=row.call_id, detail={}
        )


def by_number(connection: Connection, number: int) -> Calibration:
    """Raises NotThere."""
    row = connection.execute(select(calibrations).where(calibrations.c.id == number)).first()
    if row is None:
        raise NotThere("no such calibration", key="not_there")
    return as_record(Calibration, row)


def all_of(connection: Connection, limit: int = 100) -> list[Calibration]:
    query = select(calibrations).order_by(calibrations.c.id.desc()).limit(limit)
    return as_records(Calibration, connection.execute(query))


def may_compare(connection: Connection, row: Calibration, person: Person) -> bool:
    """Whether somebody may see what others gave: whoever took part, once it is over; a lead at any
    time, unless they are yet to judge it themselves.
    """
    took_part = person.login in row.inspectors
    if person.role is AccountRole.LEAD:
        return not (took_part and reviews.is_kept_blind(connection, person.login, row.call_id))
    return took_part and row.closed_at is not None


def handed_in(connection: Connection, call_id: str) -> list[Review]:
    return [
        review
        for review in reviews.of_call(connection, call_id)
        if review.purpose == "calibration" and review.submitted_at is not None
    ]


def side_by_side(connection: Connection, found: Sequence[Review]) -> SideBySide:
    """Reviews of one call, item by item."""
    sheets = [draft_sheet.sheet_of(connection, review)[0] for review in found]
    lines = [{line.item.id: line for line in sheet.lines} for sheet in sheets]
    ids = list(dict.fromkeys(name for sheet in lines for name in sheet))
    items = tuple(_compared(name, [sheet.get(name) for sheet in lines]) for name in ids)
    return SideBySide(
        inspectors=tuple(review.inspector for review in found),
        totals=tuple(sheet.total for sheet in sheets),
        items=items,
        kappa=fleiss([item.kinds for item in items]),
    )


def _compared(name: str, lines: Sequence[SheetLine | None]) -> Compared:
    known = [line for line in lines if line is not None]
    item = known[0].item
    return Compared(
        id=name,
        title=item.title,
        points=item.points,
        machine=known[0].suggested,
        given=tuple(line.earned if line else None for line in lines),
        kinds=tuple(kind_of(line) for line in known),
    )


def kind_of(line: SheetLine) -> str:
    """What a person's answer comes to, for agreement."""
    if line.item.fatal:
        return "fatal" if line.fatal else "clear"
    if line.earned is None:
        return "na"
    return f"{round(4 * line.earned / line.item.points) if line.item.points else 4}/4"


def agreement(connection: Connection, since: datetime) -> list[Agreement]:
    """Item by item over double reviews and calibrations handed in since then, the least first."""
    groups: dict[str, list[Review]] = defaultdict(list)
    query = (
        select(reviews_table.c.call_id)
        .where(reviews_table.c.purpose.in_(reviews.BLIND))
        .where(reviews_table.c.submitted_at >= since)
        .distinct()
    )
    for call_id in connection.scalars(query).all():
        for review in reviews.of_call(connection, call_id):
            if review.submitted_at is not None and review.purpose != "appeal":
                groups[call_id].append(review)
    tables = []
    for found in groups.values():
        # Reviews from before sheets were frozen went with their calls.
        with suppress(NotThere):
            if len(found) > 1:
                tables.append(side_by_side(connection, found))
    return _by_item(tables)


def _by_item(tables: Iterable[SideBySide]) -> list[Agreement]:
    titles: dict[str, str] = {}
    kinds: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for table in tables:
        for item in table.items:
            titles[item.id] = item.title
            kinds[item.id].append(item.kinds)
    found = [
        Agreement(
            id=name,
            title=titles[name],
            calls=len(rated),
            same=sum(len(set(one)) == 1 for one in rated),
            kappa=_kappa(rated),
        )
        for name, rated in kinds.items()
    ]
    return sorted(found, key=lambda row: (row.kappa is None, row.kappa or 0.0))


def _kappa(rated: Sequence[tuple[str, ...]]) -> float | None:
    """Cohen's for pairs, Fleiss' where more took part."""
    if all(len(one) == 2 for one in rated):
        return cohen([(one[0], one[1]) for one in rated])
    return fleiss(rated)
