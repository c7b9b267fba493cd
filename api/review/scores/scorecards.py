"""Scorecards as data: append-only versions; a review names its own, so no old score changes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml
from sqlalchemy import Connection, func, insert, select, text

from api.review.errors import NotThere, ReviewError, Taken
from api.review.tables import scorecards
from api.store import Store, audit
from phrasebook import Phrasebook

MOST_ITEMS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line. `feeds` name the machine results that suggest its points; none: a person's own.

    A `fatal` item is a yes or no: yes makes the whole score 0.
    """

    id: str
    title: str
    group: str
    points: float
    feeds: tuple[str, ...] = ()
    fatal: bool = False

    @property
    def manual(self) -> bool:
        return not self.feeds

    def fed_by(self, name: str) -> bool:
        return any(
            name.startswith(feed[:-1]) if feed.endswith("*") else name == feed
            for feed in self.feeds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    total: float
    pass_score: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVersion:
    id: int
    version: int
    card: Card
    note: str
    made_by: str
    made_at: datetime


MANUAL = (
    Item(id="tone", title="语气真诚、有微笑感", group="语音表达", points=3),
    Item(id="real-solution", title="真正解决了客户的问题", group="问题解决", points=6),
    Item(id="sincere-empathy", title="共情真诚、不走过场", group="情绪管理", points=4),
    Item(id="leaked", title="泄露客户信息", group="致命项", points=0, fatal=True),
    Item(id="hung-up", title="主动挂断或辱骂客户", group="致命项", points=0, fatal=True),
)
"""What no machine hears well (service-standard S8.6), to begin with; sites edit the card."""


def first_card(book: Phrasebook) -> Card:
    """The phrasebook's own items, and those that need a person.

    A phrasebook without items is scored as one of everything, so that no deduction is lost here.
    """
    score = book.scorecard
    machine = tuple(
        Item(id=i.id, title=i.title, group=i.group, points=i.points, feeds=tuple(i.feeds))
        for i in score.items
    ) or (_everything(score.total),)
    return Card(total=score.total, pass_score=score.pass_score, items=machine + MANUAL)


def _everything(total: float) -> Item:
    return Item(id="all", title="通话质量", group="", points=total, feeds=("*",))


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
        {key: row[key] for key in ("id", "title", "group", "points", "feeds") if key in row}
        for row in score.get("items", ())
    ]
    total = float(score.get("total", 100.0))
    items = tuple(_item(row, number) for number, row in enumerate(rows, 1)) or (_everything(total),)
    card = Card(total=total, pass_score=float(score.get("pass", 85.0)), items=items + MANUAL)
    if not any_yet(connection):
        _publish(connection, card, note="", by="first start", follows=0)


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
            body=as_data(card),
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


def by_id(connection: Connection, number: int) -> CardVersion:
    row = connection.execute(select(scorecards).where(scorecards.c.id == number)).first()
    if row is None:
        raise NotThere("no such scorecard", key="no_card")
    return _version(row)


def _version(row: Any) -> CardVersion:
    return CardVersion(
        id=row.id,
        version=row.version,
        card=from_data(row.body),
        note=row.note,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def as_data(card: Card) -> dict[str, Any]:
    items = []
    for item in card.items:
        row: dict[str, Any] = {"id": item.id, "title": item.title, "group": item.group}
        row["points"] = item.points
        if item.feeds:
            row["feeds"] = list(item.feeds)
        if item.fatal:
            row["fatal"] = True
        items.append(row)
    return {"total": card.total, "pass": card.pass_score, "items": items}


def as_yaml(card: Card) -> str:
    text: str = yaml.safe_dump(
        as_data(card), allow_unicode=True, sort_keys=False, default_flow_style=None, width=200
    )
    return text


def from_yaml(text: str) -> Card:
    """Raises ReviewError that says what is wrong and in which item."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise ReviewError(f"scorecard: {line}not YAML") from None
    except (ValueError, RecursionError):
        raise ReviewError("scorecard: not YAML") from None
    return from_data(data)


def from_data(data: object) -> Card:
    if not isinstance(data, Mapping) or not isinstance(data.get("items"), list):
        raise ReviewError("scorecard: expected total, pass and a list of items")
    rows = data["items"]
    if not 1 <= len(rows) <= MOST_ITEMS:
        raise ReviewError(f"scorecard: {len(rows)} items, expected 1 to {MOST_ITEMS}")
    items = tuple(_item(row, number) for number, row in enumerate(rows, 1))
    ids = [item.id for item in items]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise ReviewError(f"scorecard: item id {twice[0]!r} is used twice")
    if not any(item.points > 0 for item in items):
        raise ReviewError("scorecard: no item has points")
    total, passing = _number(data.get("total", 100), "total"), _number(data.get("pass", 85), "pass")
    if not 0 < passing <= total:
        raise ReviewError(f"scorecard: pass is {passing}, expected above 0 and at most {total}")
    return Card(total=total, pass_score=passing, items=items)


def _item(row: object, number: int) -> Item:
    where = f"scorecard: item {number}"
    if not isinstance(row, Mapping) or not row.get("id") or not row.get("title"):
        raise ReviewError(f"{where}: expected id, title, group and points")
    unknown = set(row) - {"id", "title", "group", "points", "feeds", "fatal"}
    if unknown:
        raise ReviewError(f"{where}: unknown key {sorted(map(str, unknown))[0]!r}")
    feeds = row.get("feeds") or []
    if not isinstance(feeds, list) or not all(isinstance(feed, str) for feed in feeds):
        raise ReviewError(f"{where}: feeds must be a list of names")
    return Item(
        id=str(row["id"])[:60],
        title=str(row["title"])[:120],
        group=str(row.get("group", ""))[:60],
        points=_number(row.get("points", 0), f"item {number} points"),
        feeds=tuple(feeds),
        fatal=row.get("fatal") is True,
    )


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000:
        raise ReviewError(f"scorecard: {what} is {value!r}, expected a number from 0 to 1000")
    return float(value)
