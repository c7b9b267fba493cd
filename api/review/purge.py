"""Retention: what is older than the policy allows is removed, and that it was is on record.

Of a call that went, nothing stays that anybody said or wrote: no words, no sound in any form, no
comment, no path of a file. What people decided stays, without its words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, delete, func, select, text, update

from api.store import audit
from api.store.audio import remove as remove_recording
from api.store.calls import remove
from api.store.rule_tables import rule_trials
from api.store.store import Store
from api.store.tables import asked, audio, calls, sources, verdicts

_AT_ONCE = 200
"""Calls a transaction removes, so that a night's purge does not lock out the morning's calls."""


@dataclass(frozen=True, slots=True)
class Purged:
    calls: int
    recordings: int


class Traces(Protocol):
    """What else a machine keeps of calls, outside the database."""

    def remove(self, call_ids: Sequence[str], hashes: Sequence[str]) -> None:
        """Of these calls, and of recordings by their hashes."""

    def sweep(self, before: datetime) -> None:
        """Of whatever began before then, filed or not."""


def purge(
    store: Store,
    *,
    before: datetime,
    who: str,
    traces: Traces | None = None,
    dry_run: bool = False,
) -> Purged:
    """Remove calls that began before then: text, hits, verdicts, recordings; the audit trail stays.

    Raises StoreError; what was removed until then stays removed and is on record.
    """
    old = calls.c.started_at < before
    if dry_run:
        with store.reading() as connection:
            count = connection.scalar(select(func.count()).select_from(calls).where(old))
            kept = select(audio.c.hash).where(
                audio.c.hash.in_(select(calls.c.audio_hash).where(old))
            )
            return Purged(count or 0, len(connection.scalars(kept).all()))
    done, recordings = remove_calls(store, old, who, {"before": before.isoformat()}, traces)
    if traces is not None:
        traces.sweep(before)
    with store.writing() as connection:
        # Files that could not be read have no call; their names hold numbers all the same.
        failed = (sources.c.call_id == "") & (sources.c.at < before)
        connection.execute(delete(sources).where(failed))
    forget_deleted(store)
    return Purged(done, recordings)


def remove_calls(
    store: Store,
    which: ColumnElement[bool],
    who: str,
    why: dict[str, str],
    traces: Traces | None,
) -> tuple[int, int]:
    """Take out all calls of a kind, some at a time; returns how many calls and recordings went."""
    done = recordings = 0
    while ids := _next(store, which):
        with store.writing() as connection:
            recordings += _remove(connection, ids, who, why, traces)
        done += len(ids)
    return done, recordings


def _remove(
    connection: Connection,
    ids: list[str],
    who: str,
    why: dict[str, str],
    traces: Traces | None,
) -> int:
    """Take these calls out; the number of recordings that went with them."""
    gone = set(connection.scalars(select(calls.c.audio_hash).where(calls.c.id.in_(ids)))) - {""}
    still = select(calls.c.audio_hash).where(calls.c.audio_hash.in_(gone), calls.c.id.not_in(ids))
    gone -= set(connection.scalars(still))
    shelved = connection.execute(select(audio).where(audio.c.hash.in_(gone))).all()
    # Before the rows: a purge that is interrupted must find it again, not forget it.
    for row in shelved:
        remove_recording(row.location)
    if traces is not None:
        traces.remove(ids, sorted(gone))
    connection.execute(delete(audio).where(audio.c.hash.in_(gone)))
    for call_id in ids:
        remove(connection, call_id)
    _remove_work(connection, ids, sorted(gone))
    for table in (verdicts, asked):
        connection.execute(delete(table).where(table.c.call_id.in_(ids)))
    _forget_paths(connection, ids)
    audit.record(
        connection,
        who=who,
        action="calls.purged",
        subject=f"{len(ids)} calls",
        detail={**why, "calls": ids},
    )
    return len(shelved)


def _remove_work(connection: Connection, ids: list[str], hashes: list[str]) -> None:
    """What people wrote, waveforms, and what waited to be judged; judgements stay."""
    # Here, not above: the desk's tables are made of the store's.
    from api.review.coaching.notes import forget_calls
    from api.review.forgetting import forget_words
    from api.review.tables import corrections, flags, outcomes, tasks, waves

    # Trials of rules quote calls; which ones is not worth knowing.
    connection.execute(delete(rule_trials))
    for table in (corrections, flags, outcomes, tasks):
        connection.execute(delete(table).where(table.c.call_id.in_(ids)))
    connection.execute(delete(waves).where(waves.c.audio_hash.in_(hashes)))
    forget_words(connection, ids)
    forget_calls(connection, ids)


def path_of_purged(path: str) -> str:
    """What stands for the path of a purged file: a hash, by which the next batch knows it again."""
    return "purged:" + hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()


def _forget_paths(connection: Connection, ids: list[str]) -> None:
    """The file may still lie in its folder: the next batch must not bring the call back."""
    rows = connection.execute(select(sources.c.path).where(sources.c.call_id.in_(ids))).all()
    for (path,) in rows:
        if path.startswith("purged:"):
            continue
        connection.execute(delete(sources).where(sources.c.path == path_of_purged(path)))
        values = {"state": "purged", "path": path_of_purged(path), "reason": "", "told": ""}
        connection.execute(update(sources).where(sources.c.path == path).values(values))


def forget_deleted(store: Store) -> None:
    """What was deleted must not stay readable in free pages, the search index or the journal."""
    if store.engine.dialect.name == "sqlite":
        with store.writing() as connection:
            optimise = "INSERT INTO utterances_fts(utterances_fts) VALUES ('optimize')"
            connection.execute(text(optimise))
        with store.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))


def _next(store: Store, which: ColumnElement[bool]) -> list[str]:
    with store.reading() as connection:
        query = select(calls.c.id).where(which).order_by(calls.c.id)
        return list(connection.scalars(query.limit(_AT_ONCE)))
