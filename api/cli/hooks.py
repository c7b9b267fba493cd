"""`qa-engine hooks`: whom the server tells what happens, trying them, and telling it again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.settings_load import load_settings
from phrasebook.messages import say
from qa_engine.errors import QAError

app = typer.Typer(
    name="hooks",
    help="Webhooks and chat robots: whom they tell, a test message, and telling it again.",
    invoke_without_command=True,
)


@app.callback()
def hooks(context: typer.Context) -> None:
    """List the hooks, with the number up to which each was told."""
    if context.invoked_subcommand is not None:
        return
    from api.hooks.cursor import Cursors
    from api.hooks.hook import hooks_of

    settings = load_settings()
    told = Cursors(settings.data_dir).read()
    table = Table(say("hook"), say("speaks"), say("hears of"), say("told up to"), box=None)
    for hook in hooks_of(settings):
        upto = str(told.get(hook.name, "-"))
        table.add_row(hook.name, hook.speaks.value, ", ".join(sorted(hook.kinds)), upto)
    Console(highlight=False, width=160).print(table, markup=False)


@app.command("try")
def attempt() -> None:
    """Send one made-up message to every hook, and print what became of it."""
    from api.hooks.delivery import DeliveryOutcome
    from api.hooks.hook import hooks_of
    from api.hooks.sending import deliver
    from api.hooks.trial import MADE_UP

    settings = load_settings()
    secret = settings.hook_secret.get_secret_value().encode() if settings.hook_secret else b""
    console = Console(highlight=False, soft_wrap=True)
    failed = False
    for hook in hooks_of(settings):
        done = deliver(hook, MADE_UP, secret=secret, desk="")
        failed |= done.outcome is not DeliveryOutcome.TAKEN
        why = f" ({done.why})" if done.why else ""
        console.print(f"{hook.name}: {done.outcome.value}{why}", markup=False)
    if failed:
        raise typer.Exit(1)


@app.command("again")
def again(
    after: Annotated[int, typer.Option(help="tell everything after this number", min=0)],
    name: Annotated[str, typer.Option("--hook", help="which one, as listed; else all")] = "",
) -> None:
    """Have a running server tell everything after a number once more."""
    from api.hooks.cursor import Cursors
    from api.hooks.hook import hooks_of

    settings = load_settings()
    known = [hook.name for hook in hooks_of(settings)]
    chosen = [one for one in known if name in ("", one)]
    if not chosen:
        raise QAError(f"there is no hook {name[:60]!r}: expected one of {', '.join(known) or '-'}")
    for one in chosen:
        Cursors(settings.data_dir).ask_again(one, after)
        Console(highlight=False).print(
            say("{name}: is told again after {after}", name=one, after=after), markup=False
        )
