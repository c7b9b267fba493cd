"""Finding calls by what was said: as typed, whatever punctuation, space, script or writing of
numbers stands there, or by sound, so that misheard words show too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    and_,
    cast,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.sql import ColumnElement

from api.store.folding import ways
from api.store.pinyin import any_readings, readings, syllables
from api.store.tables import calls, utterances

_INDEXED = 3
"""Both indexes are of trigrams: they know nothing of shorter texts."""
_NUMERALS = frozenset("零一二三四五六七八九十")
_WILD = str.maketrans({sign: f"\\{sign}" for sign in "%_\\"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUtterance:
    """One utterance that matches; times from the start of its call."""

    call_id: str
    utterance: int
    role: str
    begin_ms: int
    text: str


_SHOWN = [utterances.c[name] for name in ("call_id", "n", "role", "begin_ms", "text")]


def search(
    connection: Connection, query: str, *, by_sound: bool = False, limit: int = 50
) -> list[FoundUtterance]:
    """The newest calls first. `by_sound` also finds homophones; Latin letters may be pinyin.

    An empty query finds nothing.
    """
    wanted = _wanted(connection, query, by_sound=by_sound)
    if not wanted:
        return []
    rows = connection.execute(
        select(*_SHOWN, calls.c.started_at)
        .join(calls, calls.c.id == utterances.c.call_id)
        .where(or_(*wanted))
        .order_by(calls.c.started_at.desc(), utterances.c.call_id, utterances.c.n)
        .limit(limit)
    )
    return [
        FoundUtterance(
            call_id=row.call_id,
            utterance=row.n,
            role=row.role,
            begin_ms=row.begin_ms,
            text=row.text,
        )
        for row in rows
    ]


def saying(connection: Connection, query: str, *, by_sound: bool = False) -> Select[Any]:
    """Ids of the calls in which something was said; none for an empty query."""
    wanted = _wanted(connection, query, by_sound=by_sound)
    return select(utterances.c.call_id).where(or_(false(), *wanted))


def _wanted(connection: Connection, query: str, *, by_sound: bool) -> list[ColumnElement[bool]]:
    query = query.strip()
    latin = re.fullmatch(r"[a-zA-ZüÜ ]+", query) is not None
    typed = ways(query)
    sounds = readings(query) if latin else [syllables(way) for way in typed] if by_sound else []
    wanted = [_written(connection, way) for way in typed]
    return wanted + [_holds(connection, "pinyin", sound) for sound in sounds if sound]


def _written(connection: Connection, way: str) -> ColumnElement[bool]:
    """What is too short for the index of characters is looked up by its sound first, unless it
    holds numbers: figures have none.
    """
    here = _holds(connection, "folded", way)
    short = len(way) < _INDEXED and not _NUMERALS.intersection(way)
    heard = [_holds(connection, "pinyin", sound) for sound in (any_readings(way) if short else ())]
    return and_(or_(*heard), here) if heard else here


def _holds(connection: Connection, name: str, part: str) -> ColumnElement[bool]:
    here = utterances.c[name]
    if connection.dialect.name != "sqlite" or len(part) < _INDEXED:
        escaped = part.translate(_WILD)
        return here.ilike(f"%{escaped}%", escape="\\")
    index = table("utterances_fts", column("rowid"), column(name, String))
    phrase = '"' + part.replace('"', '""') + '"'
    matching = select(index.c.rowid).where(
        literal_column("utterances_fts").op("MATCH")(f"{name} : {phrase}")
    )
    return cast(literal_column("utterances.rowid"), func.count().type).in_(matching)
