"""What is done and what is not, kept in the store: a call and its tick are one transaction."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from api.batch.bucket import BucketError
from api.batch.sources import Source
from api.review.purge import path_of_purged
from api.store import Store
from api.store.tables import calls, sources


class FileState(StrEnum):
    """What became of a file. Purged: it was done, and retention has removed what came of it."""

    DONE = "done"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as it is on disk now; `digest` is the sha256 of its bytes, empty if unreadable."""

    size_bytes: int
    modified_ns: int
    digest: str

    @property
    def call_id(self) -> str:
        """The same as the report's."""
        return self.digest[:16]


UNREADABLE = FileFacts(0, 0, "")


def file_facts(path: Path) -> FileFacts:
    """Read and hash a file. Raises OSError, also for what is no file."""
    seen = path.stat()
    if not stat.S_ISREG(seen.st_mode):
        # A pipe or a device would keep the whole batch waiting.
        raise OSError(0, "is a folder" if path.is_dir() else "not a regular file")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileFacts(seen.st_size, seen.st_mtime_ns, digest)


class Ledger:
    """The files of one store, judged by one engine, phrasebook and model (`judged_by`)."""

    def __init__(self, store: Store, judged_by: str) -> None:
        self.judged_by = judged_by
        self._store = store
        with store.reading() as connection:
            query = select(sources).where(sources.c.judged_by == judged_by)
            self._rows = {row.path: row for row in connection.execute(query)}
            kept = select(sources.c.call_id).where(sources.c.judged_by == judged_by)
            self._kept = set(connection.scalars(select(calls.c.id).where(calls.c.id.in_(kept))))

    def is_done(self, source: Source) -> bool:
        """True when the file, as it is and with what is told of it now, was judged before.

        A failure is tried again, and so is the copy of a call that is not there.
        """
        row = self._row(source.name)
        if row is None:
            return False
        if row.state == FileState.PURGED:
            return self._unchanged(source, row)
        if row.state == FileState.FAILED or row.told != source.told:
            return False
        return row.call_id in self._kept and self._unchanged(source, row)

    def _row(self, name: str) -> Any:
        """What is noted of a file; of a purged one only the hash of its path is left."""
        return self._rows.get(name) or self._rows.get(path_of_purged(name))

    def _unchanged(self, source: Source, row: Any) -> bool:
        try:
            now = source.seen()
        except (OSError, BucketError):
            return False
        return bool(row.size_bytes == now.size_bytes and row.modified_ns == now.modified_ns)

    def known(
        self, source: Source, facts: FileFacts, versions: tuple[str, str]
    ) -> FileState | None:
        """What the store already has of this sound, judged alike; None when there is work to do."""
        row = self._row(source.name)
        own = row is not None and row.call_id == facts.call_id
        if own and row is not None and row.told != source.told:
            return None
        if own and row is not None and row.state in {FileState.DONE, FileState.PURGED}:
            return FileState(row.state) if self._is_kept(facts, versions) else None
        return FileState.DUPLICATE if self._is_kept(facts, versions) else None

    def _is_kept(self, facts: FileFacts, versions: tuple[str, str]) -> bool:
        found = select(calls.c.id).where(
            calls.c.id == facts.call_id,
            calls.c.phrasebook_version == versions[0],
            calls.c.model_version == versions[1],
        )
        with self._store.reading() as connection:
            return connection.scalar(found) is not None


def tick(
    connection: Connection,
    source: Source,
    facts: FileFacts,
    *,
    judged_by: str,
    state: FileState,
    reason: str = "",
) -> None:
    """Note what became of a file, within the caller's transaction."""
    connection.execute(delete(sources).where(sources.c.path == source.name))
    connection.execute(
        insert(sources).values(
            path=source.name,
            size_bytes=facts.size_bytes,
            modified_ns=facts.modified_ns,
            hash=facts.digest,
            judged_by=judged_by,
            told=source.told,
            state=state,
            reason=reason,
            call_id="" if state is FileState.FAILED else facts.call_id,
            at=datetime.now(UTC),
        )
    )
