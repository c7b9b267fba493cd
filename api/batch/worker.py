"""One worker: it holds a recogniser and a store, and turns sources into filed calls, one by one."""

from __future__ import annotations

import gc
import logging
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from api.analyzer import Analyzer, CallAnalyzer, Rules
from api.batch.ledger import FileFacts, FileState, tick
from api.batch.manifest.headings import is_call_id
from api.batch.source import Source
from api.outputs import OutputError, write_text
from api.review.sound import waves
from api.store import CallFiling, Store, StoreError, books
from api.store import calls as stored_calls
from api.store.audio import AudioShelf
from api.store.record_names import customer_names
from api.transcripts.analyzer import TranscriptAnalyzer
from phrasebook.messages import report_language
from qa_engine.audio.peaks import Peaks
from qa_engine.audio.reading import AS_IT_IS, Reading
from qa_engine.errors import QAError
from qa_engine.events import Role
from qa_engine.line.known_voices import NOBODY, KnownVoices
from qa_engine.meaning.answers import AnswerState
from qa_engine.report import Report, redacted
from qa_engine.report.html import render_html
from qa_engine.rules.record import CallRecord

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every worker of a batch is told once."""

    store: str
    phrasebook: Rules = None
    """As it was when the batch began, where it is the store's."""
    model: str | None = None
    hotwords: str = ""
    """Names and terms to expect in every call."""
    pages: Path | None = None
    """Where each call's page goes; None for no pages."""
    shelf: str | None = None
    """Where the recordings are kept; None to leave them where they are."""
    threads: int = 1
    """CPU threads of one recogniser."""
    how: Reading = AS_IT_IS
    """How the recordings are read, where they do not say so themselves."""
    roles: tuple[Role, ...] | None = None
    """Who is on which channel, where a manifest does not say."""
    known: KnownVoices = NOBODY
    """Recordings that the site plays, and its agents' voices."""
    transcripts: bool = False
    """The files are dialogues as text, not sound."""
    analyzer: Callable[[Job], CallAnalyzer] | None = None
    """Makes the analyzer, where it is not the usual one."""


@dataclass(frozen=True, slots=True)
class JudgingTask:
    """One recording to judge, already read and hashed."""

    source: Source
    facts: FileFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOutcome:
    """What became of one source. `peak_mb` is the worker's largest memory so far."""

    path: Path
    state: FileState
    reason: str = ""
    audio_ms: int = 0
    peak_mb: float = 0.0


def open_analyzer(job: Job) -> CallAnalyzer:
    """With its recogniser loaded. Raises QAError."""
    if job.transcripts:
        return TranscriptAnalyzer(phrasebook=job.phrasebook)
    return Analyzer(
        phrasebook=job.phrasebook,
        model=job.model,
        hotwords=job.hotwords,
        threads=job.threads,
        how=job.how,
        known=job.known,
    )


class Worker:
    """Raises QAError, ModelError or PhrasebookErrors when it cannot start."""

    def __init__(self, job: Job) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", str(job.threads))
        self._job = job
        self._analyzer = (job.analyzer or open_analyzer)(job)
        self._store = Store.open(job.store)
        self._shelf = AudioShelf(job.shelf) if job.shelf else None

    def settle(self) -> None:
        """Load what stays, and spare the collector from walking it after every recording.

        For a process that does nothing else.
        """
        _ = self._analyzer.matcher
        gc.collect()
        gc.freeze()
        # What a recording leaves is let go of without the collector but for a few thousand things.
        gc.set_threshold(50_000, 20, 50)

    def judge(self, task: JudgingTask) -> TaskOutcome:
        """Hear, judge and file one recording. A recording's fault is an outcome, not an error.

        Raises StoreError or OutputError: what cannot be kept must stop the batch.
        """
        source = task.source
        waveform: list[Peaks] = []
        try:
            report = self._analyzer.analyze(
                source.path,
                script=source.script or None,
                roles=source.roles or self._job.roles,
                peaks=waveform.append,
                record=_record(source),
            )
        except (StoreError, OutputError):
            raise
        except QAError as error:
            return self._failed(task, _about(error, source))
        except Exception as error:
            # A night's run is not given up for one recording, whatever it does to us.
            _log.exception("a recording could not be analysed")
            reason = f"{source.name}: could not be analysed ({type(error).__name__})"
            return self._failed(task, reason)
        if report.versions.audio != task.facts.digest:
            reason = f"{source.name}: changed while it was read; run the same command again"
            return self._failed(task, reason)
        self._file(report, task, waveform[0] if waveform else None)
        return TaskOutcome(
            path=source.path,
            state=FileState.DONE,
            audio_ms=report.call.duration_ms,
            peak_mb=peak_mb(),
        )

    def close(self) -> None:
        """Closes the store."""
        self._store.close()

    def _file(self, report: Report, task: JudgingTask, waveform: Peaks | None) -> None:
        """Page and sound first, so that a call that is ticked off has both whatever happens."""
        source, facts = task.source, task.facts
        name = source.file_name
        report = replace(report, call=replace(report.call, file=name))
        if self._job.pages:
            named = customer_names(source.customer, source.data)
            shown = redacted(report, named)
            page = render_html(shown, peaks=waveform, language=report_language())
            write_text(self._job.pages / f"{report.call.id}.html", [page])
        if self._shelf:
            self._shelf.keep(source.path, facts.digest)
        with self._store.writing() as connection:
            books.keep_phrasebook(connection, self._analyzer.phrasebook)
            stored_calls.save(
                connection,
                report,
                _filing(source, facts, name),
                seal=self._store.seal,
                numbers=self._store.numbers,
                who="qa-engine batch",
            )
            if self._shelf:
                self._shelf.note(connection, facts.digest, facts.size_bytes)
            if waveform is not None and (self._shelf or _is_to_be_asked(report)):
                # A page that is written again once its questions are answered needs it, too.
                waves.save_peaks(connection, facts.digest, waveform.coarser(waves.BUCKETS))
            tick(connection, source, facts, judged_by=self._analyzer.judge, state=FileState.DONE)

    def _failed(self, task: JudgingTask, reason: str) -> TaskOutcome:
        with self._store.writing() as connection:
            tick(
                connection,
                task.source,
                task.facts,
                judged_by=self._analyzer.judge,
                state=FileState.FAILED,
                reason=reason,
            )
        return TaskOutcome(
            path=task.source.path, state=FileState.FAILED, reason=reason, peak_mb=peak_mb()
        )


def _is_to_be_asked(report: Report) -> bool:
    return any(answer.state is AnswerState.WAITING for answer in report.answers)


def _record(source: Source) -> CallRecord:
    return CallRecord(
        agent=source.agent,
        team=source.team,
        customer=source.customer,
        direction=source.direction,
        started_at=source.started_at,
        data=source.data,
    )


def _filing(source: Source, facts: FileFacts, name: str) -> CallFiling:
    # Where nobody says when the call was, the file's own time is the best guess.
    written = datetime.fromtimestamp(facts.modified_ns // 1_000_000_000, UTC)
    return CallFiling(
        source=name,
        agent=source.agent,
        agent_name=source.agent_name,
        team=source.team,
        customer=source.customer,
        direction=source.direction,
        started_at=source.started_at or written,
        data=source.data,
        own_numbers=[title for title in source.data if is_call_id(title)],
    )


def _about(error: QAError, source: Source) -> str:
    """The error's sentence, with the path in a form that can be stored and shown."""
    return str(error).replace(str(source.path), source.name)


def peak_mb() -> float:
    """The largest resident memory of this process so far, in megabytes (Linux counts in kB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
