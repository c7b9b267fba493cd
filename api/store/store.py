"""The store as the rest of the house sees it: open it, file calls, read and search them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine

from api.store import books, calls, opening, search, versions
from api.store.calls import CallFiling
from api.store.number_key import NumberKey
from api.store.seal import Seal
from phrasebook import Phrasebook
from qa_engine.report import Report

_as_report: TypeAdapter[Report] = TypeAdapter(Report)


def as_report(plain: Mapping[str, Any]) -> Report:
    """A stored report from the form of its JSON."""
    return _as_report.validate_python(plain)


class Store:
    """One database with its tables in place; safe to share between threads."""

    def __init__(
        self, engine: Engine, *, seal: Seal | None = None, numbers: NumberKey | None = None
    ) -> None:
        self.engine = engine
        self.seal = seal
        self.numbers = numbers

    @classmethod
    def open(cls, where: str) -> Store:
        """`where` is a SQLite file or a database URL; its tables are made or brought up to date.

        Raises StoreError.
        """
        seal, numbers = Seal.from_environment(), NumberKey.from_environment()
        engine = opening.connect(where)
        versions.upgrade(engine)
        return cls(engine, seal=seal, numbers=numbers)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with opening.writing(self.engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the store. Raises StoreError."""
        with opening.reading(self.engine) as connection:
            yield connection

    def save(
        self,
        report: Report,
        filing: CallFiling,
        *,
        book: Phrasebook,
        who: str = "qa-engine",
        also: Callable[[Connection], None] = lambda connection: None,
    ) -> None:
        """File one call, and what `also` notes with it: all or nothing. Raises StoreError."""
        with self.writing() as connection:
            books.keep_phrasebook(connection, book)
            calls.save(connection, report, filing, seal=self.seal, numbers=self.numbers, who=who)
            also(connection)

    def load(self, call_id: str) -> Report | None:
        """The report of a call, redacted; None when there is no such call."""
        with self.reading() as connection:
            plain = calls.load(connection, call_id)
        return None if plain is None else as_report(plain)

    def search(
        self, query: str, *, by_sound: bool = False, limit: int = 50
    ) -> list[search.FoundUtterance]:
        """Final utterances with these words, the newest first. Raises StoreError."""
        with self.reading() as connection:
            return search.search(connection, query, by_sound=by_sound, limit=limit)

    def close(self) -> None:
        """Lets go of all connections."""
        self.engine.dispose()
