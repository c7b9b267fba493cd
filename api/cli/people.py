"""`qa-engine people`: who may enter the inspectors' desk; also for a password that was lost."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.store import Store
from phrasebook.messages import CHINESE, language, say

app = typer.Typer(help="质检台的人员。People of the inspectors' desk.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(help="letters, digits and . @ + - _")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="a store's file or URL (default: the server's)")
]

_HEADS = ("账号", "姓名", "角色", "坐席", "班组", "状态")
_ENGLISH_HEADS = ("login", "name", "role", "agent", "team", "state")
_STATES = {True: "enabled", False: "disabled"}


@app.command("add")
def add(
    login: Login,
    role: Annotated[str, typer.Option(help="agent, inspector, lead or admin")],
    name: Annotated[str, typer.Option(help="as others read it")] = "",
    agent: Annotated[str, typer.Option(help="the agent id of their calls")] = "",
    team: Annotated[str, typer.Option()] = "",
    store: StoreOption = None,
) -> None:
    """Make a person and print the one-time password to hand over."""
    from api.review.accounts.people import create_user

    with _opened(store) as place:
        password = create_user(place, login, role=role, name=name, agent=agent, team=team)
    _tell(say("{login}: one-time password {password}", login=login, password=password))


@app.command("list")
def list_(store: StoreOption = None) -> None:
    """Everybody who has an account, and whether it opens."""
    from api.desk.pages import catalogue
    from api.review.accounts.people import everybody

    words = catalogue("people", "zh")
    chinese = language() == CHINESE
    table = Table(*(_HEADS if chinese else _ENGLISH_HEADS), box=None)
    with _opened(store) as place, place.reading() as connection:
        for person in everybody(connection):
            # In English the word that `--role` takes.
            role = words[f"role_{person.role}"] if chinese else person.role
            state = ("启用" if person.active else "停用") if chinese else _STATES[person.active]
            texts = (person.login, person.name, role, person.agent, person.team, state)
            table.add_row(*map(escape, texts))
    Console(highlight=False).print(table)


@app.command("reset")
def reset(login: Login, store: StoreOption = None) -> None:
    """Print a new one-time password; whoever is logged in with the old one is out."""
    from api.review.accounts.people import reset_password

    with _opened(store) as place:
        password = reset_password(place, login)
    _tell(say("{login}: one-time password {password}", login=login, password=password))


@app.command("disable")
def disable(login: Login, store: StoreOption = None) -> None:
    """Shut somebody out at once; what they did stays. The last administrator cannot be."""
    _switch(login, store, active=False)


@app.command("enable")
def enable(login: Login, store: StoreOption = None) -> None:
    """Let somebody in again, with the password they had."""
    _switch(login, store, active=True)


Kinds = Annotated[str, typer.Option("--kind", help="agent, customer or account")]


@app.command("export")
def export(
    who: Annotated[
        str, typer.Argument(help="a staff number, a customer's number or id, or a login")
    ],
    to: Annotated[Path, typer.Option(help="the ZIP to write")],
    kind: Kinds = "agent",
    sound: Annotated[bool, typer.Option(help="with recordings, numbers silent")] = True,
    store: StoreOption = None,
) -> None:
    """Write everything that is kept about one person, to hand it over. It is on record."""
    from api.outputs import beside, check_writable
    from api.review import persons

    check_writable(to)
    with _opened(store) as place, beside(to) as temporary:
        with place.reading() as connection:
            subject = persons.subject_of(connection, kind, who, numbers=place.numbers)
        with temporary.open("wb") as target:
            done = persons.export(place, subject, target, who=getpass.getuser(), sound=sound)
    counts = {"calls": done.calls, "reviews": done.reviews, "rows": done.trail}
    _tell(say("{file}: {calls} calls, {reviews} reviews, {rows} audit rows", file=to, **counts))
    _tell_unfindable(done.without_print)


@app.command("erase")
def erase(
    who: Annotated[
        str, typer.Argument(help="a staff number, a customer's number or id, or a login")
    ],
    reason: Annotated[
        str, typer.Option(help="why, such as the number of the request; 3 characters or more")
    ],
    kind: Kinds = "agent",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    store: StoreOption = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="the server's, on this machine (default: as it is set)")
    ] = None,
) -> None:
    """Erase everything that is kept about one person: calls, recordings, account and name.

    What they judged of others' calls stays without their name. Run it on each machine that serves
    live calls. Sheets and pages that batch wrote are yours to remove.
    """
    from api.review import erasing, persons
    from api.settings_load import load_settings
    from api.traces import MachineTraces

    traces = MachineTraces(load_settings(data_dir=data_dir).data_dir)
    with _opened(store) as place:
        with place.reading() as connection:
            subject = persons.subject_of(connection, kind, who, numbers=place.numbers)
            there = persons.held(connection, subject)
        counts = {"calls": there.calls, "recordings": there.recordings, "reviews": there.reviews}
        _tell(say("{calls} calls, {recordings} recordings, {reviews} reviews", **counts))
        _tell_unfindable(there.without_print)
        if not yes and not typer.confirm("Erase them for good?"):
            raise typer.Exit(1)
        erasing.erase(place, subject, who=getpass.getuser(), reason=reason, traces=traces)
    _tell(say("erased"))


def _switch(login: str, store: str | None, *, active: bool) -> None:
    from api.review.accounts.people import set_active

    with _opened(store) as place:
        set_active(place, login, active=active)
    _tell(say("{login}: enabled", login=login) if active else say("{login}: disabled", login=login))


def _tell_unfindable(count: int) -> None:
    if count:
        told = say("not findable by number: {count} calls filed without a fingerprint", count=count)
        _tell(told)


@contextmanager
def _opened(where: str | None) -> Iterator[Store]:
    """The store that was named, which must be there, or the server's own. Raises QAError."""
    from api.cli.stores import opened

    if where is not None:
        with opened(where) as store:
            yield store
        return
    from api.desk.desk import store_of
    from api.settings_load import load_settings

    store = store_of(load_settings())
    try:
        yield store
    finally:
        store.close()


def _tell(line: str) -> None:
    Console(highlight=False, soft_wrap=True).print(line, markup=False)
