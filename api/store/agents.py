"""Agents: a staff number (工号) says who somebody is; a name is what others call them.

Two may have one name, so a name alone leads nowhere: it is taken for a number only where a single
agent has it. A call that nobody can be named for keeps the name that was told, and no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from api.store import audit
from api.store.errors import StoreError
from api.store.pinyin import order
from api.store.tables import agents, calls

NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._@+-]{0,63}")
"""What a staff number looks like; 王芳 and John Smith are names."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who took a call. `name` is told only where there is no number."""

    number: str
    name: str = ""
    namesakes: tuple[str, ...] = ()
    """Numbers of the several agents that have this name."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Numbers with their names, to show."""

    names: Mapping[str, str]

    def label(self, number: str, name: str = "") -> str:
        """王芳（1001）; the name alone where nobody knows the number."""
        known = self.names.get(number, "")
        if known and known != number:
            return f"{known}（{number}）"
        return number or name


def identify(connection: Connection, told: str, name: str = "") -> Identity:
    """Who is meant by what a manifest or a live call says in `agent`, and perhaps beside it."""
    told, name = told.strip(), name.strip()
    if told and _known(connection, told):
        return Identity(told)
    if NUMBER.fullmatch(told):
        return Identity(told)
    called = told or name
    if not called:
        return Identity("")
    numbers = tuple(
        connection.scalars(
            select(agents.c.number).where(agents.c.name == called).order_by(agents.c.number)
        )
    )
    if len(numbers) == 1:
        return Identity(numbers[0])
    return Identity("", called[:120], numbers)


WHO: ColumnElement[str] = func.coalesce(func.nullif(calls.c.agent, ""), calls.c.agent_name)
"""By whom boards tell calls apart: the number, or the name where nobody knows it."""


def took(connection: Connection, told: str) -> ColumnElement[bool]:
    """Calls of whom a person means who types a number or a name; all namesakes' where several."""
    who = identify(connection, told)
    if who.number:
        return calls.c.agent == who.number
    alone = (calls.c.agent == "") & (calls.c.agent_name == told)
    return or_(alone, calls.c.agent.in_(who.namesakes)) if who.namesakes else alone


def is_known(connection: Connection, told: str) -> bool:
    """Whether anybody has this number or name, or a call stands under it."""
    here = select(agents.c.number).where(or_(agents.c.number == told, agents.c.name == told))
    if connection.scalar(here.limit(1)) is not None:
        return True
    filed = select(calls.c.id).where(took(connection, told)).limit(1)
    return connection.scalar(filed) is not None


def introduce(
    connection: Connection,
    number: str,
    *,
    name: str = "",
    team: str = "",
    first_day: date | None = None,
) -> None:
    """Note an agent, or what is new about one; what is not told stays as it is."""
    told = {"name": name[:80], "team": team[:120], "first_day": first_day}
    told = {key: value for key, value in told.items() if value}
    if _known(connection, number):
        if told:
            connection.execute(update(agents).where(agents.c.number == number).values(told))
        return
    row = {"number": number, "name": "", "team": "", "first_day": None, **told}
    connection.execute(insert(agents).values(row))


def staff(connection: Connection) -> Staff:
    """Everybody with a number and a name."""
    rows = connection.execute(select(agents.c.number, agents.c.name))
    return Staff({row.number: row.name for row in rows})


def by_pinyin(told: Staff) -> list[tuple[str, str]]:
    """(number, label) of everybody who has a name, as a list for people is ordered."""
    return sorted(
        ((number, told.label(number)) for number in told.names), key=lambda one: order(one[1])
    )


def first_days(connection: Connection) -> dict[str, date]:
    """Number → the first day at work, where it is known."""
    rows = connection.execute(select(agents).where(agents.c.first_day.is_not(None)))
    return {row.number: row.first_day for row in rows}


def unnumbered(connection: Connection) -> list[Any]:
    """Names under which calls stand without a number: name, calls, the numbers it may mean."""
    query = (
        select(calls.c.agent_name, func.count().label("calls"))
        .where(calls.c.agent == "", calls.c.agent_name != "")
        .group_by(calls.c.agent_name)
        .order_by(func.count().desc(), calls.c.agent_name)
    )
    return list(connection.execute(query).all())


def namesakes(connection: Connection, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of these names, those that several agents have, with their numbers."""
    told = {name: identify(connection, name) for name in set(names)}
    return {name: who.namesakes for name, who in told.items() if who.namesakes}


def assign(connection: Connection, name: str, number: str, *, by: str) -> int:
    """Calls that stand under a name alone are this agent's; returns how many. Raises StoreError.

    That somebody said so is on record: it opens these calls to that agent.
    """
    if not _known(connection, number):
        raise StoreError(f"no agent has the number {number}")
    mine = update(calls).where(calls.c.agent == "", calls.c.agent_name == name)
    moved = connection.execute(mine.values(agent=number, agent_name="")).rowcount
    if moved:
        detail = {"calls": moved}
        audit.record(connection, who=by, action="agent.assigned", subject=number, detail=detail)
    return moved


def _known(connection: Connection, number: str) -> bool:
    return connection.scalar(select(agents.c.number).where(agents.c.number == number)) is not None
