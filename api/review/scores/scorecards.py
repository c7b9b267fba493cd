"""Scorecards as data: append-only versions; a review names its own, so no old score changes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import yaml
from sqlalchemy import Connection, Row, func, insert, select, text

from api.review.errors import NotThere, Taken
from api.review.scores import card_text
from api.review.scores.card import MANUAL, Card, everything, first_card
from api.review.scores.card_following import followed
from api.review.tables import scorecards
from api.store import Store, audit
from phrasebook import Phrasebook

_WITH_RULES = "with rules "


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVersion:
    id: int
    version: int
    card: Card
    note: str
    made_by: str
    made_at: datetime

    @property
    def with_rules(self) -> int:
        """The version of the rules that it was made with, 0 where a person published it."""
        number = self.note.removeprefix(_WITH_RULES)
        return int(number) if number != self.note and number.isdecimal() else 0


def ensure(store: Store, book: Phrasebook) -> None:
    """Publish the first version where there is none."""
    with store.reading() as connection:
        if any_yet(connection):
            return
    with suppress(Taken):
        publish(store, first_card(book), note="", by="first start", follows=0)


def any_yet(connection: Connection) -> bool:
    return bool(connection.scalar(select(func.count()).select_from(scorecards)))


def ensure_in(connection: Connection, book: str) -> None:
    """The same in the caller's transaction, from the YAML of a phrasebook that is kept."""
    told: Any = yaml.load(book, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    score = told.get("scorecard") or {}
    rows = [
        {
            key: row[key]
            for key in ("id", "title", "group", "points", "feeds", "charge", "bonus", "fatal")
            if key in row
        }
        for row in score.get("items", ())
    ]
    total = float(score.get("total", 100.0))
    items = tuple(card_text.item_of(row, n) for n, row in enumerate(rows, 1)) or (
        everything(total),
    )
    passing = float(score.get("pass", 85.0))
    caps = card_text.caps_of(score.get("caps"), items)
    if not any(item.manual for item in items):
        items += MANUAL
    card = Card(total=total, pass_score=passing, items=items, scaled=True, caps=caps)
    if not any_yet(connection):
        _publish(connection, card, note="", by="first start", follows=0)


def follow(
    connection: Connection, before: Phrasebook, after: Phrasebook, *, number: int, by: str
) -> int | None:
    """Do to the card in force what version `number` of the rules changed of their own scorecard,
    in the caller's transaction.

    Returns the new version; None where nothing of it changes, or there is no card yet.
    """
    if not any_yet(connection):
        return None
    last = current(connection)
    card = followed(last.card, first_card(before), first_card(after))
    if card == last.card:
        return None
    return _publish(connection, card, note=f"{_WITH_RULES}{number}", by=by, follows=last.version)


def publish(store: Store, card: Card, *, note: str, by: str, follows: int) -> int:
    """A new version after version `follows`; Taken when somebody published in between."""
    with store.writing() as connection:
        return _publish(connection, card, note=note, by=by, follows=follows)


def _publish(connection: Connection, card: Card, *, note: str, by: str, follows: int) -> int:
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE scorecards IN SHARE ROW EXCLUSIVE MODE"))
    last = connection.scalar(select(func.max(scorecards.c.version))) or 0
    if last != follows:
        raise Taken(f"version {last} was published meanwhile", key="card_moved")
    connection.execute(
        insert(scorecards).values(
            version=last + 1,
            body=card_text.as_data(card),
            note=note[:500],
            made_by=by,
            made_at=datetime.now(UTC),
        )
    )
    audit.record(
        connection,
        who=by,
        action="scorecard.made",
        subject=f"scorecard {last + 1}",
        detail={"items": len(card.items)},
    )
    return last + 1


def versions(connection: Connection) -> list[CardVersion]:
    """The newest first."""
    rows = connection.execute(select(scorecards).order_by(scorecards.c.version.desc()))
    return [_version(row) for row in rows]


def current(connection: Connection) -> CardVersion:
    """Raises NotThere before the first was published."""
    newest = select(scorecards).order_by(scorecards.c.version.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        raise NotThere("there is no scorecard yet", key="no_card")
    return _version(row)


def not_fed(connection: Connection, rule: str) -> int:
    """The version of the scorecard in force where no item of it takes what this rule finds; 0 where
    one does, or there is no scorecard."""
    if not any_yet(connection):
        return 0
    now = current(connection)
    fed = any(item.fed_by(rule) for item in now.card.items)
    return 0 if fed else now.version


def by_id(connection: Connection, number: int) -> CardVersion:
    """A version of the scorecard by its number. Raises NotThere."""
    row = connection.execute(select(scorecards).where(scorecards.c.id == number)).first()
    if row is None:
        raise NotThere("no such scorecard", key="no_card")
    return _version(row)


def _version(row: Row[Any]) -> CardVersion:
    return CardVersion(
        id=row.id,
        version=row.version,
        card=card_text.from_data(row.body),
        note=row.note,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def pass_line(connection: Connection) -> float:
    """What passes by the scorecard in force; the standard's own where there is none (S8.1)."""
    return current(connection).card.pass_score if any_yet(connection) else 85.0


def pass_lines(
    connection: Connection, moments: Sequence[datetime]
) -> tuple[list[float], datetime | None]:
    """What passed by the scorecard in force at each moment, the first one's before there was any;
    and since when the mark is what it is now: None where it never was another.
    """
    marks = [(one.made_at, one.card.pass_score) for one in reversed(versions(connection))]
    if not marks:
        return [85.0] * len(moments), None
    found = [([m for at, m in marks if at <= moment] or [marks[0][1]])[-1] for moment in moments]
    moved = [at for (_, was), (at, now) in pairwise(marks) if was != now]
    return found, moved[-1] if moved else None
