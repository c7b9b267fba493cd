"""`qa-engine people`: who may enter the inspectors' desk."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from api.store import Store

app = typer.Typer(help="质检台的人员。People of the inspectors' desk.", no_args_is_help=True)


@app.callback()
def people() -> None:
    """People are made here or on the desk's own page; nobody else may enter."""


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="letters, digits and . @ + - _")],
    role: Annotated[str, typer.Option(help="agent, inspector, lead or admin")],
    name: Annotated[str, typer.Option(help="as others read it")] = "",
    agent: Annotated[str, typer.Option(help="the agent id of their calls")] = "",
    team: Annotated[str, typer.Option()] = "",
    store: Annotated[str | None, typer.Option(help="a store (default: the server's)")] = None,
) -> None:
    """Make a person and print the one-time password to hand over."""
    from api.cli.serve import settings
    from api.desk.desk import store_of
    from api.review.people import create_user

    opened = Store.open(store) if store else store_of(settings())
    password = create_user(opened, login, role=role, name=name, agent=agent, team=team)
    opened.close()
    Console(highlight=False).print(f"{login}: one-time password {password}", markup=False)
