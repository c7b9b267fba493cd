"""`qa-engine backtest`: a phrasebook edit on last month's calls, before it goes live."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import phrasebook as pb
from api import clock
from api.cli.stores import in_force, opened
from api.outputs import check_writable, write_text
from phrasebook.messages import say

if TYPE_CHECKING:
    from api.backtest.diff import Backtest
    from api.backtest.transcripts import PastCall
    from api.store.verdicts import Verdict


def backtest(
    draft: Annotated[Path, typer.Argument(help="the edited phrasebook", metavar="PHRASEBOOK")],
    against: Annotated[str, typer.Option(help="a store's file or URL, or a folder of reports")],
    base: Annotated[
        Path | None, typer.Option(help="the phrasebook in force (default: the store's newest)")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="only calls that began since")] = None,
    html: Annotated[Path | None, typer.Option(help="the page to write")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="the JSON to write, or -")] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = os.cpu_count() or 1,
) -> None:
    """Re-match stored transcripts with a draft: new hits, lost hits, and their precision."""
    from api.backtest.page import render_backtest, to_json
    from api.backtest.transcripts import from_reports, from_store
    from api.store import verdicts

    check_writable(html)
    check_writable(json)
    after = pb.load(draft)
    if "://" not in against and Path(against).is_dir():
        before = pb.load(base or pb.bundled())
        calls = from_reports(Path(against), since=clock.at(since) if since else None)
        result = _compare(calls, before, after, (), workers)
    else:
        with opened(against) as store:
            before = pb.load(base) if base else in_force(store)
            with store.reading() as connection:
                judged = list(verdicts.standing(connection))
            calls = from_store(store, since=clock.at(since) if since else None)
            result = _compare(calls, before, after, judged, workers)
    if html:
        write_text(html, [render_backtest(result)])
    if json:
        write_text(json, [to_json(result), "\n"])
    _show(result, Console(stderr=str(json) == "-", highlight=False))


def _compare(
    calls: Iterable[PastCall],
    before: pb.Phrasebook,
    after: pb.Phrasebook,
    judged: Sequence[Verdict],
    workers: int,
) -> Backtest:
    from api.backtest.diff import compare, titles_of
    from api.backtest.reach import reach
    from api.backtest.rematch import rematch

    how_far = reach(before, after, judged)
    return compare(
        rematch(calls, before, after, workers=workers, within=how_far),
        within=how_far.rules if how_far else None,
        before=f"{before.name} {before.version}",
        after=f"{after.name} {after.version}",
        judged=judged,
        titles=titles_of(before, after),
    )


def _show(result: Backtest, console: Console) -> None:
    from api.backtest.page import share_text

    table = Table("规则", "保持", "新增", "消失", "精确率", "召回率", box=None)
    for rule in result.rules:
        if rule.changed or rule.precision.whole:
            counts = str(rule.kept), str(rule.new), str(rule.lost)
            shares = share_text(rule.precision), share_text(rule.recall)
            table.add_row(escape(rule.title), *counts, *shares)
    console.print(table)
    was, now = result.hits_a_day()
    console.print(
        say(
            "{calls} calls, {utterances} utterances; hits a day {was} → {now}",
            calls=result.calls,
            utterances=result.utterances,
            was=f"{was:.1f}",
            now=f"{now:.1f}",
        )
    )
