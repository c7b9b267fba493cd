"""Everything that is kept about one person, and handing it over (个人信息保护法 45).

A person is an agent by staff number, a customer as the calls name them, or an account. What leaves
is redacted as everywhere; recordings are silent where numbers are spoken.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, false, func, or_, select

from api.review.accounts import people
from api.review.errors import NotThere, ReviewError
from api.review.tables import appeals, coaching_notes, corrections, pins, reviews, sheets
from api.review.tables import people as people_table
from api.store import Store, StoreError, audit
from api.store.calls import load
from api.store.number_key import KEY_VARIABLE, NumberKey, is_number
from api.store.reveal import export_audio
from api.store.tables import agents, calls
from api.store.tables import audio as audio_table
from api.store.tables import audit as audit_table


class SubjectKind(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody, and which calls are theirs. `login` and `number` are empty where there is none."""

    kind: SubjectKind
    value: str
    login: str
    number: str
    which: ColumnElement[bool]
    by_number: bool = False
    """A customer, found by the fingerprint of their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCounts:
    """How much there is."""

    calls: int
    recordings: int
    reviews: int
    """Written by them."""
    trail: int
    """Rows of the audit trail that name them."""
    without_print: int = 0
    """Calls with a covered number and no fingerprint, of whoever was asked for by number: whether
    they are theirs nobody can tell."""


def subject_of(
    connection: Connection, kind: str, value: str, *, numbers: NumberKey | None = None
) -> Subject:
    """`numbers`: the site's key for customers' numbers, where it has one.

    Raises NotThere when nothing is kept about such a person, ReviewError for a number that is
    covered or that nobody can look for.
    """
    value = value.strip()
    if kind not in set(SubjectKind) or not value:
        raise NotThere("nobody is kept under this", key="no_subject")
    login = number = ""
    if kind == SubjectKind.CUSTOMER:
        which = _calls_of_customer(value, numbers)
    else:
        mine = people_table.c.agent if kind == SubjectKind.AGENT else people_table.c.login
        row = connection.execute(select(people_table).where(mine == value)).first()
        login = row.login if row else ""
        number = value if kind == SubjectKind.AGENT else (row.agent if row else "")
        which = calls.c.agent == number if number else false()
    subject = Subject(
        kind=SubjectKind(kind),
        value=value,
        login=login,
        number=number,
        which=which,
        by_number=kind == SubjectKind.CUSTOMER and is_number(value),
    )
    known = select(agents.c.number).where(agents.c.number == number)
    is_known = bool(login) or (bool(number) and connection.scalar(known) is not None)
    if not is_known and not (there := held(connection, subject)).calls:
        if there.without_print:
            raise NotThere(
                f"nobody is kept under this number; {there.without_print} calls were filed without "
                "a fingerprint and cannot be found by number",
                key="no_print",
            )
        raise NotThere("nobody is kept under this", key="no_subject")
    return subject


def _calls_of_customer(value: str, numbers: NumberKey | None) -> ColumnElement[bool]:
    # Whoever is kept under stars is kept beside everybody else with a number of that length.
    if "*" in value:
        raise ReviewError(
            "customers' numbers are kept covered, so that one cannot be told from another: "
            "give the whole number, or the site's own id",
            key="covered_subject",
        )
    if not is_number(value):
        return calls.c.customer == value
    if numbers is None:
        raise ReviewError(
            f"customers' numbers are kept covered; to find one set {KEY_VARIABLE}, and calls that "
            "are filed from then on are found by number",
            key="no_number_key",
        )
    return calls.c.customer_print.in_(numbers.fingerprints(value))


def without_print(connection: Connection) -> int:
    """How many calls have a customer's number that is covered and has no fingerprint."""
    old = (calls.c.customer_print == "") & calls.c.customer.contains("*", autoescape=True)
    return connection.scalar(select(func.count()).select_from(calls).where(old)) or 0


