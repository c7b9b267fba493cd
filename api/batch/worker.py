"""One worker: it holds a recogniser and a store, and turns sources into filed calls, one by one."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from api.analyzer import Analyzer
from api.batch.ledger import FileFacts, Ledger, file_facts
from api.batch.sources import Source
from api.outputs import write_text
from api.store import CallFiling, Store, StoreError
from api.store import calls as stored_calls
from qa_engine.errors import QAError
from qa_engine.report import Report


class State(StrEnum):
    DONE = "done"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every worker of a batch is told once."""

    store: str
    phrasebook: Path | None
    model: str | None
    script: str | None
    pages: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one source. `peak_mb` is the worker's largest memory so far."""

    path: Path
    state: State
    reason: str = ""
    audio_ms: int = 0
    peak_mb: float = 0.0


class Worker:
    """Raises QAError, ModelError or PhrasebookErrors when it cannot start; then never stops."""

    def __init__(self, job: Job) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        self._job = job
        self._analyzer = Analyzer(phrasebook=job.phrasebook, model=job.model)
        self._analyzer.check_script(job.script)
        self._store = Store.open(job.store)
        self._ledger = Ledger(self._store, self._analyzer.judge)

    def judge(self, source: Source) -> Outcome:
        """Hear, judge and file one recording. A recording's fault is an outcome, not an error.

        Raises StoreError: a store that cannot be written must stop the batch.
        """
        try:
            facts = file_facts(source.path)
        except OSError as error:
            reason = f"cannot be read ({(error.strerror or 'unreadable').lower()})"
            return self._failed(FileFacts(source.path, 0, 0, ""), reason)
        try:
            with self._store.reading() as connection:
                known = self._ledger.judged(connection, facts, self._analyzer.versions)
            if known:
                return self._duplicate(facts)
            report = self._analyzer.analyze(
                source.path, script=source.script or self._job.script, roles=source.roles
            )
        except StoreError:
            raise
        except QAError as error:
            return self._failed(facts, str(error))
        self._file(report, source, facts)
        return Outcome(
            path=source.path,
            state=State.DONE,
            audio_ms=report.call.duration_ms,
            peak_mb=peak_mb(),
        )

    def _file(self, report: Report, source: Source, facts: FileFacts) -> None:
        """The page first, so that a call that is ticked off has its page whatever happens."""
        if self._job.pages:
            write_text(self._job.pages / f"{report.call.id}.html", [report.to_html()])
        filing = CallFiling(
            source=source.path.name,
            agent=source.agent,
            team=source.team,
            customer=source.customer,
            direction=source.direction,
            started_at=source.started_at,
        )
        with self._store.writing() as connection:
            stored_calls.keep_phrasebook(connection, self._analyzer.phrasebook)
            stored_calls.save(
                connection, report, filing, seal=self._store.seal, who="qa-engine batch"
            )
            self._ledger.tick(connection, facts, state=State.DONE)

    def _duplicate(self, facts: FileFacts) -> Outcome:
        with self._store.writing() as connection:
            self._ledger.tick(connection, facts, state=State.DUPLICATE)
        return Outcome(path=facts.path, state=State.DUPLICATE, peak_mb=peak_mb())

    def _failed(self, facts: FileFacts, reason: str) -> Outcome:
        with self._store.writing() as connection:
            self._ledger.tick(connection, facts, state=State.FAILED, reason=reason)
        return Outcome(path=facts.path, state=State.FAILED, reason=reason, peak_mb=peak_mb())


def peak_mb() -> float:
    """The largest resident memory of this process so far, in megabytes (Linux counts in kB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
