"""The phrasebooks that judged the calls of a store, each kept once, as they were then."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from api.store import tables
from phrasebook import Phrasebook, load_text, to_yaml


def keep_phrasebook(connection: Connection, book: Phrasebook) -> None:
    """Keep the phrasebook a call was judged by, once."""
    version = f"{book.name} {book.version}"
    known = select(tables.phrasebooks.c.version).where(tables.phrasebooks.c.version == version)
    if connection.scalar(known) is not None:
        return
    row = {
        "version": version,
        "name": book.name,
        "yaml": to_yaml(book),
        "first_used_at": datetime.now(UTC),
    }
    if connection.dialect.name == "postgresql":
        connection.execute(postgres_insert(tables.phrasebooks).values(row).on_conflict_do_nothing())
    else:
        connection.execute(insert(tables.phrasebooks).values(row))


def kept_phrasebook(connection: Connection, version: str) -> Phrasebook | None:
    """The phrasebook that is kept under a version (`name 1.0+…`); None where none is."""
    books = tables.phrasebooks
    row = connection.execute(select(books).where(books.c.version == version)).first()
    return load_text(row.yaml, row.name or "phrasebook") if row else None


def newest_phrasebook(connection: Connection) -> Phrasebook | None:
    """The phrasebook that judged the newest call, as it was then; None for an empty store."""
    books = tables.phrasebooks
    row = connection.execute(
        select(books.c.name, books.c.yaml)
        .join(tables.calls, tables.calls.c.phrasebook_version == books.c.version)
        .order_by(tables.calls.c.stored_at.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return load_text(row.yaml, row.name or "phrasebook")
