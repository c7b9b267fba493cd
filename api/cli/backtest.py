"""`qa-engine backtest`: a phrasebook edit on last month's calls, before it goes live."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import phrasebook as pb
from api.outputs import check_writable, write_text
from qa_engine.errors import QAError


def backtest(
    draft: Annotated[Path, typer.Argument(help="the edited phrasebook", metavar="PHRASEBOOK")],
    against: Annotated[str, typer.Option(help="a store's file or URL, or a folder of reports")],
    base: Annotated[
        Path | None, typer.Option(help="the phrasebook in force (default: the bundled pack)")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="only calls that began since")] = None,
    html: Annotated[Path | None, typer.Option(help="the page to write")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="the JSON to write, or -")] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = os.cpu_count() or 1,
) -> None:
    """Re-match stored transcripts with a draft: new hits, lost hits, and their precision."""
    from api.backtest.diff import compare
    from api.backtest.page import render_backtest, share_text, to_json
    from api.backtest.rematch import rematch
    from api.backtest.transcripts import from_reports, from_store
    from api.store import Store, verdicts

    check_writable(html)
    check_writable(json)
    after = pb.load(draft)
    before = pb.load(base or pb.bundled())
    judged = []
    if "://" not in against and Path(against).is_dir():
        calls = from_reports(Path(against))
    else:
        if "://" not in against and not Path(against).is_file():
            raise QAError(f"{against}: no such store; expected a store's file or URL, or a folder")
        store = Store.open(against)
        calls = from_store(store, since=since)
        with store.reading() as connection:
            judged = list(verdicts.standing(connection))
    result = compare(
        rematch(calls, before, after, workers=workers),
        before=before.version,
        after=after.version,
        judged=judged,
    )
    if html:
        write_text(html, [render_backtest(result)])
    if json:
        write_text(json, [to_json(result), "\n"])
    console = Console(stderr=str(json) == "-", highlight=False)
    table = Table("规则", "保持", "新增", "消失", "精确率", "召回率", box=None)
    for rule in result.rules:
        if rule.changed or rule.precision.whole:
            table.add_row(
                rule.rule,
                str(rule.kept),
                str(rule.new),
                str(rule.lost),
                share_text(rule.precision),
                share_text(rule.recall),
            )
    console.print(table)
    was, now = result.hits_a_day()
    console.print(
        f"{result.calls} calls, {result.utterances} utterances; hits a day {was:.1f} → {now:.1f}"
    )
