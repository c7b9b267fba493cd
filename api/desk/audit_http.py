"""`/desk/audit`: who did what, found by person, call, action and day, and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection, Select, func, or_, select

from api import clock
from api.desk.access import ADMINS, person_of, rule, ruled
from api.desk.audit_words import TrailWords
from api.desk.desk import Desk
from api.desk.filters import day_of, misread, refuse
from api.desk.pages import catalogue, language_of, page, say
from api.desk.sheets import as_file
from api.review.accounts import people
from api.store import StoreError, anchor, audit
from api.store.tables import audit as audit_table

_ROWS = 100
_MOST_EXPORTED = 50_000
_Text = Annotated[str, Query(max_length=160)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What an address asks for; empty means any."""

    who: str = ""
    action: str = ""
    subject: str = ""
    begin: str = ""
    until: str = ""


def wanted_of(
    who: _Text = "", action: _Text = "", subject: _Text = "", begin: _Text = "", until: _Text = ""
) -> AuditFilter:
    """A day that cannot be read is no filter, and the page says so."""
    days = {name: day if day_of(day) else "" for name, day in (("begin", begin), ("until", until))}
    return AuditFilter(who=who.strip(), action=action, subject=subject.strip(), **days)


Asked = Annotated[AuditFilter, Depends(wanted_of)]


def audit_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/audit")
    @rule(ADMINS)
    def trail(
        request: Request,
        asked: Asked,
        before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
        check: Annotated[str, Query(max_length=4)] = "",
    ) -> Response:
        return _trail_page(desk, request, asked, before=before, check=check == "1")

    @router.get("/desk/audit.{kind}")
    @rule(ADMINS)
    def export(request: Request, asked: Asked, kind: Literal["csv", "xlsx"]) -> Response:
        return _file(desk, request, asked, kind)

    return router


def _trail_page(
    desk: Desk, request: Request, asked: AuditFilter, *, before: int | None, check: bool
) -> Response:
    words = catalogue("audit", language_of(request))
    with desk.store.reading() as connection:
        query = _query(connection, asked, words).limit(_ROWS)
        if before is not None:
            query = query.where(audit_table.c.n < before)
        rows = connection.execute(query).all()
        told = TrailWords.of(connection, words)
        names = people.accounts(connection)
        actions = connection.scalars(select(audit_table.c.action).distinct()).all()
        # Reads the whole trail: only when asked.
        broken = list(audit.broken_links(connection)) if check else None
        noted = _noted(desk.settings.data_dir / anchor.FILE)
        cut = noted is not None and not anchor.fits(connection, noted)
    return page(
        request,
        "audit",
        rows=rows,
        names=names,
        told=told,
        asked=asked,
        misread=misread(request, days=("begin", "until")),
        query=address(asked),
        actions=sorted(actions),
        broken=broken,
        noted=noted,
        cut=cut,
        age_min=int((datetime.now(UTC) - noted.at).total_seconds() // 60) if noted else 0,
        more=len(rows) == _ROWS,
    )


def _file(
    desk: Desk, request: Request, asked: AuditFilter, kind: Literal["csv", "xlsx"]
) -> Response:
    refuse(misread(request, days=("begin", "until")))
    words = catalogue("audit", language_of(request))
    with desk.store.reading() as connection:
        query = _query(connection, asked, words).limit(_MOST_EXPORTED)
        rows = connection.execute(query).all()
        told = TrailWords.of(connection, words)
    with desk.store.writing() as connection:
        audit.record(
            connection,
            who=person_of(request).login,
            action="audit.exported",
            subject=f"audit.{kind}",
            detail={"rows": len(rows), **asdict(asked)},
        )
    head = [say(words, key) for key in ("number", "at", "zone", "who", "action", "subject")]
    cells = [_cells(row, told) for row in rows]
    titled = [*head, say(words, "detail"), say(words, "link")]
    return as_file("audit", kind, titled, cells, title="audit")


def address(asked: AuditFilter) -> str:
    return urlencode({key: value for key, value in asdict(asked).items() if value})


def _query(connection: Connection, asked: AuditFilter, words: Mapping[str, str]) -> Select[Any]:
    """The newest rows first."""
    query = select(audit_table).order_by(audit_table.c.n.desc())
    if asked.who:
        query = query.where(audit_table.c.who.in_(_logins(connection, asked.who, words)))
    if asked.action:
        query = query.where(audit_table.c.action == asked.action)
    if asked.subject:
        # A verdict is about a finding of the call.
        same = audit_table.c.subject == asked.subject
        about = func.substr(audit_table.c.subject, 1, len(asked.subject) + 1)
        query = query.where(or_(same, about == f"{asked.subject}/"))
    if begin := day_of(asked.begin):
        query = query.where(audit_table.c.at >= begin)
    if until := day_of(asked.until):
        query = query.where(audit_table.c.at < until + timedelta(days=1))
    return query


def _logins(connection: Connection, told: str, words: Mapping[str, str]) -> list[str]:
    """Whom somebody means who types a login, a name, a staff number, or what the page says for a
    person or the machine.
    """
    named = people.meant(connection, told)
    told_as = [key[3:] for key, word in words.items() if key.startswith("by_") and word == told]
    return [told, *named, *told_as]


def _cells(row: Any, told: TrailWords) -> list[Any]:
    when = clock.local(row.at).replace(microsecond=0, tzinfo=None)
    said = [told.who(row.who), told.action(row), told.subject(row), told.detail(row.detail)]
    return [row.n, when, clock.zone_name(), *said, row.link]


def _noted(path: Any) -> anchor.TrailAnchor | None:
    try:
        return anchor.load(path)
    except StoreError:
        return None
