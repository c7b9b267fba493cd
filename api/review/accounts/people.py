"""People and what they may do. Every change leaves its trace in the audit trail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.review.accounts import passwords
from api.review.errors import NotThere, ReviewError, Taken
from api.review.tables import people, sessions
from api.store import Store, audit
from api.store.agents import NUMBER, introduce
from api.store.pinyin import order

LOGIN = re.compile(r"[\w.@+-]{1,64}")


class AccountRole(StrEnum):
    """坐席, 质检员, 质检主管, 管理员."""

    AGENT = "agent"
    INSPECTOR = "inspector"
    LEAD = "lead"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    login: str
    name: str
    role: AccountRole
    agent: str = ""
    """The staff number under which this person's calls are filed; one account for each."""
    team: str = ""
    must_change: bool = False
    """Came in with a one-time password; nothing else opens before it is changed."""
    active: bool = True


def create_user(
    store: Store,
    login: str,
    *,
    role: str,
    name: str = "",
    agent: str = "",
    team: str = "",
    first_day: date | None = None,
    by: str = "command line",
) -> str:
    """Make a person; returns the one-time password to hand over. Raises ReviewError, Taken."""
    if not LOGIN.fullmatch(login):
        raise ReviewError(
            "a login is 1 to 64 letters, digits and . @ + - _ without spaces", key="bad_login"
        )
    if role not in set(AccountRole):
        raise ReviewError(f"role: expected one of {', '.join(AccountRole)}", key="bad_role")
    first = passwords.one_time()
    row = {
        "login": login,
        "name": (name or login)[:80],
        "role": role,
        "agent": _number(agent or (login if role == AccountRole.AGENT else "")),
        "team": team[:120],
        "password": passwords.hashed(first, login=login),
        "must_change": True,
        "active": True,
        "made_at": datetime.now(UTC),
    }
    with store.writing() as connection:
        _introduce(connection, login, row, first_day)
        try:
            with connection.begin_nested():
                connection.execute(insert(people).values(row))
        except IntegrityError:
            told = f"there is already somebody with the login {login}"
            raise Taken(told, key="login_taken") from None
        _trace(connection, by, "person.made", login, role=role)
    return first


def first_admin(store: Store, login: str = "admin") -> str | None:
    """The one-time password of the first administrator; None where there are people already."""
    with store.reading() as connection:
        if connection.scalar(select(func.count()).select_from(people)):
            return None
    try:
        return create_user(store, login, role=AccountRole.ADMIN, by="first start")
    except Taken:
        # Another server was started on the same store in this moment.
        return None


def find(connection: Connection, login: str) -> Person | None:
    """The account of a login, closed ones too; None where there is none."""
    row = connection.execute(select(people).where(people.c.login == login)).first()
    return None if row is None else _person(row)


def everybody(connection: Connection) -> list[Person]:
    """All accounts, closed ones too, by login."""
    return [_person(row) for row in connection.execute(select(people).order_by(people.c.login))]


def names(connection: Connection) -> dict[str, str]:
    """Login → the name to show; those of one name with their staff numbers, or else their logins:
    王芳（1001）.
    """
    rows = connection.execute(select(people.c.login, people.c.name, people.c.agent)).all()
    several = Counter(row.name for row in rows)
    return {
        row.login: row.name if several[row.name] == 1 else f"{row.name}（{row.agent or row.login}）"
        for row in rows
    }


def accounts(connection: Connection) -> dict[str, str]:
    """Login → the name with the login, as the audit trail tells accounts apart: 王芳（fang1）."""
    rows = connection.execute(select(people.c.login, people.c.name).order_by(people.c.login))
    return {
        row.login: row.login if row.name == row.login else f"{row.name}（{row.login}）"
        for row in rows
    }


def meant(connection: Connection, told: str) -> list[str]:
    """Logins of whom somebody means who types a name, a staff number or what a page shows."""
    shown, whole = names(connection), accounts(connection)
    rows = connection.execute(select(people.c.login, people.c.name, people.c.agent))
    return [
        row.login
        for row in rows
        if told in (row.name, row.agent, shown[row.login], whole[row.login])
    ]


def of_agent(connection: Connection, number: str) -> str:
    """The login of the account with this staff number; "" where there is none."""
    return connection.scalar(select(people.c.login).where(people.c.agent == number)) or ""


def inspectors(connection: Connection) -> list[Person]:
    """Whoever may judge a call, by the pinyin of their names."""
    found = [
        p
        for p in everybody(connection)
        if p.active and p.role in (AccountRole.INSPECTOR, AccountRole.LEAD)
    ]
    return sorted(found, key=lambda person: order(person.name))


