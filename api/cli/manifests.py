"""Manifests on the command line: an empty one to fill in, and everything that is wrong with one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import typer
from rich.console import Console


def endings(transcripts: bool) -> Collection[str]:
    """Of the files that a batch takes."""
    from api.batch.endings import AUDIO_SUFFIXES
    from api.transcripts import TRANSCRIPT_SUFFIXES

    return TRANSCRIPT_SUFFIXES if transcripts else AUDIO_SUFFIXES


def write_template(path: Path) -> None:
    """An empty manifest to fill in."""
    from api.batch.manifest.template import write_template as write

    write(path)


def check_manifest(
    source: str, root: Path | None, phrasebook: Path | None, transcripts: bool
) -> None:
    """Tell everything about a manifest at once. Exit code 2: something is wrong with it, as with
    any bad input.
    """
    from api.batch.manifest.check import check
    from phrasebook import bundled, load

    book = load(phrasebook or bundled())
    scripts = {known.id: known.title for known in book.scripts}
    wanted = endings(transcripts)
    report = check(Path(source), scripts=scripts, root=root, endings=wanted)
    console = Console(highlight=False)
    for line in report.lines:
        console.print(line, markup=False, soft_wrap=True)
    if report.wrong:
        raise typer.Exit(2)
