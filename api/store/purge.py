"""Retention: what is older than the policy allows is removed, and that it was is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from api.store import audit
from api.store.audio import AudioShelf
from api.store.calls import remove
from api.store.store import Store
from api.store.tables import audio, calls, sources, verdicts

_AT_ONCE = 200
"""Calls a transaction removes, so that a night's purge does not lock out the morning's calls."""


@dataclass(frozen=True, slots=True)
class Purged:
    calls: int
    recordings: int


def purge(
    store: Store,
    *,
    before: datetime,
    who: str,
    shelf: AudioShelf | None = None,
    dry_run: bool = False,
) -> Purged:
    """Remove calls that began before then: text, hits, verdicts, recordings; the audit trail stays.

    Raises StoreError; what was removed until then stays removed and is on record.
    """
    with store.reading() as connection:
        old = select(func.count()).select_from(calls).where(calls.c.started_at < before)
        count = connection.scalar(old) or 0
    if dry_run:
        return Purged(count, 0)
    done = recordings = 0
    while ids := _next(store, before):
        with store.writing() as connection:
            hashes = connection.scalars(select(calls.c.audio_hash).where(calls.c.id.in_(ids))).all()
            for call_id in ids:
                remove(connection, call_id)
            connection.execute(delete(verdicts).where(verdicts.c.call_id.in_(ids)))
            connection.execute(delete(sources).where(sources.c.call_id.in_(ids)))
            kept = select(audio.c.hash).where(audio.c.hash.in_(hashes))
            shelved = connection.scalars(kept).all()
            connection.execute(delete(audio).where(audio.c.hash.in_(shelved)))
            audit.record(
                connection,
                who=who,
                action="calls.purged",
                subject=f"{len(ids)} calls",
                detail={"before": before.isoformat(), "calls": list(ids)},
            )
        for digest in shelved:
            if shelf:
                shelf.remove(digest)
        done += len(ids)
        recordings += len(shelved)
    return Purged(done, recordings)


def _next(store: Store, before: datetime) -> list[str]:
    with store.reading() as connection:
        query = select(calls.c.id).where(calls.c.started_at < before).limit(_AT_ONCE)
        return list(connection.scalars(query))