def held(connection: Connection, subject: Subject) -> PersonCounts:
    def count(query: Select[*tuple[Any, ...]]) -> int:
        return connection.scalar(select(func.count()).select_from(query.subquery())) or 0

    hashes = select(calls.c.audio_hash).where(subject.which)
    return PersonCounts(
        calls=count(select(calls.c.id).where(subject.which)),
        recordings=count(select(audio_table.c.hash).where(audio_table.c.hash.in_(hashes))),
        reviews=count(select(reviews.c.id).where(_wrote(subject))),
        trail=count(select(audit_table.c.n).where(_named(subject))),
        without_print=without_print(connection) if subject.by_number else 0,
    )


def export(
    store: Store, subject: Subject, target: IO[bytes], *, who: str, sound: bool
) -> PersonCounts:
    """Write a ZIP of JSON: the account, each call with what was judged of it, what they wrote, and
    the trail that names them; with `sound` the recordings, muted. That it was done is on record.

    Raises StoreError.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        with store.reading() as connection:
            found = held(connection, subject)
            _put(archive, "person.json", _about(connection, subject))
            ids = list(connection.scalars(select(calls.c.id).where(subject.which)))
            for number, call_id in enumerate(ids, 1):
                _put(archive, f"calls/{number:05}.json", _call(connection, call_id))
            wrote = connection.execute(select(reviews).where(_wrote(subject))).all()
            _put(archive, "reviews.json", [_plain(row) for row in wrote])
            given = select(coaching_notes).where(
                coaching_notes.c.agent == subject.number, coaching_notes.c.agent != ""
            )
            _put(archive, "notes.json", [_plain(row) for row in connection.execute(given)])
            archive.writestr("trail.csv", _trail(connection, subject))
        for number, call_id in enumerate(ids if sound else (), 1):
            _put_sound(archive, store, f"recordings/{number:05}.flac", call_id, who=who)
    with store.writing() as connection:
        detail = {"kind": subject.kind.value, "calls": found.calls, "sound": sound}
        trace = {
            "who": who,
            "action": "person.exported",
            "subject": subject.login or subject.number,
        }
        audit.record(connection, **trace, detail=detail)
    return found


def _wrote(subject: Subject) -> ColumnElement[bool]:
    return reviews.c.inspector == subject.login if subject.login else false()


def _named(subject: Subject) -> ColumnElement[bool]:
    if not subject.login:
        return false()
    return or_(audit_table.c.who == subject.login, audit_table.c.subject == subject.login)


def _about(connection: Connection, subject: Subject) -> dict[str, Any]:
    person = people.find(connection, subject.login) if subject.login else None
    row = connection.execute(select(agents).where(agents.c.number == subject.number)).first()
    told = ("login", "name", "role", "agent", "team")
    return {
        "kind": subject.kind.value,
        "account": {name: str(getattr(person, name)) for name in told} if person else None,
        "agent": _plain(row) if row else None,
    }


def _call(connection: Connection, call_id: str) -> dict[str, Any]:
    """A call with all that people made of it."""
    row = connection.execute(select(calls).where(calls.c.id == call_id)).one()
    inner = ("rest", "customer_print")
    told = {key: value for key, value in _plain(row).items() if key not in inner}
    parts = {
        table.name: [
            _plain(part)
            for part in connection.execute(select(table).where(table.c.call_id == call_id))
        ]
        for table in (reviews, sheets, appeals, corrections, pins)
    }
    return {"call": told, "report": load(connection, call_id), **parts}


def _trail(connection: Connection, subject: Subject) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["n", "at", "who", "action", "subject"])
    query = select(audit_table).where(_named(subject)).order_by(audit_table.c.n)
    for row in connection.execute(query):
        writer.writerow([row.n, row.at.isoformat(), row.who, row.action, row.subject])
    return out.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: object) -> None:
    archive.writestr(name, json.dumps(data, ensure_ascii=False, indent=1))


def _put_sound(
    archive: zipfile.ZipFile, store: Store, name: str, call_id: str, *, who: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "muted.flac"
        try:
            export_audio(store, call_id, path, mute=True, who=who)
        except StoreError:
            return
        archive.write(path, name)


def _plain(row: Row[Any]) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return {name: _jsonable(value) for name, value in row._mapping.items()}


def _jsonable(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
