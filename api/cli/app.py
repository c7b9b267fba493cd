"""The commands in one app, and the one place where an error becomes a sentence and exit code 2.

A command's module is imported when the command is called: `analyze` needs no database and no
workbook, which would slow every start.

Exit codes: 0 done; 1 done, but something was found wrong (`check`, `ticket`) or some recordings of
a batch failed; 2 the input, a file or an option is unusable (one sentence on stderr says which).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import typer

from api.cli.translated import command_of
from api.cli.usage import UsageProblem, tell
from api.worded_errors import worded
from models.errors import ModelError
from phrasebook.errors import PhrasebookErrors
from phrasebook.messages import say
from qa_engine.errors import QAError

HELP = "实时通话质检：录音或实时语音 → 禁用语、流程、评分。Call QA for Mandarin contact centres."
COMMANDS: Mapping[str, str] = {
    "demo": "demo:demo",
    "analyze": "analyze:analyze",
    "batch": "batch:batch",
    "backtest": "backtest:backtest",
    "serve": "serve:serve",
    "replay": "clients:replay",
    "listen": "clients:listen",
    "token": "token:token",
    "match": "match:match",
    "check": "check:check",
    "discover": "judge:discover",
    "ticket": "ticket:ticket",
    "models": "models:app",
    "phrasebook": "packs:app",
    "judge": "judge:app",
    "voices": "voices:app",
    "meaning": "meaning:app",
    "store": "stores:app",
    "people": "people:app",
    "doors": "doors:app",
    "hooks": "hooks:app",
}
"""Name to module of this folder, and what of it is called: a function, or a group of commands."""


def whole(only: str | None = None) -> typer.Typer:
    """All commands, or the one of that name."""
    found = typer.Typer(
        name="qa-engine",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # With a callback one command stays a command, and is not taken for the whole app.
    found.callback()(_nothing)
    for name, place in COMMANDS.items():
        if only in (None, name):
            called = _called(place)
            if isinstance(called, typer.Typer):
                found.add_typer(called, name=name)
            else:
                found.command(name)(called)
    return found


def __getattr__(name: str) -> typer.Typer:
    """`app`: all commands, made for who asks."""
    if name != "app":
        raise AttributeError(name)
    return whole()


def _nothing() -> None: ...


def _called(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"api.cli.{module}"), name)


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; known errors are told in one line on stderr."""
    asked = list(sys.argv[1:] if args is None else args)
    first = asked[0] if asked else ""
    try:
        command = command_of(whole(first if first in COMMANDS else None))
        code = command(args=args, prog_name="qa-engine", standalone_mode=False)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except UsageProblem as problem:
        return tell(problem)
    except typer.Abort:
        print(say("aborted"), file=sys.stderr)  # noqa: T201 - the sentence is the output
        return 1
    except (QAError, ModelError, PhrasebookErrors) as error:
        print(worded(str(error)), file=sys.stderr)  # noqa: T201 - the sentence is the output
        return 2
    return code if isinstance(code, int) else 0
