"""An analyzer without a recogniser: it looks at the sound, and always hears the sample call."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, event, select

from api.analyzer import Analyzer, Progress
from api.batch.processes import Processes
from api.batch.run import Batch, BatchProgress
from api.batch.sources import find_sources
from api.batch.worker import Job
from api.store import Store, tables
from qa_engine.audio import survey
from qa_engine.audio.peaks import Peaks
from qa_engine.events import Role
from qa_engine.report import Report
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord
from tests.qa_engine.audio.recordings import tone, wav
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack

DEADLY = "deadly"
"""A recording of this name kills its worker."""
VERSIONS = ("sample 1", "scripted 1")
JUDGE = "0 sample 1 scripted 1"


class Scripted(Analyzer):
    pause_s = 0.0

    def __init__(self) -> None:
        self.phrasebook = pack()

    @property
    def versions(self) -> tuple[str, str]:
        return VERSIONS

    @property
    def judge(self) -> str:
        return JUDGE

    def analyze(
        self,
        recording: Path,
        *,
        script: str | None = None,
        roles: Sequence[Role] | None = None,
        progress: Progress | None = None,
        peaks: Callable[[Peaks], None] | None = None,
        record: CallRecord = NOTHING_KNOWN,
    ) -> Report:
        seen = survey(recording)
        if peaks:
            peaks(seen.peaks)
        time.sleep(self.pause_s)
        if DEADLY in recording.name:
            os.kill(os.getpid(), signal.SIGKILL)
        if "endless" in recording.name:
            time.sleep(3_600)
        if "puzzling" in recording.name:
            raise ZeroDivisionError
        report = _sample()
        return replace(
            report,
            call=replace(
                report.call,
                id=seen.sha256[:16],
                file=recording.name,
                duration_ms=seen.duration_ms,
                script=script or "",
            ),
            versions=replace(
                report.versions, audio=seen.sha256, phrasebook=VERSIONS[0], model=VERSIONS[1]
            ),
        )


@cache
def _sample() -> Report:
    return sample_report()


def scripted(_job: Job) -> Analyzer:
    return Scripted()


def slow(_job: Job) -> Analyzer:
    analyzer = Scripted()
    analyzer.pause_s = 0.05
    return analyzer


def with_full_disk(_job: Job) -> Analyzer:
    """A disk that fills up while the worker starts."""

    @event.listens_for(Engine, "connect")
    def shrink(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    return Scripted()


def run(
    where: str | Path,
    store: str,
    *,
    workers: int = 1,
    limit: int | None = None,
    patience_s: float = 600.0,
    **job: object,
) -> BatchProgress:
    """A batch with the scripted analyzer."""
    told = Job(**{"store": store, "analyzer": scripted, **job})  # type: ignore[arg-type]
    opened = Store.open(store)
    try:
        batch = Batch(find_sources(str(where)), opened, versions=VERSIONS, judge=JUDGE)
        tally = BatchProgress(total=0, before=batch.before)
        if batch.left:
            crew = Processes(told)
            steps = list(batch.run(crew, workers=workers, limit=limit, patience_s=patience_s))
            tally = steps[-1][0]
    finally:
        opened.close()
    return tally


def recordings(folder: Path, names: Iterable[str], *, ms: int = 60) -> None:
    """Small WAV files, each with another sound."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        wav(folder / name, tone(ms, rate=8000, hz=200 + number)[None], rate=8000)


def states(store: str) -> dict[str, str]:
    """State of each file by its name."""
    opened = Store.open(store)
    with opened.reading() as connection:
        rows = connection.execute(select(tables.sources)).all()
    opened.close()
    return {row.path.rsplit("/", 1)[-1]: row.state for row in rows}


def reasons(store: str) -> dict[str, str]:
    opened = Store.open(store)
    with opened.reading() as connection:
        rows = connection.execute(select(tables.sources)).all()
    opened.close()
    return {row.path.rsplit("/", 1)[-1]: row.reason for row in rows if row.reason}


def contents(store: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the store but the moments at which it was written."""
    opened = Store.open(store)
    found = {}
    moments = {"stored_at", "at", "first_used_at", "modified_ns", "link", "n"}
    with opened.reading() as connection:
        for table in (
            tables.calls,
            tables.utterances,
            tables.hits,
            tables.steps,
            tables.sources,
            tables.phrasebooks,
        ):
            columns = [c for c in table.c if c.name not in moments or table is tables.utterances]
            rows = connection.execute(select(*columns)).all()
            found[table.name] = sorted(tuple(map(str, row)) for row in rows)
    opened.close()
    return found  # type: ignore[return-value]
