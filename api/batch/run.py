"""One batch from source to sheets: what is left to do, the workers, the progress, the outputs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from api.batch.ledger import Ledger
from api.batch.pool import run_here, run_on_ray
from api.batch.sources import Source, find_sources
from api.batch.worker import Job, Outcome, State
from api.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a batch will do: the sources left, and how many were done before."""

    left: tuple[Source, ...]
    before: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a batch has done so far. Times in ms of audio and seconds of clock."""

    total: int
    before: int
    done: int = 0
    duplicates: int = 0
    failures: list[Outcome] = field(default_factory=list)
    audio_ms: int = 0
    peak_mb: float = 0.0
    began_s: float = field(default_factory=time.monotonic)

    def count(self, outcome: Outcome) -> None:
        self.done += outcome.state is State.DONE
        self.duplicates += outcome.state is State.DUPLICATE
        if outcome.state is State.FAILED:
            self.failures.append(outcome)
        self.audio_ms += outcome.audio_ms
        self.peak_mb = max(self.peak_mb, outcome.peak_mb)

    @property
    def audio_hours_per_hour(self) -> float:
        return self.audio_ms / 1000 / max(time.monotonic() - self.began_s, 1e-3)


def plan(
    where: str,
    store: Store,
    *,
    judge: str,
    scripts: tuple[str, ...],
    since: datetime | None = None,
    limit: int | None = None,
) -> Plan:
    """What is left to do; `since` looks at the manifest's start or the file's own time."""
    found = find_sources(where, scripts=scripts)
    if since is not None:
        found = [source for source in found if _moment(source) >= since]
    ledger = Ledger(store, judge)
    left = [source for source in found if not ledger.is_done(source.path)]
    return Plan(left=tuple(left[:limit]), before=len(found) - len(left))


def run(
    job: Job, todo: Plan, *, workers: int, ray: str | None = None
) -> Iterator[tuple[Tally, Outcome]]:
    """Work the plan off; each outcome is filed before it is told."""
    tally = Tally(total=len(todo.left), before=todo.before)
    if not todo.left:
        return
    if ray is None:
        outcomes = run_here(job, todo.left, workers=min(workers, len(todo.left)))
    else:
        outcomes = run_on_ray(job, todo.left, workers=workers, address=ray)
    for outcome in outcomes:
        tally.count(outcome)
        yield tally, outcome


def _moment(source: Source) -> datetime:
    if source.started_at:
        return source.started_at
    try:
        return datetime.fromtimestamp(source.path.stat().st_mtime).astimezone()
    except OSError:
        # A file that cannot be looked at is tried, so that its reason is told.
        return datetime.max.replace(tzinfo=datetime.now().astimezone().tzinfo)
