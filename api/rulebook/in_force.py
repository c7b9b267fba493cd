"""Which rules are in force: the store's newest version, or a site's own pack directory.

A site that names a directory (`QA_ENGINE_PHRASEBOOK`, `--phrasebook`) keeps it: then nothing of
the store's versions counts. Without one the store's do; the bundled pack is its first version, and
follows the engine until somebody publishes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import phrasebook
from api.review.errors import ReviewError, Taken
from api.rulebook.versions import Origin, RuleVersion, book_of, newest, publish
from api.store import Store
from api.store.books import newest_phrasebook
from phrasebook import Phrasebook

__all__ = ["FIRST", "InForce", "begin", "in_force", "record_of", "rules_kept_in", "store_kept_in"]

FIRST = "first start"
"""Who publishes what came with the engine."""
_KEPT = 4


@dataclass(frozen=True, slots=True)
class InForce:
    """`version` is None where a directory rules."""

    book: Phrasebook
    version: RuleVersion | None
    directory: Path | None = None

    @property
    def number(self) -> int:
        return self.version.number if self.version else 0

    @property
    def named(self) -> str:
        """As reports name it."""
        return f"{self.book.name} {self.book.version}"


def begin(store: Store) -> None:
    """Version 1 where there is none; a newer bundled pack where nobody published yet."""
    with store.reading() as connection:
        last = newest(connection)
    if last is not None and last.origin is not Origin.BUNDLED:
        return
    book = _directory(phrasebook.bundled())
    follows = last.number if last else 0
    # Another server may begin with the same store in this moment, or it is the same pack still.
    with suppress(Taken, ReviewError):
        publish(store, book, note="", by=FIRST, follows=follows, origin=Origin.BUNDLED)


def in_force(store: Store, directory: Path | None = None) -> InForce:
    """Raises `PhrasebookErrors` for a directory with mistakes."""
    if directory is not None:
        return InForce(_directory(directory), None, directory)
    with store.reading() as connection:
        last = newest(connection)
        if last is None:
            # Without versions: what judged the newest call, as before there were any.
            found = newest_phrasebook(connection)
            return InForce(found or _directory(phrasebook.bundled()), None)
        kept = _books.get(last.book)
        if kept is None:
            kept = _books.keep(last.book, book_of(connection, last))
    return InForce(kept, last)


def record_of(store: Store) -> Phrasebook | None:
    """The store's newest version; None where it has none."""
    found = in_force(store)
    return found.book if found.version else None


def rules_kept_in(where: str) -> Phrasebook | None:
    """`record_of` a store by its file or URL; None, too, where there is no such file."""
    with store_kept_in(where) as store:
        return record_of(store) if store else None


@contextmanager
def store_kept_in(where: str) -> Iterator[Store | None]:
    """The store of a file or URL; None where there is no such file, which is not made."""
    if "://" not in where and not Path(where).is_file():
        yield None
        return
    store = Store.open(where)
    try:
        yield store
    finally:
        store.close()


class _Books:
    """The last few phrasebooks by version, read once: their text never changes."""

    def __init__(self) -> None:
        self._books: OrderedDict[str, Phrasebook] = OrderedDict()
        self._lock = Lock()

    def get(self, version: str) -> Phrasebook | None:
        with self._lock:
            return self._books.get(version)

    def keep(self, version: str, book: Phrasebook) -> Phrasebook:
        with self._lock:
            self._books[version] = book
            while len(self._books) > _KEPT:
                self._books.popitem(last=False)
        return book


_books = _Books()


def _directory(path: Path) -> Phrasebook:
    """Read again only when a file of it changed."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    stamp = "|".join(
        f"{file}:{file.stat().st_mtime_ns}:{file.stat().st_size}" for file in files if file.exists()
    )
    return _books.get(stamp) or _books.keep(stamp, phrasebook.load(path))
