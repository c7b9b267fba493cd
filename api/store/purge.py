"""Retention: what is older than the policy allows is removed, and that it was is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from api.store import audit
from api.store.audio import remove as remove_recording
from api.store.calls import remove
from api.store.store import Store
from api.store.tables import audio, calls, sources, verdicts

_AT_ONCE = 200
"""Calls a transaction removes, so that a night's purge does not lock out the morning's calls."""


@dataclass(frozen=True, slots=True)
class Purged:
    calls: int
    recordings: int


def purge(store: Store, *, before: datetime, who: str, dry_run: bool = False) -> Purged:
    """Remove calls that began before then: text, hits, verdicts, recordings; the audit trail stays.

    Raises StoreError; what was removed until then stays removed and is on record.
    """
    if dry_run:
        with store.reading() as connection:
            old = calls.c.started_at < before
            count = connection.scalar(select(func.count()).select_from(calls).where(old))
            kept = select(audio.c.hash).where(
                audio.c.hash.in_(select(calls.c.audio_hash).where(old))
            )
            return Purged(count or 0, len(connection.scalars(kept).all()))
    done = recordings = 0
    while ids := _next(store, before):
        with store.writing() as connection:
            recordings += _remove(connection, ids, before, who)
        done += len(ids)
    return Purged(done, recordings)


def _remove(connection: Connection, ids: list[str], before: datetime, who: str) -> int:
    """Take these calls out; the number of recordings that went with them."""
    hashes = select(calls.c.audio_hash).where(calls.c.id.in_(ids))
    shelved = connection.execute(select(audio).where(audio.c.hash.in_(hashes))).all()
    for row in shelved:
        # Before the row: a purge that is interrupted must find it again, not forget it.
        remove_recording(row.location)
    connection.execute(delete(audio).where(audio.c.hash.in_([row.hash for row in shelved])))
    for call_id in ids:
        remove(connection, call_id)
    _remove_work(connection, ids, [row.hash for row in shelved])
    connection.execute(delete(verdicts).where(verdicts.c.call_id.in_(ids)))
    # The file may still lie in its folder: the next batch must not bring the call back.
    connection.execute(update(sources).where(sources.c.call_id.in_(ids)).values(state="purged"))
    audit.record(
        connection,
        who=who,
        action="calls.purged",
        subject=f"{len(ids)} calls",
        detail={"before": before.isoformat(), "calls": ids},
    )
    return len(shelved)


def _remove_work(connection: Connection, ids: list[str], hashes: list[str]) -> None:
    """Words that people put right, waveforms, and what waited to be judged; judgements stay."""
    # Here, not above: the desk's tables are made of the store's.
    from api.review.tables import corrections, flags, outcomes, tasks, waves

    for table in (corrections, flags, outcomes, tasks):
        connection.execute(delete(table).where(table.c.call_id.in_(ids)))
    connection.execute(delete(waves).where(waves.c.audio_hash.in_(hashes)))


def _next(store: Store, before: datetime) -> list[str]:
    with store.reading() as connection:
        query = select(calls.c.id).where(calls.c.started_at < before).order_by(calls.c.id)
        return list(connection.scalars(query.limit(_AT_ONCE)))
