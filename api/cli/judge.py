"""`qa-engine judge train` and `qa-engine discover`: the judge learns, and shows what it finds."""

from __future__ import annotations

import json as js
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import phrasebook as pb
from api import clock
from api.cli.stores import in_force, opened
from api.outputs import beside, check_writable, write_text
from models.judging.examples import Example, ExamplesError, examples
from phrasebook.messages import say
from qa_engine.errors import QAError

app = typer.Typer(
    help="句意判别模型：用本站的裁定重新训练。The judge of sentences.", no_args_is_help=True
)
CORPUS = Path(pb.__file__).parent / "zh_corpus" / "train"


@app.callback()
def _judge() -> None:
    """Keeps `train` a command of its own."""


@app.command("train")
def train(
    store: Annotated[str, typer.Option(help="a store's file or URL")],
    out: Annotated[Path, typer.Option(help="the file to write, such as judge.npz")],
    more: Annotated[
        list[Path] | None,
        typer.Option("--examples", help="labelled sentences, as discover writes them"),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="the JSON to write, or -")] = None,
) -> None:
    """Train the judge again with a store's verdicts; told before and after, on calls held out."""
    from api.learning.lessons import lessons
    from api.learning.retraining import retrain
    from models.judging import open_judge

    check_writable(out)
    check_writable(json)
    corpus = _read([*sorted(CORPUS.glob("*.jsonl")), *(more or ())])
    with opened(store) as found:
        given = lessons(found)
    with beside(out) as temporary:
        result = retrain(corpus, given, open_judge(), temporary)
    if json:
        write_text(json, [js.dumps(result.to_dict(), indent=2), "\n"])
    console = Console(stderr=str(json) == "-", highlight=False)
    table = Table("", say("verdicts held out"), "AUC", say("precision"), say("recall"))
    for name, held in ((say("in force"), result.before), (say("retrained"), result.after)):
        shares = (held.area, held.precision, held.recall)
        table.add_row(name, str(held.verdicts), *("-" if s is None else f"{s:.3f}" for s in shares))
    console.print(table)
    console.print(
        say(
            "{out}: judge {version}, from {sentences} sentences and {verdicts} verdicts. "
            "Nothing uses it until it is published at /desk/rules/judge, or QA_ENGINE_JUDGE names "
            "it.",
            out=escape(str(out)),
            version=result.version,
            sentences=result.sentences,
            verdicts=result.verdicts,
        )
    )


def discover(
    store: Annotated[str, typer.Option(help="a store's file or URL")],
    phrasebook: Annotated[
        Path | None, typer.Option(help="the phrasebook (default: the store's newest)")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="only calls that began since")] = None,
    rule: Annotated[str | None, typer.Option(help="only this rule")] = None,
    limit: Annotated[int, typer.Option(min=1, help="sentences shown a rule")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="write all as labelled sentences, JSON a line")
    ] = None,
) -> None:
    """List what the judge finds and no pattern matches: take it up as a pattern, or reject it.

    In the file that --out writes, set `breach` to false where the judge is wrong, and give it to
    `qa-engine judge train --examples`: both feed the judge.
    """
    from api.backtest.transcripts import from_store
    from api.learning import discovery
    from models.judging import open_judge

    check_writable(out)
    if open_judge() is None:
        raise QAError("no judge is in force, so nothing is found by meaning; see QA_ENGINE_JUDGE")
    with opened(store) as past:
        book = pb.load(phrasebook) if phrasebook else in_force(past)
        calls = from_store(past, since=clock.at(since) if since else None)
        found = [one for one in discovery.discover(calls, book) if rule in (None, one.rule)]
    if out:
        write_text(out, [js.dumps(_row(o.example), ensure_ascii=False) + "\n" for o in found])
    console = Console(highlight=False)
    for name in dict.fromkeys(one.rule for one in found):
        mine = [one for one in found if one.rule == name]
        table = Table(
            "", "×", say("sentence"), say("nearest"), title=f"{name} {mine[0].title}: {len(mine)}"
        )
        for one in mine[:limit]:
            line, nearest = escape(one.example.line), escape(one.nearest)
            table.add_row(f"{one.likely:.0%}", str(one.times), line, nearest)
        console.print(table)
    console.print(say("{count} sentences that no pattern matches", count=len(found)))
    unknown, rules = discovery.unknown_rules(book)
    if unknown:
        console.print(
            say(
                "The judge in force has learned nothing of {unknown} of the {rules} rules of "
                "{book}: of those no sentence is found by its meaning. `qa-engine judge train` "
                "teaches it, from verdicts on their hits.",
                unknown=unknown,
                rules=rules,
                book=f"{book.name} {book.version}",
            )
        )


def _read(paths: list[Path]) -> list[Example]:
    try:
        return [row for path in paths for row in examples(path)]
    except (ExamplesError, UnicodeDecodeError) as error:
        raise QAError(str(error)) from None
    except OSError as error:
        raise QAError(f"{error.filename}: cannot be read; expected labelled sentences") from None


def _row(example: Example) -> dict[str, Any]:
    row: dict[str, Any] = {"rule": example.rule, "breach": True, "role": example.role}
    row["line"] = example.line
    row["before"] = [[one.role, one.line] for one in example.before]
    return row
