"""`/desk/boards` for those who oversee, `/desk/my` for an agent's own, and both as files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from api import clock
from api.desk.access import OVERSEERS, person_of, rule, ruled
from api.desk.board_order import NAMES, figures_in_order, phrases_in_order
from api.desk.board_sheet import BoardTable, HeatMap, head_of, rows_of
from api.desk.charts import distribution_chart, trend_chart
from api.desk.desk import Desk
from api.desk.filters import Misread, misread, refuse
from api.desk.pages import catalogue, language_of, page
from api.desk.sheets import as_file
from api.review.accounts.people import AccountRole
from api.review.boards import agent_board, periods
from api.review.boards.periods import Period, Unit
from api.review.boards.phrase_board import top_phrases
from api.review.boards.scope import BoardScope, whose
from api.review.boards.step_board import conduct, step_map
from api.review.coaching import notes
from api.review.judging import appeals
from api.review.scores import scorecards
from api.store import audit
from api.store.agents import WHO, Staff, is_known, staff
from api.store.tables import calls

AGENTS = frozenset({AccountRole.AGENT})
VIEWS = ("agents", "teams", "phrases", "steps", "conduct")
ROLES = ("agent", "customer")
_CHOICES = {
    "view": VIEWS,
    "unit": tuple(Unit),
    "role": ROLES,
    "sort": (*NAMES, *(f"-{name}" for name in NAMES)),
}
_COLUMNS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuery:
    view: str
    unit: Unit
    on: datetime | None
    scope: BoardScope
    role: str = ""
    """Whose phrases: agent, customer; empty for both."""
    sort: str = ""
    """A column, with `-` for the greatest first; empty: as the board has it."""


def asked(
    view: Annotated[str, Query(max_length=20)] = "agents",
    unit: Annotated[str, Query(max_length=20)] = "week",
    on: Annotated[str, Query(max_length=20)] = "",
    agent: Annotated[str, Query(max_length=120)] = "",
    team: Annotated[str, Query(max_length=120)] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    sort: Annotated[str, Query(max_length=20)] = "",
) -> BoardQuery:
    """What an address asks for; what cannot be read means the default, and the page says so."""
    return BoardQuery(
        view=view if view in VIEWS else "agents",
        unit=Unit(unit) if unit in set(Unit) else Unit.WEEK,
        on=_day(on),
        scope=BoardScope(agent=agent.strip(), team=team.strip()),
        role=role if role in ROLES else "",
        sort=sort if sort.removeprefix("-") in NAMES else "",
    )


Wanted = Annotated[BoardQuery, Depends(asked)]


def boards_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/boards")
    @rule(OVERSEERS)
    def board(request: Request, wanted: Wanted) -> Response:
        return _board(desk, request, wanted, "boards")

    @router.get("/desk/boards.{kind}")
    @rule(OVERSEERS)
    def export(request: Request, wanted: Wanted, kind: Literal["csv", "xlsx"]) -> Response:
        return _export(desk, request, wanted, kind)

    @router.get("/desk/my")
    @rule(AGENTS)
    def mine(request: Request, wanted: Wanted) -> Response:
        return _board(desk, request, _own(request, wanted), "my")

    return router


def _own(request: Request, wanted: BoardQuery) -> BoardQuery:
    """An agent's board is of their own calls, whatever the address says."""
    scope = BoardScope(agent=person_of(request).agent, own=True)
    return BoardQuery(view="phrases", unit=wanted.unit, on=wanted.on, scope=scope, role="agent")


