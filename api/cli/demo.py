"""`qa-engine demo`: the four bundled calls, heard, judged and written as pages, with no network."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.progress import progress
from api.outputs import OutputError, write_text


def demo(
    out: Annotated[Path, typer.Option(help="the folder for the HTML and JSON reports")] = Path(
        "qa-engine-demo"
    ),
) -> None:
    """Analyse four bundled telephone calls, print what was found, and write the reports."""
    from api.analyzer import Analyzer
    from qa_engine.report.html import render_html
    from qa_engine.report.table import summary

    console = Console()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(out, (error.strerror or "not a folder").lower()) from None
    analyzer = Analyzer()
    with as_file(files("api") / "demo") as folder:
        for recording in sorted(folder.glob("*.flac")):
            with progress(recording.stem, console) as watch:
                report = analyzer.analyze(recording, progress=watch)
            write_text(out / f"{recording.stem}.json", [report.to_json(indent=2), "\n"])
            write_text(out / f"{recording.stem}.html", [render_html(report, recording=recording)])
            console.print(summary(report))
    console.print(f"\nreports: {out.resolve()}/*.html", soft_wrap=True)
