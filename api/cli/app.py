"""The commands in one app, and the one place where an error becomes a sentence and exit code 2.

Exit codes: 0 done; 1 done, but something was found wrong (`check`, `ticket`) or some recordings of
a batch failed; 2 the input, a file or an option is unusable (one sentence on stderr says which).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from api.cli import (
    analyze,
    backtest,
    batch,
    check,
    clients,
    demo,
    doors,
    judge,
    match,
    meaning,
    models,
    packs,
    people,
    serve,
    stores,
    ticket,
    token,
)
from api.cli.translated import command_of
from models import ModelError
from phrasebook import PhrasebookErrors
from qa_engine.errors import QAError

app = typer.Typer(
    name="qa-engine",
    help="实时通话质检：录音或实时语音 → 禁用语、流程、评分。Call QA for Mandarin contact centres.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("analyze")(analyze.analyze)
app.command("batch")(batch.batch)
app.command("backtest")(backtest.backtest)
app.command("serve")(serve.serve)
app.command("replay")(clients.replay)
app.command("listen")(clients.listen)
app.command("token")(token.token)
app.command("match")(match.match)
app.command("check")(check.check)
app.command("discover")(judge.discover)
app.command("ticket")(ticket.ticket)
app.add_typer(models.app, name="models")
app.add_typer(packs.app, name="phrasebook")
app.add_typer(judge.app, name="judge")
app.add_typer(meaning.app, name="meaning")
app.add_typer(stores.app, name="store")
app.add_typer(people.app, name="people")
app.add_typer(doors.app, name="doors")


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; known errors are told in one line on stderr."""
    try:
        command_of(app)(args=args)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except (QAError, ModelError, PhrasebookErrors) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the sentence is the output
        return 2
    return 0