def _board(desk: Desk, request: Request, wanted: BoardQuery, name: str) -> Response:
    words = catalogue(name, language_of(request))
    with desk.store.reading() as connection:
        moment = wanted.on or agent_board.newest_call(connection, wanted.scope) or datetime.now(UTC)
        period = periods.holding(wanted.unit, moment)
        scope = wanted.scope
        trend = agent_board.trend(connection, period, scope)
        target = scorecards.pass_line(connection)
        ends = [one.end for one in periods.last(period, len(trend))]
        marks, since = scorecards.pass_lines(connection, ends)
        spread = agent_board.distribution(connection, period, scope)
        green = agent_board.distribution(connection, period, scope, passed=True)
        return page(
            request,
            name,
            wanted=wanted,
            misread=_misread(request),
            nobody=_nobody(connection, wanted.scope),
            period=period,
            last_day=(period.end - timedelta(hours=12)).strftime("%Y-%m-%d"),
            staff=staff(connection),
            query=_address(wanted, period.begin),
            by=lambda name: _address(
                replace(wanted, sort=name if wanted.sort == f"-{name}" else f"-{name}"),
                period.begin,
            ),
            units=[(u.value, _address(wanted, moment, unit=u)) for u in Unit],
            roles=[(r, _address(replace(wanted, role=r), period.begin)) for r in ("", *ROLES)],
            people=agent_board.everybody(connection, period.begin, period.end),
            views=[(v, _address(wanted, period.begin, view=v)) for v in VIEWS],
            earlier=_address(wanted, periods.before(period).begin),
            later=_address(wanted, periods.after(period).begin),
            whole=trend[-1],
            last=trend[-2],
            trend=trend_chart(trend, (words["mean"], words["pass_line"]), marks),
            spread=distribution_chart(spread, green, (words["not_passed"], words["passed"])),
            target=target,
            since=since,
            table=_table(connection, wanted, period),
            steps=_steps(connection, wanted, period) if name == "my" else None,
            recent=agent_board.recent_calls(connection, period, scope) if name == "my" else [],
            held=appeals.overdue(connection),
            notes=notes.listed(connection, agent=scope.agent) if name == "my" else [],
            waiting=appeals.open_counts(connection, whose(connection, scope)),
        )


def _misread(request: Request) -> list[Misread]:
    return misread(request, days=("on",), choices=_CHOICES)


def _nobody(connection: Connection, scope: BoardScope) -> bool:
    """Whether the board is asked for an agent whom nobody knows."""
    return bool(scope.agent) and not scope.own and not is_known(connection, scope.agent)


def _table(connection: Connection, wanted: BoardQuery, period: Period) -> BoardTable:
    """Rows of the view, as both the page and the files show them."""
    scope = wanted.scope
    if wanted.view == "conduct":
        return conduct(connection, period, scope)
    if wanted.view == "steps":
        return _steps(connection, wanted, period)
    if wanted.view == "phrases":
        said = top_phrases(connection, period, scope, role=wanted.role)
        return phrases_in_order(said, wanted.sort)
    grouped = agent_board.by_agent if wanted.view == "agents" else agent_board.by_team
    rows = grouped(connection, period, scope)
    return figures_in_order(rows, wanted.view, wanted.sort, staff(connection))


def _steps(connection: Connection, wanted: BoardQuery, period: Period) -> HeatMap:
    """Columns of the heat map: teams, or agents where one team was chosen."""
    by = WHO if wanted.scope.team or wanted.scope.agent else calls.c.team
    told = staff(connection) if by is WHO else Staff({})
    narrow = bool(wanted.scope.team or wanted.scope.agent)
    grouped = agent_board.by_agent if narrow else agent_board.by_team
    columns = [row.name for row in grouped(connection, period, wanted.scope)][:_COLUMNS]
    rows = step_map(connection, period, wanted.scope, columns, by=by)
    return HeatMap([told.label(column) for column in columns], rows)


def _export(desk: Desk, request: Request, wanted: BoardQuery, kind: str) -> Response:
    refuse(_misread(request))
    words = catalogue("boards", language_of(request))
    with desk.store.reading() as connection:
        moment = wanted.on or agent_board.newest_call(connection, wanted.scope) or datetime.now(UTC)
        period = periods.holding(wanted.unit, moment)
        table = _table(connection, wanted, period)
        told = staff(connection)
    head, rows = head_of(wanted.view, table, words), rows_of(wanted.view, table, words, told)
    name = f"{wanted.view}-{period.name}"
    with desk.store.writing() as connection:
        audit.record(
            connection,
            who=person_of(request).login,
            action="board.exported",
            subject=f"{name}.{kind}",
            detail={"rows": len(rows), "agent": wanted.scope.agent, "team": wanted.scope.team},
        )
    return as_file(name, kind, head, rows, title=wanted.view)


def _address(
    wanted: BoardQuery, moment: datetime, *, view: str = "", unit: Unit | None = None
) -> str:
    said = {
        "view": view or wanted.view,
        "unit": (unit or wanted.unit).value,
        "on": clock.local(moment).strftime("%Y-%m-%d"),
        "agent": wanted.scope.agent,
        "team": wanted.scope.team,
        "role": wanted.role if (view or wanted.view) == "phrases" else "",
        "sort": "" if view and view != wanted.view else wanted.sort,
    }
    return urlencode({key: value for key, value in said.items() if value})


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= day.year <= 2100:
        return None
    return clock.at(datetime(day.year, day.month, day.day, 12))
