"""`qa-engine batch`: a folder, glob or manifest of recordings into a store and its sheets."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.batch.run import Plan, Tally, plan, run
from api.batch.worker import Job
from api.outputs import OutputError
from qa_engine.errors import QAError

CORES = os.cpu_count() or 1


def batch(
    source: Annotated[str, typer.Argument(help="a folder, a glob, a recording or a CSV manifest")],
    out: Annotated[Path | None, typer.Option(help="the folder for the sheets and pages")] = None,
    store: Annotated[str | None, typer.Option(help="a store's file or URL")] = None,
    workers: Annotated[int, typer.Option(help="recognisers side by side", min=1)] = CORES,
    phrasebook: Annotated[Path | None, typer.Option(help="a phrasebook directory")] = None,
    script: Annotated[str | None, typer.Option(help="for calls whose manifest has none")] = None,
    model: Annotated[str | None, typer.Option(help="a model name or directory")] = None,
    since: Annotated[datetime | None, typer.Option(help="only calls that began since")] = None,
    limit: Annotated[int | None, typer.Option(help="at most so many this time", min=1)] = None,
    pages: Annotated[bool, typer.Option(help="an HTML page for each call")] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only tell what would be done")
    ] = False,
    ray: Annotated[str | None, typer.Option(help="address of a Ray cluster")] = None,
) -> None:
    """Analyse many recordings. Stop it any way you like: the same command goes on where it was."""
    from api.analyzer import Analyzer
    from api.batch.outputs import write_outputs
    from api.store import Store

    if out is None and store is None:
        raise QAError("batch: say where results go, with --out DIR or --store FILE|URL (or both)")
    console = Console(highlight=False)
    page_folder = _folders(out, pages)
    analyzer = Analyzer(phrasebook=phrasebook, model=model)
    analyzer.check_script(script)
    where = store or str(Path(out or ".") / "calls.db")
    opened = Store.open(where)
    todo = plan(
        source,
        opened,
        judge=analyzer.judge,
        scripts=tuple(known.id for known in analyzer.phrasebook.scripts),
        since=since.astimezone() if since else None,
        limit=limit,
    )
    console.print(f"{len(todo.left)} recordings to do, {todo.before} done before")
    if dry_run:
        for left in todo.left:
            console.print(str(left.path), markup=False, soft_wrap=True)
        return
    job = Job(store=where, phrasebook=phrasebook, model=model, script=script, pages=page_folder)
    tally = _work(job, todo, workers, ray, console)
    if out:
        for path in write_outputs(opened, out, pages=page_folder):
            console.print(str(path), markup=False, soft_wrap=True)
    opened.close()
    if tally.failures:
        raise typer.Exit(1)


def _folders(out: Path | None, pages: bool) -> Path | None:
    if out is None:
        return None
    folder = out / "calls" if pages else out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(out, (error.strerror or "not a folder").lower()) from None
    return folder if pages else None


def _work(job: Job, todo: Plan, workers: int, ray: str | None, console: Console) -> Tally:
    tally = Tally(total=len(todo.left), before=todo.before)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[speed]:.0f}x · 失败 {task.fields[failed]}"),
        console=console,
    ) as bar:
        task = bar.add_task("batch", total=len(todo.left), speed=0.0, failed=0)
        for tally, outcome in run(job, todo, workers=workers, ray=ray):
            if outcome.reason:
                console.print(outcome.reason, style="red", markup=False, soft_wrap=True)
            bar.update(
                task,
                advance=1,
                speed=tally.audio_hours_per_hour,
                failed=len(tally.failures),
            )
    console.print(
        f"{tally.done} analysed, {tally.duplicates} duplicates, {len(tally.failures)} failed; "
        f"{tally.audio_hours_per_hour:.0f} hours of audio an hour; "
        f"peak memory of a worker {tally.peak_mb:.0f} MB"
    )
    return tally
