"""What somebody changed in the rules and has not published: kept while they type, piece by piece.

Each piece remembers what it was made from. At publishing, pieces that nobody else has touched go
in beside what others published meanwhile; one that somebody else changed too is a conflict, which
its author settles: their text or the other's, never silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from api.review.errors import ReviewError, Stale
from api.rulebook.versions import RuleVersion, changes_between, publish
from api.store import Store
from api.store.rule_tables import rule_drafts
from phrasebook import Phrasebook
from phrasebook.pieces import LISTED, NAMED, WHOLE, assembled, pieces_of, section_of

__all__ = [
    "Draft",
    "Merged",
    "decide",
    "discard",
    "drafts_of",
    "keep_the_rest",
    "merged",
    "publish_draft",
    "save",
    "settle",
    "take_in",
]

MOST_CHARS = 40_000
MOST_PIECES = 500
SECTIONS = frozenset((*LISTED, *NAMED, *WHOLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One piece; an empty `base`: it is new, an empty `text`: it is to go."""

    piece: str
    base: str
    text: str
    revision: int
    saved_at: datetime

    @property
    def does(self) -> str:
        """added, removed or changed."""
        if not self.text.strip():
            return "removed"
        return "changed" if self.base.strip() else "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The pieces in force with a draft over them. `conflicts`: pieces that others changed too."""

    pieces: Mapping[str, str]
    changed: tuple[str, ...]
    conflicts: tuple[str, ...]

    def book(self, name: str) -> Phrasebook:
        """Raises `PhrasebookErrors`, whose paths are keys of pieces."""
        return assembled(self.pieces, name=name)


def drafts_of(connection: Connection, login: str) -> list[Draft]:
    """The pieces that this person has changed and not published."""
    query = select(rule_drafts).where(rule_drafts.c.login == login).order_by(rule_drafts.c.piece)
    return [_draft(row) for row in connection.execute(query)]


def save(store: Store, login: str, piece: str, *, base: str, text: str, revision: int) -> int:
    """Keep a piece; returns its new revision, 0 where it says again what it was made from.

    `revision` is the one this was made from, 0 for a piece that had no draft. Raises Stale with
    what is kept when another window saved meanwhile.
    """
    _check(piece, text)
    with store.writing() as connection:
        here = (rule_drafts.c.login == login) & (rule_drafts.c.piece == piece)
        row = connection.execute(select(rule_drafts).where(here).with_for_update()).first()
        if (row.revision if row else 0) != revision:
            stale = Stale("the draft was changed in another window", key="draft_moved")
            stale.more = {"kept": row.text if row else base, "revision": row.revision if row else 0}
            raise stale
        if text == (row.base if row else base):
            connection.execute(delete(rule_drafts).where(here))
            return 0
        values = {"text": text, "revision": revision + 1, "saved_at": datetime.now(UTC)}
        if row is None:
            if len(drafts_of(connection, login)) >= MOST_PIECES:
                raise ReviewError(f"a draft holds at most {MOST_PIECES} pieces", key="draft_full")
            connection.execute(
                insert(rule_drafts).values(login=login, piece=piece, base=base, **values)
            )
        else:
            connection.execute(update(rule_drafts).where(here).values(values))
    return revision + 1


def settle(store: Store, login: str, piece: str, now: str) -> None:
    """Keep one's own text of a piece that others changed too: it stands on theirs from now on."""
    with store.writing() as connection:
        here = (rule_drafts.c.login == login) & (rule_drafts.c.piece == piece)
        connection.execute(update(rule_drafts).where(here).values(base=now))


def decide(store: Store, login: str, piece: str, take: str, *, now: str) -> None:
    """`take`: mine (one's own text on what is in force `now`), additions (nothing is taken out),
    or theirs: the piece leaves the draft.
    """
    if take == "mine":
        settle(store, login, piece, now)
    elif take == "additions":
        keep_the_rest(store, login)
    else:
        discard(store, login, piece)


def keep_the_rest(store: Store, login: str) -> None:
    """Only add and change: the draft takes nothing out any more."""
    with store.writing() as connection:
        here = (rule_drafts.c.login == login) & (func.trim(rule_drafts.c.text) == "")
        connection.execute(delete(rule_drafts).where(here))


def discard(store: Store, login: str, piece: str = "") -> None:
    """One piece, or the whole draft."""
    here = rule_drafts.c.login == login
    if piece:
        here &= rule_drafts.c.piece == piece
    with store.writing() as connection:
        connection.execute(delete(rule_drafts).where(here))


def take_in(store: Store, login: str, now: Phrasebook, wanted: Phrasebook) -> int:
    """Make the difference to another pack a person's draft; returns how many pieces it is."""
    changes = changes_between(now, wanted)
    if len(changes) > MOST_PIECES:
        raise ReviewError(f"a draft holds at most {MOST_PIECES} pieces", key="draft_full")
    with store.writing() as connection:
        connection.execute(delete(rule_drafts).where(rule_drafts.c.login == login))
        for change in changes:
            _check(change.piece, change.after)
            connection.execute(
                insert(rule_drafts).values(
                    login=login,
                    piece=change.piece,
                    base=change.before,
                    text=change.after,
                    revision=1,
                    saved_at=datetime.now(UTC),
                )
            )
    return len(changes)


def merged(book: Phrasebook, drafts: Iterable[Draft]) -> Merged:
    """What would be in force; a conflict leaves the piece as it is in force."""
    pieces = pieces_of(book)
    changed, conflicts = [], []
    for draft in drafts:
        here = pieces.get(draft.piece, "")
        if here == draft.text:
            continue
        if here != draft.base:
            conflicts.append(draft.piece)
            continue
        changed.append(draft.piece)
        if draft.text.strip():
            pieces[draft.piece] = draft.text
        else:
            del pieces[draft.piece]
    return Merged(pieces=pieces, changed=tuple(changed), conflicts=tuple(conflicts))


def publish_draft(
    store: Store, login: str, book: Phrasebook, *, note: str, follows: int
) -> RuleVersion:
    """Make a person's draft the version after `follows`, whose rules are `book`.

    Raises Taken and Stale (conflicts) with the draft untouched, `PhrasebookErrors` for mistakes.
    """
    if not note.strip():
        raise ReviewError("a note says what changed and why", key="no_note")
    with store.reading() as connection:
        drafts = drafts_of(connection, login)
    found = merged(book, drafts)
    if found.conflicts:
        stale = Stale("others changed the same rules", key="rules_conflict")
        stale.more = {"pieces": list(found.conflicts)}
        raise stale
    made = publish(store, found.book(book.name), note=note, by=login, follows=follows)
    for draft in drafts:
        discard(store, login, draft.piece)
    return made


def _check(piece: str, text: str) -> None:
    section, _ = section_of(piece)
    if section not in SECTIONS or len(piece) > 100 or "\0" in piece + text:
        raise ReviewError("no such piece of the rules", key="bad")
    if len(text) > MOST_CHARS:
        raise ReviewError(f"{len(text)} characters, expected at most {MOST_CHARS}", key="too_long")


def _draft(row: Any) -> Draft:
    return Draft(**{name: row._mapping[name] for name in Draft.__slots__})
