"""What is done and what is not, kept in the store: a call and its tick are one transaction."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from api.store import Store
from api.store.tables import calls, sources

_BLOCK = 1 << 20


def name_of(path: Path) -> str:
    """A path as text that any database takes; bytes that are not UTF-8 are written as \\xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as it is on disk now; `digest` is the sha256 of its bytes."""

    path: Path
    size_bytes: int
    modified_ns: int
    digest: str

    @property
    def call_id(self) -> str:
        return self.digest[:16]


def file_facts(path: Path) -> FileFacts:
    """Read and hash a file. Raises OSError."""
    stat = path.stat()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return FileFacts(path, stat.st_size, stat.st_mtime_ns, digest.hexdigest())


class Ledger:
    """The sources of one store, judged by one engine, phrasebook and model (`judged_by`)."""

    def __init__(self, store: Store, judged_by: str) -> None:
        self._store = store
        self.judged_by = judged_by
        with store.reading() as connection:
            rows = connection.execute(select(sources).where(sources.c.judged_by == judged_by))
            self._rows = {row.path: row for row in rows}

    def is_done(self, path: Path) -> bool:
        """True when the file, as it is now, was judged before; a failure is tried again."""
        row = self._rows.get(name_of(path))
        if row is None or row.state == "failed":
            return False
        stat = path.stat()
        return bool(row.size_bytes == stat.st_size and row.modified_ns == stat.st_mtime_ns)

    def tick(
        self, connection: Connection, facts: FileFacts, *, state: str, reason: str = ""
    ) -> None:
        """Note what became of a file, within the caller's transaction."""
        path = name_of(facts.path)
        connection.execute(delete(sources).where(sources.c.path == path))
        connection.execute(
            insert(sources).values(
                path=path,
                size_bytes=facts.size_bytes,
                modified_ns=facts.modified_ns,
                hash=facts.digest,
                judged_by=self.judged_by,
                state=state,
                reason=reason,
                call_id="" if state == "failed" else facts.call_id,
                at=datetime.now(UTC),
            )
        )

    def judged(self, connection: Connection, facts: FileFacts, versions: tuple[str, str]) -> bool:
        """True when the same sound was judged by the same phrasebook and model, under any name."""
        found = select(calls.c.id).where(
            calls.c.id == facts.call_id,
            calls.c.phrasebook_version == versions[0],
            calls.c.model_version == versions[1],
        )
        return connection.scalar(found) is not None
