"""`qa-engine batch`: a folder, glob or manifest of recordings into a store and its sheets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from api import clock
from api.cli.answers import no_server, tell_answers
from api.cli.batch_progress import watch
from api.cli.manifests import check_manifest, endings, write_template
from api.cli.options import (
    Channels,
    EncodingOption,
    Hotwords,
    KnownVoicesFile,
    ModelName,
    PhrasebookDir,
    Rate,
)
from api.outputs import OutputError
from api.roles import parse_reading
from phrasebook.messages import say
from qa_engine.errors import QAError

if TYPE_CHECKING:
    from api.batch.endings import LeftOut
    from api.batch.run import Batch, BatchProgress
    from api.batch.sources import FoundRecordings, Source
    from api.batch.worker import Job
    from api.store import Store

CORES = os.cpu_count() or 1
MOST_TOLD = 20
"""Failures told one by one; the sheet lists them all."""


def batch(
    source: Annotated[
        str | None,
        typer.Argument(help="a folder, a glob, a recording, a manifest (CSV, XLSX), a bucket"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the folder for the sheets and pages")] = None,
    store: Annotated[str | None, typer.Option(help="a store's file or URL")] = None,
    audio: Annotated[
        str | None, typer.Option(help="keep the recordings in this folder or URL")
    ] = None,
    workers: Annotated[int, typer.Option(help="recognisers side by side", min=1)] = CORES,
    phrasebook: PhrasebookDir = None,
    script: Annotated[str | None, typer.Option(help="for calls whose manifest has none")] = None,
    model: ModelName = None,
    hotwords: Hotwords = "",
    known_voices: KnownVoicesFile = None,
    channels: Channels = None,
    encoding: EncodingOption = None,
    rate: Rate = None,
    transcript: Annotated[
        bool,
        typer.Option("--transcript", help="the files are transcripts, not sound"),
    ] = False,
    root: Annotated[
        Path | None,
        typer.Option(help="where the recordings lie that a manifest names by another machine"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="only tell what is wrong with the manifest")
    ] = False,
    template: Annotated[
        Path | None, typer.Option(help="write an empty manifest to fill in (.xlsx, .csv)")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="only calls that began since")] = None,
    limit: Annotated[int | None, typer.Option(help="at most so many this time", min=1)] = None,
    pages: Annotated[bool, typer.Option(help="an HTML page for each call")] = True,
    timeout: Annotated[
        float, typer.Option(help="minutes after which a recording is given up", min=0.1)
    ] = 120.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only tell what would be done")
    ] = False,
    ray: Annotated[
        str | None, typer.Option(help="address of a Ray cluster; local: of this machine")
    ] = None,
) -> None:
    """Analyse many recordings. Stop it any way you like: the same command goes on where it was.

    Personal numbers are covered in everything that is written. Exit code 1: some recordings could
    not be analysed; the sheet 未分析 says which and why.
    """
    from api.batch.run import threads_for
    from api.batch.worker import Job
    from api.known_voices import read_known
    from api.rulebook.in_force import rules_kept_in
    from api.rulebook.judges import judge_kept_in

    if template is not None:
        write_template(template)
        return
    if source is None:
        raise QAError(say("batch: say which recordings, such as a folder or a manifest"))
    if check:
        check_manifest(source, root, phrasebook, transcript)
        return
    if out is None and store is None:
        raise QAError("batch: say where results go, with --out DIR or --store FILE|URL (or both)")
    if transcript and audio:
        raise QAError("batch: --audio keeps recordings, and --transcript has none; leave one out")
    how, picked = parse_reading(encoding, rate, channels)
    console = Console(highlight=False)
    where = store or str((out or Path()).absolute() / "calls.db")
    job = Job(
        store=where,
        phrasebook=phrasebook.absolute() if phrasebook else rules_kept_in(where),
        model=model,
        hotwords=hotwords,
        pages=(out.absolute() / "calls") if out and pages and not dry_run else None,
        shelf=audio,
        threads=threads_for(workers),
        how=how,
        roles=picked,
        known=read_known(known_voices),
        transcripts=transcript,
    )
    judge_kept_in(where)
    found, versions, judge = _look(job, source, script, since, root)
    _tell_left_out(found.left_out, console)
    if not dry_run:
        _make_folders(out, job.pages)
    if dry_run and "://" not in where and not Path(where).exists():
        _list(console, found.sources[:limit])
    else:
        wishes = _Wishes(out, workers, limit, ray, timeout * 60, dry_run)
        _go(job, found.sources, versions, judge, wishes, console)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """How the work is to be done."""

    out: Path | None
    workers: int
    limit: int | None
    ray: str | None
    patience_s: float
    dry_run: bool


def _look(
    job: Job, where: str, script: str | None, since: datetime | None, root: Path | None
) -> tuple[FoundRecordings, tuple[str, str], str]:
    """The recordings, and the versions that will judge them; the recogniser is let go again."""
    from api.batch.run import began_since
    from api.batch.sources import look_for
    from api.batch.worker import open_analyzer

    analyzer = open_analyzer(job)
    script = analyzer.check_script(script)
    scripts = {known.id: known.title for known in analyzer.phrasebook.scripts}
    wanted = endings(job.transcripts)
    found = look_for(where, scripts=scripts, script=script or "", endings=wanted, root=root)
    if since:
        moment = clock.at(since)
        found.sources = [source for source in found.sources if began_since(source, moment)]
    return found, analyzer.versions, analyzer.judge


def _tell_left_out(left_out: Sequence[LeftOut], console: Console) -> None:
    for one in left_out[:MOST_TOLD]:
        console.print(say("left out: {what}", what=one), markup=False, soft_wrap=True)
    if len(left_out) > MOST_TOLD:
        console.print(say("left out: {more} more", more=len(left_out) - MOST_TOLD))


def _go(
    job: Job,
    found: Sequence[Source],
    versions: tuple[str, str],
    judge: str,
    wishes: _Wishes,
    console: Console,
) -> None:
    from api.batch.download_dir import DownloadDir
    from api.batch.outputs import write_outputs
    from api.batch.run import Batch
    from api.store import Store

    store = Store.open(job.store)
    try:
        downloads = DownloadDir(wishes.out / ".incoming") if wishes.out else None
        todo = Batch(found, store, versions=versions, judge=judge, downloads=downloads)
        if wishes.dry_run:
            _list(console, todo.left[: wishes.limit], todo.before)
            return
        count = len(todo.left[: wishes.limit])
        _tell_count(console, count, todo.before)
        tally = _work(job, todo, wishes, console)
        _ask(store, job, console)
        if wishes.out:
            for path in write_outputs(store, found, wishes.out, pages=job.pages):
                console.print(str(path), markup=False, soft_wrap=True)
    except KeyboardInterrupt:
        raise QAError("batch: stopped; the same command goes on from here") from None
    finally:
        store.close()
    if tally.failed:
        raise typer.Exit(1)


def _ask(store: Store, job: Job, console: Console) -> None:
    """Put the questions of the phrasebook that wait to the site's language model, if it has one."""
    from api.batch.asking import ask_what_waits
    from api.meaning.endpoint import EndpointError, endpoint_of
    from api.meaning.passes import PassResult, count_waiting
    from api.settings_load import load_settings

    if not (waiting := count_waiting(store)):
        return
    try:
        endpoint = endpoint_of(load_settings())
        tally, left = ask_what_waits(store, endpoint, pages=job.pages)
    except EndpointError as error:
        # The calls are judged: their sheets are written all the same.
        tell_answers(console, PassResult(stopped=str(error)), waiting)
        return
    if endpoint is None:
        console.print(
            say(
                "{left} calls have questions, and no meaning_url is set: judged without", left=left
            ),
            soft_wrap=True,
        )
        console.print(no_server(), soft_wrap=True)
        return
    tell_answers(console, tally, left)


