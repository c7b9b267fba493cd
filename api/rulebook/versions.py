"""Versions of the rules: append-only, the newest in force; who made each, why, and what it changed.

A version is published against the one it was made from, so that two who publish at once lose
nothing: the second is told, and their draft is still there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from api.review.errors import NotThere, ReviewError, Taken
from api.review.scores import scorecards
from api.store import Store, audit
from api.store.books import keep_phrasebook, kept_phrasebook
from api.store.rule_tables import rule_changes, rule_versions
from phrasebook import Phrasebook
from phrasebook.pieces import pieces_of

__all__ = [
    "Origin",
    "PieceChange",
    "RuleVersion",
    "book_of",
    "changes_between",
    "changes_of",
    "history",
    "locked_newest",
    "newest",
    "of_piece",
    "publish",
    "roll_back",
    "version",
    "version_number",
]

MOST_NOTE = 500


class Origin(StrEnum):
    BUNDLED = "bundled"
    EDIT = "edit"
    IMPORT = "import"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """`book` is the phrasebook's own version, as every report names it."""

    number: int
    book: str
    origin: Origin
    returns_to: int | None
    note: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceChange:
    """One piece before and after; an empty text: there was none, or there is none."""

    piece: str
    before: str
    after: str


def newest(connection: Connection) -> RuleVersion | None:
    """The version in force; None in a store without rules."""
    query = select(rule_versions).order_by(rule_versions.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return _version(row) if row else None


def version(connection: Connection, number: int) -> RuleVersion:
    """Raises NotThere."""
    query = select(rule_versions).where(rule_versions.c.number == number)
    row = connection.execute(query).first()
    if row is None:
        raise NotThere("no such version of the rules", key="not_there")
    return _version(row)


def history(connection: Connection, *, most: int = 100) -> list[RuleVersion]:
    """The newest first."""
    query = select(rule_versions).order_by(rule_versions.c.number.desc()).limit(most)
    return [_version(row) for row in connection.execute(query)]


def changes_of(connection: Connection, number: int) -> list[PieceChange]:
    """Which pieces a version changed, before and after."""
    query = select(rule_changes).where(rule_changes.c.number == number).order_by(rule_changes.c.id)
    return [_change(row) for row in connection.execute(query)]


def of_piece(connection: Connection, piece: str) -> list[tuple[RuleVersion, PieceChange]]:
    """Every version that changed a piece, newest first."""
    query = (
        select(rule_changes.c.piece, rule_changes.c.before, rule_changes.c.after, rule_versions)
        .join(rule_versions, rule_versions.c.number == rule_changes.c.number)
        .where(rule_changes.c.piece == piece)
        .order_by(rule_versions.c.number.desc())
    )
    return [(_version(row), _change(row)) for row in connection.execute(query)]


def book_of(connection: Connection, one: RuleVersion) -> Phrasebook:
    """The phrasebook of a version. Raises NotThere where it is gone."""
    found = kept_phrasebook(connection, one.book)
    if found is None:
        raise NotThere("the phrasebook of this version is gone", key="not_there")
    return found


def changes_between(before: Phrasebook | None, after: Phrasebook) -> list[PieceChange]:
    """Piece by piece, those that are new or gone included."""
    old = pieces_of(before) if before else {}
    new = pieces_of(after)
    return [
        PieceChange(piece=key, before=old.get(key, ""), after=new.get(key, ""))
        for key in dict.fromkeys((*old, *new))
        if old.get(key, "") != new.get(key, "")
    ]


def publish(
    store: Store,
    book: Phrasebook,
    *,
    note: str,
    by: str,
    follows: int,
    origin: Origin = Origin.EDIT,
    returns_to: int | None = None,
) -> RuleVersion:
    """A new version after version `follows`.

    Raises Taken when somebody published in between, ReviewError where nothing would change.
    """
    with store.writing() as connection:
        last = locked_newest(connection, rule_versions)
        if last != follows:
            raise Taken(f"version {last} of the rules was published meanwhile", key="rules_moved")
        before = newest(connection)
        named = f"{book.name} {book.version}"
        if before is not None and before.book == named:
            raise ReviewError("this is what is in force", key="nothing_changed")
        keep_phrasebook(connection, book)
        # The first version is no change to anything.
        old = book_of(connection, before) if before else book
        changes = changes_between(old, book)
        made = RuleVersion(
            number=last + 1,
            book=named,
            origin=origin,
            returns_to=returns_to,
            note=note.strip()[:MOST_NOTE],
            made_by=by,
            made_at=datetime.now(UTC),
        )
        row = {name: getattr(made, name) for name in RuleVersion.__slots__}
        connection.execute(insert(rule_versions).values(row | {"origin": origin.value}))
        for change in changes:
            values = {name: getattr(change, name) for name in PieceChange.__slots__}
            connection.execute(insert(rule_changes).values(number=made.number, **values))
        # What the rules' scorecard newly says must reach the one that people's verdicts count by.
        scorecards.follow(connection, old, book, number=made.number, by=by)
        audit.record(
            connection,
            who=by,
            action="rules.published",
            subject=f"rules {made.number}",
            detail={"origin": origin.value, "book": named, "pieces": [c.piece for c in changes]},
        )
    return made


def version_number(text: str) -> int:
    """The number of a version in a form; -1, which none has, where it is no such number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def locked_newest(connection: Connection, versions: Table) -> int:
    """The newest number, 0 for none; nobody else makes a version until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {versions.name} IN SHARE ROW EXCLUSIVE MODE"))
    return connection.scalar(select(func.max(versions.c.number))) or 0


def roll_back(store: Store, number: int, *, note: str, by: str, follows: int) -> RuleVersion:
    """What version `number` said counts again, as a version of its own."""
    with store.reading() as connection:
        book = book_of(connection, version(connection, number))
    return publish(
        store, book, note=note, by=by, follows=follows, origin=Origin.ROLLBACK, returns_to=number
    )


def _version(row: Any) -> RuleVersion:
    fields = {name: row._mapping[name] for name in RuleVersion.__slots__}
    return RuleVersion(**(fields | {"origin": Origin(fields["origin"])}))


def _change(row: Any) -> PieceChange:
    return PieceChange(piece=row.piece, before=row.before, after=row.after)
