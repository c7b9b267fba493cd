"""Which phrasebooks of record say a rule in another text than the one in force.

What people judged of hits that an older text made is no measure of the text that stands now.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml
from sqlalchemy import Connection, select

from api.rulebook.versions import newest
from api.store.rule_tables import rule_changes, rule_versions
from phrasebook import Phrasebook
from phrasebook.pieces import section_of

__all__ = ["older_books"]


def older_books(connection: Connection, book: Phrasebook) -> Mapping[str, frozenset[str]]:
    """Rule or question → the phrasebooks, by version, that worded it otherwise; those without any
    are left out. Empty where `book` is not the newest version of record.
    """
    last = newest(connection)
    if last is None or last.book != f"{book.name} {book.version}":
        return {}
    books = [(row.number, row.book) for row in connection.execute(_BOOKS)]
    changes: dict[str, list[tuple[int, str, str]]] = {}
    for row in connection.execute(_CHANGES):
        changes.setdefault(row.piece, []).append((row.number, row.before, row.after))
    found = {}
    for piece, told in changes.items():
        section, name = section_of(piece)
        if section not in ("entries", "asks"):
            continue
        now = _what_hits(told[-1][2])
        texts = {named: _text_at(number, told) for number, named in books}
        if other := frozenset(one for one, text in texts.items() if _what_hits(text) != now):
            found[name] = other
    return found


_BOOKS = select(rule_versions.c.number, rule_versions.c.book).order_by(rule_versions.c.number)
_CHANGES = select(
    rule_changes.c.piece, rule_changes.c.number, rule_changes.c.before, rule_changes.c.after
).order_by(rule_changes.c.number)


_BESIDE = {
    "title",
    "source",
    "suggest",
    "coach",
    "severity",
    "points",
    "fatal",
    "audience",
    "tests",
}
"""Keys that decide nothing about what hits."""


@lru_cache(maxsize=4096)
def _what_hits(text: str) -> Any:
    told = yaml.load(text, Loader=yaml.BaseLoader)
    if not isinstance(told, dict):
        return text
    return {key: value for key, value in told.items() if key not in _BESIDE}


def _text_at(number: int, changes: list[tuple[int, str, str]]) -> str:
    """What a piece said in version `number`."""
    text = changes[0][1]
    for changed, _, after in changes:
        if changed <= number:
            text = after
    return text
