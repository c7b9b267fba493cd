"""`qa-engine doors`: what stands open for telephone systems, who came last, and a test call."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.cli.clients import URL, Url, concluded
from api.settings_load import load_settings
from phrasebook.messages import say
from qa_engine.errors import QAError

app = typer.Typer(
    name="doors",
    help="The doors for telephone systems: addresses, credentials, who came last, a test call.",
    invoke_without_command=True,
)

TOLD = ("prompt", "hit", "alert", "notice")


@app.callback()
def doors(context: typer.Context, url: Url = URL) -> None:
    """List the doors, with what a running server last saw at each."""
    if context.invoked_subcommand is not None:
        return
    from api.clients.doors.listing import listed

    rows = listed(url, load_settings())
    table = Table(
        *(say("door"), say("for"), say("address"), say("credentials"), say("last seen")),
        say("told in"),
        box=None,
    )
    for row in rows.doors:
        table.add_row(row.name, row.speaks, row.address, row.credentials, row.seen, row.page)
    console = Console(highlight=False, width=200)
    console.print(table, markup=False)
    if rows.unreached:
        console.print(rows.unreached, markup=False)


@app.command("try")
def attempt(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="the door, such as freeswitch")],
    url: Url = URL,
    call: Annotated[str, typer.Option(help="which bundled call")] = "forbidden",
    speed: Annotated[float, typer.Option(help="times real time", min=0.1, max=20)] = 4.0,
) -> None:
    """Play a bundled call through a door of a running server, and print what came of it."""
    from api.clients.demo import CALLS
    from api.clients.doors.trying import try_door

    source = context.get_parameter_source("url")
    if context.parent and source is not None and source.name == "DEFAULT":
        # `doors --url … try` and `doors try --url …` mean the same.
        url = context.parent.params["url"]
    if call not in CALLS:
        raise QAError(f"there is no bundled call {call[:40]!r}: expected {', '.join(CALLS)}")
    console = Console(highlight=False, soft_wrap=True)

    def tell(message: dict[str, Any]) -> None:
        if (line := _line(message)) is not None:
            console.print(line, markup=False)

    began = datetime.now()
    ended = try_door(
        name, url=url, settings=load_settings(), recording=call, speed=speed, tell=tell
    )
    seconds = (datetime.now() - began).total_seconds()
    how = say("ended as it should") if ended["reason"] == "closed" else ended["reason"]
    console.print(f"{ended['call_id']}: {how}, {concluded(ended)}", markup=False)
    sound = f"{ended['duration_ms'] / 1_000:.1f}"
    told = say("{sound} s of sound in {seconds} s", sound=sound, seconds=f"{seconds:.1f}")
    console.print(told, markup=False)
    if ended["reason"] != "closed":
        raise typer.Exit(1)


def _line(message: dict[str, Any]) -> str | None:
    """What a person at the terminal wants to see of a message."""
    at = f"{message.get('at_ms', 0) / 1_000:6.1f} s"
    match message["type"]:
        case "opened":
            script = message["script_title"]
            opened = say("call {id} is open, script {script}", id=message["call_id"], script=script)
            return f"{at}  {opened}"
        case "utterance" if message["utterance"]["is_final"]:
            said = message["utterance"]
            who = say("agent") if said["role"] == "agent" else say("customer")
            return f"{at}  {who}: {said['text']}"
        case "prompt" if message["state"] == "shown":
            return f"{at}  -> {message['title']}: {'; '.join(message['suggest'])}"
        case "notice":
            return f"{at}  {say('notice')}: {message['text']}"
    return None
