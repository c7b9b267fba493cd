"""`qa-engine store`: search, verdicts and precision, covered words, retention, audit."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import phrasebook as pb
from api.batch.sheets.table import ROLES
from api.store import Store
from phrasebook.messages import say
from qa_engine.errors import QAError
from qa_engine.report.wording import clock

app = typer.Typer(help="通话库：检索、精确率、清理、密钥。A store of calls.", no_args_is_help=True)
StoreOption = Annotated[str, typer.Option("--store", help="a store's file or URL")]


@app.command("search")
def search(
    query: Annotated[str, typer.Argument(help="characters, or pinyin such as 'bu zhi dao'")],
    store: StoreOption,
    sound: Annotated[bool, typer.Option(help="also what sounds the same")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Find calls by what was said."""
    said = Column(say("words"), overflow="fold")
    table = Table(say("call"), say("time"), say("role"), said, box=None)
    with opened(store) as place:
        rows = place.search(query, by_sound=sound, limit=limit)
    if not rows:
        Console().print(say("nothing found") if sound else say("nothing found; --sound finds more"))
        return
    for row in rows:
        table.add_row(row.call_id, clock(row.begin_ms), ROLES[row.role], escape(row.text))
    Console(highlight=False).print(table)


@app.command("precision")
def precision(
    store: StoreOption,
    phrasebook: Annotated[
        Path | None, typer.Option(help="the phrasebook in force (default: the store's last)")
    ] = None,
    floor: Annotated[float, typer.Option(min=0, max=1, help="the least precision")] = 0.8,
    ceiling: Annotated[float, typer.Option(min=0, max=1, help="may close without review")] = 0.95,
    least: Annotated[int, typer.Option(min=1, help="verdicts before anything is proposed")] = 20,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """What inspectors' verdicts say of each rule, and what is proposed. Changes nothing."""
    from api.backtest.page import share_text
    from api.review.boards.precision import PrecisionPolicy, rule_precision, to_json
    from api.store import verdicts

    with opened(store) as place:
        book = pb.load(phrasebook) if phrasebook else in_force(place)
        with place.reading() as connection:
            judged = list(verdicts.standing(connection))
    policy = PrecisionPolicy(floor=floor, ceiling=ceiling, least=least)
    rows = rule_precision(book, judged, policy)
    if json:
        sys.stdout.write(to_json(rows) + "\n")
        return
    table = Table("规则", "精确率", "召回率", "建议", box=None)
    for row in rows:
        shares = share_text(row.precision), share_text(row.recall)
        table.add_row(escape(row.title or row.rule), *shares, PROPOSALS[row.proposal])
    Console(highlight=False).print(table)


PROPOSALS = {
    "keep": "保持",
    "silence": "改为只进复核队列",
    "switch_off": "停用",
    "close_without_review": "可免复核",
    "more_verdicts": "复核样本不足",
}


@app.command("verdicts")
def verdicts(
    file: Annotated[Path, typer.Argument(help="batch's workbook or 命中.csv, 复核 filled in")],
    store: StoreOption,
    by: Annotated[str | None, typer.Option(help="the inspector (default: you)")] = None,
) -> None:
    """Read inspectors' verdicts back from the hits sheet. All of them, or none if one is wrong."""
    from api.batch.verdict_sheet import take_verdicts

    with opened(store) as place, place.writing() as connection:
        new, old = take_verdicts(connection, file, by=by or getpass.getuser())
    Console().print(say("{new} new verdicts, {old} known before", new=new, old=old))


@app.command("reveal")
def reveal(
    call: Annotated[str, typer.Argument(help="the call's id")],
    store: StoreOption,
) -> None:
    """Print a call as it was heard. Needs QA_ENGINE_REVEAL_KEY; that you did it is on record."""
    from api.store.reveal import reveal as run

    with opened(store) as place:
        lines = run(place, call, who=getpass.getuser())
    console = Console(highlight=False, markup=False)
    for begin_ms, role, text in lines:
        console.print(f"{clock(begin_ms)} {ROLES[role]} {text}", soft_wrap=True)


@app.command("export-audio")
def export_audio(
    call: Annotated[str, typer.Argument(help="the call's id")],
    store: StoreOption,
    to: Annotated[Path, typer.Option(help="the FLAC file to write")],
    mute: Annotated[bool, typer.Option(help="silence where personal numbers are spoken")] = True,
) -> None:
    """Take a kept recording out, personal numbers silent; that you did is on record."""
    from api.outputs import beside, check_writable
    from api.store.reveal import export_audio as run

    check_writable(to)
    with opened(store) as place, beside(to) as temporary:
        spans = run(place, call, temporary, mute=mute, who=getpass.getuser())
    muted = say("{file}: {spans} spans muted", file=to, spans=spans)
    Console(highlight=False).print(muted if mute else say("{file}: as it was", file=to))


@app.command("purge")
def purge(
    store: StoreOption,
    older_than: Annotated[str, typer.Option(help="such as 180d, 26w or 12h")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="the server's, on this machine (default: as it is set)")
    ] = None,
) -> None:
    """Remove calls older than the policy allows: words, recordings and their copies, comments.

    Run it on each machine that serves them: each has a log of its own live calls. The audit trail
    keeps that it was done. Sheets and pages that batch wrote are yours to remove.
    """
    from api.review.purge import purge as run
    from api.settings_load import load_settings
    from api.traces import MachineTraces

    before = datetime.now(UTC) - age(older_than)
    traces = MachineTraces(load_settings(data_dir=data_dir).data_dir)
    with opened(store) as place:
        done = run(place, before=before, who=getpass.getuser(), traces=traces, dry_run=dry_run)
    counts = {"calls": done.calls, "recordings": done.recordings}
    if dry_run:
        Console().print(say("{calls} calls and {recordings} recordings would be removed", **counts))
    else:
        Console().print(say("{calls} calls and {recordings} recordings removed", **counts))


