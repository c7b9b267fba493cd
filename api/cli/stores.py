"""`qa-engine store`: search, precision, retention and keys of a store of calls."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import phrasebook as pb
from api.store import Store
from qa_engine.errors import QAError

app = typer.Typer(help="通话库：检索、精确率、清理、密钥。A store of calls.", no_args_is_help=True)
Where = Annotated[str, typer.Option("--store", help="a store's file or URL")]


@app.command("search")
def search(
    query: Annotated[str, typer.Argument(help="characters, or pinyin such as 'bu zhi dao'")],
    store: Where,
    sound: Annotated[bool, typer.Option(help="also what sounds the same")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Find calls by what was said."""
    table = Table("通话", "时间", "角色", "原话", box=None)
    for found in existing(store).search(query, by_sound=sound, limit=limit):
        clock = f"{found.begin_ms // 60_000:02}:{found.begin_ms // 1000 % 60:02}"
        role = {"agent": "坐席", "customer": "客户"}[found.role]
        table.add_row(found.call_id, clock, role, found.text)
    Console(highlight=False, markup=False).print(table)


@app.command("precision")
def precision(
    store: Where,
    phrasebook: Annotated[Path | None, typer.Option(help="the phrasebook in force")] = None,
) -> None:
    """What inspectors' verdicts say of each rule, and what is proposed."""
    from api.backtest.page import share_text
    from api.precision import rule_precision
    from api.store import verdicts

    opened = existing(store)
    book = pb.load(phrasebook or pb.bundled())
    with opened.reading() as connection:
        judged = list(verdicts.standing(connection))
    table = Table("规则", "精确率", "召回率", "建议", box=None)
    for row in rule_precision(book, judged):
        table.add_row(
            row.title or row.rule,
            share_text(row.precision),
            share_text(row.recall),
            PROPOSALS[row.proposal],
        )
    Console(highlight=False).print(table)


PROPOSALS = {
    "keep": "保持",
    "silence": "改为只进复核队列",
    "switch_off": "停用",
    "close_without_review": "可免复核",
    "more_verdicts": "复核样本不足",
}


@app.command("purge")
def purge(
    store: Where,
    older_than: Annotated[str, typer.Option(help="such as 180d, 26w or 12h")],
    audio: Annotated[str | None, typer.Option(help="the audio shelf's folder or URL")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count")] = False,
) -> None:
    """Remove calls older than the policy allows; the audit trail keeps that it was done."""
    from api.store.audio import AudioShelf
    from api.store.purge import purge as run

    before = datetime.now(UTC) - age(older_than)
    shelf = AudioShelf(audio) if audio else None
    done = run(existing(store), before=before, who=getpass.getuser(), shelf=shelf, dry_run=dry_run)
    verb = "would be removed" if dry_run else "removed"
    Console().print(f"{done.calls} calls and {done.recordings} recordings {verb}")


@app.command("new-key")
def new_key() -> None:
    """Print a key for QA_ENGINE_REVEAL_KEY, which seals the words that are redacted in clear."""
    from api.store.seal import new_key as make

    Console(highlight=False).print(make())


@app.command("audit")
def audit(store: Where) -> None:
    """Check the audit trail's chain; exit code 1 where somebody changed the past."""
    from api.store.audit import broken_links

    with existing(store).reading() as connection:
        broken = list(broken_links(connection))
    Console().print(f"broken at rows {broken}" if broken else "whole")
    if broken:
        raise typer.Exit(1)


def existing(where: str) -> Store:
    """A store that is there; a mistyped name must not make an empty one. Raises QAError."""
    if "://" not in where and not Path(where).is_file():
        raise QAError(f"{where}: no such store; expected the file or URL that batch wrote to")
    return Store.open(where)


def age(text: str) -> timedelta:
    """180d, 26w, 12h as a span of time. Raises QAError."""
    found = re.fullmatch(r"(\d{1,5})\s*([hdw天周])", text.strip())
    if not found:
        raise QAError(f"--older-than: found {text!r}, expected a span such as 180d, 26w or 12h")
    hours = {"h": 1, "d": 24, "天": 24, "w": 168, "周": 168}[found[2]]
    return timedelta(hours=hours * int(found[1]))
