"""`qa-engine demo`: the bundled calls, heard and judged offline; `--live`: one as it runs."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.progress import progress
from api.outputs import OutputError, write_text
from phrasebook.messages import report_language, say

FOLDER = Path("qa-engine-demo")


def demo(
    out: Annotated[Path, typer.Option(help="the folder for the HTML and JSON reports")] = FOLDER,
    live: Annotated[bool, typer.Option("--live", help="play one call into a live server")] = False,
    call: Annotated[str, typer.Option(help="with --live: which call")] = "forbidden",
    browser: Annotated[bool, typer.Option(help="with --live: open the sidebar")] = True,
) -> None:
    """Analyse four bundled telephone calls, print what was found, and write the reports."""
    if live:
        _live(call, browser)
    else:
        _recorded(out)


def _recorded(out: Path) -> None:
    from api.analyzer import Analyzer
    from qa_engine.report.html import render_html
    from qa_engine.report.table import summary

    console = Console()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(out, (error.strerror or "not a folder").lower()) from None
    analyzer, spoken = Analyzer(), report_language()
    with as_file(files("api") / "demo") as folder:
        for recording in sorted(folder.glob("*.flac")):
            with progress(recording.stem, console) as watch:
                report = analyzer.analyze(recording, progress=watch)
            write_text(out / f"{recording.stem}.json", [report.to_json(indent=2), "\n"])
            page = render_html(report, recording=recording, language=spoken)
            write_text(out / f"{recording.stem}.html", [page])
            console.print(summary(report, language=spoken))
    console.print("\n" + say("reports: {files}", files=f"{out.resolve()}/*.html"), soft_wrap=True)


def _live(call: str, browser: bool) -> None:
    from api.clients.demo import CALLS, demo_live
    from api.settings_load import load_settings
    from qa_engine.errors import QAError

    if call not in CALLS:
        raise QAError(f"--call: expected one of {', '.join(CALLS)}")
    console = Console(highlight=False, soft_wrap=True)
    demo_live(
        load_settings(port=0),
        call=call,
        open_browser=browser,
        tell=lambda line: console.print(line, markup=False),
    )
