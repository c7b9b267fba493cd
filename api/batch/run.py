"""One batch from source to filed calls: what is left to do, the workers, the tally."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from api.batch.bucket import BucketError
from api.batch.download_dir import DownloadDir
from api.batch.ledger import UNREADABLE, FileFacts, FileState, Ledger, file_facts, tick
from api.batch.sources import Source
from api.batch.worker import Job, JudgingTask, TaskOutcome
from api.batch.worker_pool import PATIENCE_S, Crew, work
from api.store import Store


@dataclass(slots=True, kw_only=True)
class BatchProgress:
    """What a batch has done so far. Times in ms of audio and seconds of clock."""

    total: int
    before: int
    done: int = 0
    duplicates: int = 0
    failed: int = 0
    audio_ms: int = 0
    peak_mb: float = 0.0
    began_s: float = field(default_factory=time.monotonic)

    def count(self, outcome: TaskOutcome) -> None:
        self.done += outcome.state is FileState.DONE
        self.duplicates += outcome.state is FileState.DUPLICATE
        self.failed += outcome.state is FileState.FAILED
        self.audio_ms += outcome.audio_ms
        self.peak_mb = max(self.peak_mb, outcome.peak_mb)

    @property
    def settled(self) -> int:
        return self.done + self.duplicates + self.failed

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.began_s, 1e-3)

    @property
    def audio_hours_an_hour(self) -> float:
        return self.audio_ms / 1000 / self.seconds


class Batch:
    """The recordings of one source against one store, judged by one phrasebook and model."""

    def __init__(
        self,
        sources: Sequence[Source],
        store: Store,
        *,
        versions: tuple[str, str],
        judge: str,
        downloads: DownloadDir | None = None,
    ) -> None:
        """`downloads`: where objects of a bucket lie while they are judged."""
        self._store = store
        self._downloads = downloads or DownloadDir()
        self._versions = versions
        self._ledger = Ledger(store, judge)
        self.left = [source for source in sources if not self._ledger.is_done(source)]
        self.before = len(sources) - len(self.left)

    def run(
        self,
        crew: Crew,
        *,
        workers: int,
        limit: int | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[tuple[BatchProgress, TaskOutcome]]:
        """Work off what is left, `limit` at most; each outcome is kept before it is told.

        `patience_s`: how long one recording may take.

        Raises QAError when the store or an output cannot be written.
        """
        with self._downloads:
            yield from self._work(crew, self.left[:limit], workers, patience_s)

    def _work(
        self, crew: Crew, todo: Sequence[Source], workers: int, patience_s: float
    ) -> Iterator[tuple[BatchProgress, TaskOutcome]]:
        tally = BatchProgress(total=len(todo), before=self.before)
        for outcome in work(
            crew,
            self._items(todo),
            workers=min(workers, len(todo)),
            patience_s=patience_s,
            give_up=lambda task, why: self._failed(
                task.source, task.facts, f"{task.source.name}: {why}"
            ),
        ):
            self._downloads.let_go(outcome.path)
            tally.count(outcome)
            yield tally, outcome

    def _items(self, todo: Sequence[Source]) -> Iterator[JudgingTask | TaskOutcome]:
        """Each source read and hashed in order, so that of two equal ones the first counts."""
        seen: set[str] = set()
        for source in todo:
            try:
                source, facts = self._at_hand(source)
            except BucketError as error:
                yield self._failed(source, UNREADABLE, str(error))
                continue
            except OSError as error:
                why = (error.strerror or "unreadable").lower()
                yield self._failed(source, UNREADABLE, f"{source.name}: cannot be read ({why})")
                continue
            known = self._ledger.known(source, facts, self._versions)
            if known is None and facts.digest in seen:
                known = FileState.DUPLICATE
            seen.add(facts.digest)
            if known is None:
                yield JudgingTask(source, facts)
            else:
                yield self._settle(source, facts, known)

    def _at_hand(self, source: Source) -> tuple[Source, FileFacts]:
        """The source where it can be read, and what it is. Raises OSError, BucketError."""
        if not source.url:
            return source, file_facts(source.path)
        seen = source.seen()
        here = replace(source, path=self._downloads.fetch(source.url))
        return here, replace(file_facts(here.path), modified_ns=seen.modified_ns)

    def _settle(
        self, source: Source, facts: FileFacts, state: FileState, reason: str = ""
    ) -> TaskOutcome:
        with self._store.writing() as connection:
            tick(
                connection,
                source,
                facts,
                judged_by=self._ledger.judged_by,
                state=state,
                reason=reason,
            )
        return TaskOutcome(path=source.path, state=state, reason=reason)

    def _failed(self, source: Source, facts: FileFacts, reason: str) -> TaskOutcome:
        return self._settle(source, facts, FileState.FAILED, reason)


def began_since(source: Source, moment: datetime) -> bool:
    """By the manifest's start, or else by the file's own time."""
    if source.started_at:
        return source.started_at >= moment
    try:
        return source.seen().modified_ns >= moment.timestamp() * 1_000_000_000
    except (OSError, BucketError):
        # A file that cannot be looked at is tried, so that its reason is told.
        return True


def threads_for(workers: int) -> int:
    """CPU threads a recogniser may take, so that all workers together use the machine once."""
    return max(1, (os.cpu_count() or 1) // workers)


def crew_for(job: Job, *, ray: str | None) -> Crew:
    """Processes of this machine, or actors of the Ray cluster at that address. Raises QAError."""
    if ray is None:
        from api.batch.processes import Processes

        return Processes(job)
    from api.batch.cluster import RayCrew

    return RayCrew(job, address=ray, cpus_a_worker=job.threads)