@app.command("new-key")
def new_key() -> None:
    """Print a key, for QA_ENGINE_REVEAL_KEY (words), …_RECORDING_KEY or …_NUMBER_KEY (people)."""
    from api.store.seal import new_key as make

    Console(highlight=False).print(make())


@app.command("audit")
def audit(
    store: StoreOption,
    head: Annotated[
        Path | None,
        typer.Option(help="the file that notes its end, to see what was cut off; made if missing"),
    ] = None,
) -> None:
    """Check the audit trail's chain; exit code 1 where somebody changed the past."""
    from api.store import anchor
    from api.store.audit import broken_links

    with opened(store) as place, place.reading() as connection:
        broken = list(broken_links(connection))
        noted = anchor.load(head) if head else None
        cut = head is not None and not anchor.renew(connection, head)
    rows = ", ".join(map(str, broken))
    Console().print(say("broken at rows {rows}", rows=rows) if broken else say("whole"))
    if noted is not None:
        age = int((datetime.now(UTC) - noted.at).total_seconds() // 60)
        state = say("is gone: rows were cut off") if cut else say("is there")
        told = say("row {n}, noted {age} min ago, {state}", n=noted.n, age=age, state=state)
        Console().print(told)
    if broken or cut:
        raise typer.Exit(1)


@contextmanager
def opened(where: str) -> Iterator[Store]:
    """A store that is there; a mistyped name must not make an empty one. Raises QAError."""
    if "://" not in where and not Path(where).is_file():
        raise QAError(f"{where}: no such store; expected the file or URL that batch wrote to")
    store = Store.open(where)
    try:
        yield store
    finally:
        store.close()


def in_force(store: Store) -> pb.Phrasebook:
    """The store's rules, and from here on its judge.

    Without any what judged its newest call; the bundled pack without both.
    """
    from api.rulebook.in_force import in_force as found
    from api.rulebook.judges import use_published_judge

    use_published_judge(store)
    return found(store).book


def age(text: str) -> timedelta:
    """180d, 26w, 12h as a span of time. Raises QAError."""
    found = re.fullmatch(r"(\d{1,5})\s*([hdw天周])", text.strip())
    if not found:
        raise QAError(f"--older-than: found {text!r}, expected a span such as 180d, 26w or 12h")
    hours = {"h": 1, "d": 24, "天": 24, "w": 168, "周": 168}[found[2]]
    return timedelta(hours=hours * int(found[1]))