def leads(connection: Connection) -> list[str]:
    """Logins of whoever answers appeals."""
    here = (people.c.role == AccountRole.LEAD, people.c.active)
    return list(connection.scalars(select(people.c.login).where(*here)))


def change_person(store: Store, login: str, *, by: str, **changes: Any) -> None:
    """Set role, name, agent, team or active. The last administrator stays one."""
    allowed = {key: changes[key] for key in ("role", "name", "agent", "team", "active")}
    if allowed["role"] not in set(AccountRole):
        raise ReviewError(f"role: expected one of {', '.join(AccountRole)}", key="bad_role")
    with store.writing() as connection:
        before = find(connection, login)
        if before is None:
            raise NotThere("nobody has this login", key="no_person")
        may = before.role is AccountRole.ADMIN and before.active
        stays = allowed["role"] == AccountRole.ADMIN and allowed["active"]
        if may and not stays and _is_one_admin(connection):
            raise Taken("the last administrator must stay one", key="last_admin")
        allowed["agent"] = _number(allowed["agent"], before.agent)
        _introduce(connection, login, allowed, changes.get("first_day"))
        connection.execute(update(people).where(people.c.login == login).values(allowed))
        if not allowed["active"] or allowed["role"] != before.role:
            _end_sessions(connection, login)
        _trace(connection, by, "person.changed", login, **allowed)


def set_active(store: Store, login: str, *, active: bool, by: str = "command line") -> None:
    """Shut somebody out at once, or let them in again. Raises NotThere, Taken."""
    with store.reading() as connection:
        now = find(connection, login)
    if now is None:
        raise NotThere(f"nobody has the login {login}", key="no_person")
    kept = {"role": now.role, "name": now.name, "agent": now.agent, "team": now.team}
    change_person(store, login, by=by, active=active, **kept)


def reset_password(store: Store, login: str, *, by: str = "command line") -> str:
    """A new one-time password; whoever is logged in with the old one is out."""
    first = passwords.one_time()
    _set(store, login, first, must_change=True, by=by)
    return first


def set_password(store: Store, login: str, password: str, *, by: str) -> None:
    """Raises ReviewError when the password is not good enough."""
    _set(store, login, password, must_change=False, by=by)


def _set(store: Store, login: str, password: str, *, must_change: bool, by: str) -> None:
    values: dict[str, Any] = {
        "password": passwords.hashed(password, login=login),
        "must_change": must_change,
    }
    if must_change:
        # Whoever lost the telephone, too, comes in again this way.
        values |= {"totp": "", "totp_at": 0}
    with store.writing() as connection:
        done = connection.execute(update(people).where(people.c.login == login).values(values))
        if not done.rowcount:
            raise NotThere(f"nobody has the login {login}", key="no_person")
        _end_sessions(connection, login)
        _trace(connection, by, "password.set", login, one_time=must_change)


def _number(told: str, before: str = "") -> str:
    """A staff number. Raises ReviewError for what can only be a name."""
    told = told.strip()
    if told and told != before and not NUMBER.fullmatch(told):
        raise ReviewError(
            "a staff number is 1 to 64 letters, digits and . @ + - _; a name goes into the name",
            key="bad_number",
        )
    return told


def _introduce(
    connection: Connection, login: str, row: Mapping[str, Any], first_day: date | None
) -> None:
    """The agent of an account; two accounts of one number would open each other's calls."""
    if not row["agent"]:
        return
    taken = select(people.c.login).where(people.c.agent == row["agent"], people.c.login != login)
    if connection.scalar(taken) is not None:
        raise Taken("another account has this staff number", key="number_taken")
    introduce(connection, row["agent"], name=row["name"], team=row["team"], first_day=first_day)


def _is_one_admin(connection: Connection) -> bool:
    query = select(func.count()).where(people.c.role == AccountRole.ADMIN, people.c.active)
    return connection.scalar(query) == 1


def _end_sessions(connection: Connection, login: str) -> None:
    connection.execute(sessions.delete().where(sessions.c.login == login))


def _trace(connection: Connection, by: str, action: str, login: str, **detail: Any) -> None:
    plain = {key: str(value) for key, value in detail.items()}
    audit.record(connection, who=by, action=action, subject=login, detail=plain)


def _person(row: Row[Any]) -> Person:
    names = {name: row._mapping[name] for name in Person.__slots__}
    return Person(**(names | {"role": AccountRole(row.role)}))
