"""`qa-engine meaning`: questions to a language model: what waits, what changed, who agrees."""

from __future__ import annotations

import json as js
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.cli.answers import no_server, tell_answers
from api.cli.stores import StoreOption, opened
from phrasebook.messages import language, say
from qa_engine.errors import QAError
from qa_engine.report.wording import catalogue

if TYPE_CHECKING:
    from api.meaning.asking import Asker
    from api.meaning.endpoint import Endpoint
    from api.store import Store

app = typer.Typer(
    help="提问：由语言模型回答，以原话为证。Questions to a language model.", no_args_is_help=True
)


@app.command("run")
def run(
    store: StoreOption,
    again: Annotated[
        bool, typer.Option("--again", help="also what the model could not tell before")
    ] = False,
) -> None:
    """Ask what waits: every stored call whose questions nobody has answered.

    Stop it any way you like: the same command goes on where it was. Exit code 1: some calls still
    wait, because the server did not answer or the day's budget is spent.
    """
    from api.meaning.passes import answer_waiting, count_waiting

    console = Console(highlight=False)
    with opened(store) as place, _asker(place) as asker:
        tally = answer_waiting(place, asker, again=again)
        left = count_waiting(place)
    tell_answers(console, tally, left)
    if left:
        raise typer.Exit(1)


@app.command("status")
def status(store: StoreOption) -> None:
    """Tell what waits, and what was spent today."""
    from api.meaning.budget import Budget
    from api.meaning.passes import count_waiting

    endpoint = _endpoint_if_set()
    with opened(store) as place:
        left = count_waiting(place)
        if endpoint is None:
            print(say("{left} calls wait", left=left))  # noqa: T201 - the output
            print(no_server())  # noqa: T201 - the output
            return
        spent = Budget(place, endpoint).spent()
    Console(highlight=False).print(
        say(
            "{left} calls wait; today {requests} requests, {tokens} of {most} tokens, cost {cost}",
            left=left,
            requests=spent.requests,
            tokens=spent.tokens,
            most=endpoint.tokens_a_day,
            cost=f"{spent.cost:.4f}",
        )
    )


@app.command("replay")
def replay(
    store: StoreOption,
    phrasebook: Annotated[
        Path | None, typer.Option(help="the questions of this pack instead of the calls' own")
    ] = None,
    only: Annotated[str, typer.Option(help="one question's id")] = "",
    limit: Annotated[
        int, typer.Option(min=1, help="so many of the newest calls that it applies to")
    ] = 10,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """Ask stored calls again and show what changed; nothing that was filed changes by it."""
    import phrasebook as pb
    from api.meaning.replaying import replay as again
    from api.review.judging.agreement import cohen

    book = pb.load(phrasebook) if phrasebook else None
    with opened(store) as place, _asker(place) as asker:
        rows = list(
            again(place, asker, book=book, only=only, limit=limit, afresh=phrasebook is None)
        )
    pairs = [(row.before.state.value, row.after.state.value) for row in rows if row.before]
    if json:
        told = [
            {
                "call": row.call_id,
                "item": row.after.item,
                "before": row.before.state if row.before else None,
                "after": row.after.state,
                "why": row.after.why,
                "changed": row.changed,
                "differs": row.why,
            }
            for row in rows
        ]
        print(js.dumps(told, ensure_ascii=False, indent=2))  # noqa: T201 - the output
        return
    words = catalogue(language())
    table = Table("通话", "提问", "原来", "现在", "不同之处", box=None)
    for row in rows:
        if row.changed or row.before is None:
            before = words[f"answer_{row.before.state}"] if row.before else "—"
            after = words[f"answer_{row.after.state}"]
            table.add_row(row.call_id, escape(row.after.item), before, after, " ".join(row.why))
    console = Console(highlight=False)
    console.print(table)
    same = sum(one == other for one, other in pairs)
    kappa = cohen(pairs)
    console.print(
        say(
            "{same} of {all} answers are as they were, κ {kappa}",
            same=same,
            all=len(pairs),
            kappa="-" if kappa is None else f"{kappa:.2f}",
        )
    )


@app.command("write")
def write(
    call: Annotated[str, typer.Argument(help="the call's id")],
    store: StoreOption,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """Write a call's summary for the ticket, the customer's reason and advice for the agent.

    All of it is a language model's, to be checked and edited; nothing is filed. Exit code 1: the
    ticket check finds something wrong with the summary.
    """
    from api.cli.ticket import show
    from api.meaning.writing import write_notes

    with opened(store) as place, _asker(place) as asker:
        written = write_notes(place, asker, call)
    notes, console = written.notes, Console(highlight=False, soft_wrap=True)
    if json:
        told = {"written_by": written.model, **asdict(notes), "ticket": asdict(written.ticket)}
        print(js.dumps(told, ensure_ascii=False, indent=2))  # noqa: T201 - the output
    else:
        mark = say("written by the language model {model}: check and edit", model=written.model)
        console.print(f"【{mark}】", markup=False)
        for line in notes.summary:
            console.print(line, markup=False)
        solved = catalogue(language())[f"solved_{notes.solved}"]
        console.print(say("reason: {reason} · {solved}", reason=notes.reason, solved=solved))
        for advice in notes.coaching:
            console.print(f"· {advice.text}（“{advice.quote}”）", markup=False)
        show(written.ticket)
    if not written.ticket.passed:
        raise typer.Exit(1)


@app.command("agreement")
def agreement(store: StoreOption) -> None:
    """Compare answers with the inspectors' verdicts, question by question."""
    from api.meaning.agreement import agreement as compared

    table = Table("提问", "通话", "一致", "κ", "无法判断", box=None)
    with opened(store) as place:
        rows = compared(place)
    for row in rows:
        kappa = "-" if row.kappa is None else f"{row.kappa:.2f}"
        table.add_row(escape(row.title), str(row.calls), str(row.same), kappa, str(row.cannot_tell))
    Console(highlight=False).print(table)


def _endpoint_if_set() -> Endpoint | None:
    from api.meaning.endpoint import endpoint_of
    from api.settings_load import load_settings

    return endpoint_of(load_settings())


def _endpoint() -> Endpoint:
    found = _endpoint_if_set()
    if found is None:
        raise QAError(no_server())
    return found


@contextmanager
def _asker(store: Store) -> Iterator[Asker]:
    from api.meaning.opening import asker_of

    with asker_of(store, _endpoint()) as asker:
        yield asker
