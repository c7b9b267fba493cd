"""Answers as they came, kept by all they hang on: nothing is asked, or paid for, twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from api.store.tables import asked
from phrasebook.model import Ask
from phrasebook.version import ask_version
from qa_engine.meaning.answers import Given
from qa_engine.meaning.prompt import PROMPT_VERSION

__all__ = ["key_of", "known", "save_answers"]

_given: TypeAdapter[Given] = TypeAdapter(Given)


def key_of(ask: Ask, *, model: str, transcript: str) -> str:
    """`model`: its name and the server's host. The version of our own words is part of it."""
    parts = "\n".join((model, PROMPT_VERSION, ask_version(ask), transcript))
    return hashlib.sha256(parts.encode()).hexdigest()


def known(connection: Connection, keys: Mapping[str, str]) -> dict[str, Given]:
    """Item → answer, of items and their keys."""
    rows = connection.execute(select(asked).where(asked.c.key.in_(keys.values()))).all()
    found = {row.key: _given.validate_python(row.body) for row in rows}
    return {item: found[key] for item, key in keys.items() if key in found}


def save_answers(
    connection: Connection, call_id: str, given: Iterable[Given], keys: Mapping[str, str]
) -> None:
    """Those that have a key, the newest in place of an older; in the caller's transaction."""
    for one in given:
        if (key := keys.get(one.item)) is None:
            continue
        connection.execute(delete(asked).where(asked.c.key == key))
        connection.execute(
            insert(asked).values(
                key=key,
                call_id=call_id,
                item=one.item,
                body=asdict(one),
                at=datetime.now(UTC),
            )
        )