def _list(console: Console, left: Sequence[Source], before: int = 0) -> None:
    _tell_count(console, len(left), before)
    for source in left:
        console.print(source.name, markup=False, soft_wrap=True)


def _tell_count(console: Console, count: int, before: int) -> None:
    told = say("{count} recordings to do, {before} done before", count=count, before=before)
    console.print(told)


def _make_folders(*wanted: Path | None) -> None:
    """Not before there is something to do: a mistyped source must leave nothing behind."""
    for folder in wanted:
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                folder or Path(), (error.strerror or "not a folder").lower()
            ) from None


def _work(job: Job, todo: Batch, wishes: _Wishes, console: Console) -> BatchProgress:
    from api.batch.run import BatchProgress, crew_for

    tally = BatchProgress(total=0, before=todo.before)
    if not todo.left:
        return tally
    crew = crew_for(job, ray=wishes.ray)
    with watch(len(todo.left[: wishes.limit]), console) as tell:
        steps = todo.run(
            crew, workers=wishes.workers, limit=wishes.limit, patience_s=wishes.patience_s
        )
        for tally, outcome in steps:
            if outcome.reason and tally.failed <= MOST_TOLD:
                console.print(outcome.reason, style="red", markup=False, soft_wrap=True)
            tell(tally)
    untold = tally.failed - MOST_TOLD
    more = say(" ({untold} not told here)", untold=untold) if untold > 0 else ""
    console.print(
        say(
            "{done} analysed, {duplicates} duplicates, {failed} failed{more}; {speed} hours of "
            "audio an hour; peak memory of a worker {memory} MB",
            done=tally.done,
            duplicates=tally.duplicates,
            failed=tally.failed,
            more=more,
            speed=f"{tally.audio_hours_an_hour:.0f}",
            memory=f"{tally.peak_mb:.0f}",
        ),
        soft_wrap=True,
    )
    return tally
