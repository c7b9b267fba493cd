"""`/desk/boards` for those who oversee, `/desk/my` for an agent's own, and both as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from api.desk.charts import distribution_chart, trend_chart
from api.desk.desk import Desk
from api.desk.pages import catalogue, language_of, page, say
from api.desk.rules import OVERSEERS, person_of, rule, ruled
from api.desk.sheets import Cell, as_csv, as_workbook
from api.review import boards, periods
from api.review.boards import Figures, Scope
from api.review.people import Role
from api.review.periods import Period, Unit
from api.store.tables import calls

AGENTS = frozenset({Role.AGENT})
VIEWS = ("agents", "teams", "phrases", "steps", "conduct")
_COLUMNS = 8
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    view: str
    unit: Unit
    on: datetime | None
    scope: Scope


def asked(
    view: Annotated[str, Query(max_length=20)] = "agents",
    unit: Annotated[str, Query(max_length=20)] = "week",
    on: Annotated[str, Query(max_length=20)] = "",
    agent: Annotated[str, Query(max_length=120)] = "",
    team: Annotated[str, Query(max_length=120)] = "",
) -> Asked:
    """What an address asks for; nonsense means the default."""
    return Asked(
        view=view if view in VIEWS else "agents",
        unit=Unit(unit) if unit in set(Unit) else Unit.WEEK,
        on=_day(on),
        scope=Scope(agent=agent, team=team),
    )


Wanted = Annotated[Asked, Depends(asked)]


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


def _own(request: Request, wanted: Asked) -> Asked:
    """An agent's board is of their own calls, whatever the address says."""
    agent = person_of(request).agent or "\N{REPLACEMENT CHARACTER}nobody"
    return Asked(view="phrases", unit=wanted.unit, on=wanted.on, scope=Scope(agent=agent))


def _board(desk: Desk, request: Request, wanted: Asked, name: str) -> Response:
    words = catalogue(name, language_of(request))
    with desk.store.reading() as connection:
        moment = wanted.on or boards.newest_call(connection, wanted.scope) or datetime.now(UTC)
        period = periods.holding(wanted.unit, moment)
        scope = wanted.scope
        trend = boards.trend(connection, period, scope)
        return page(
            request,
            name,
            wanted=wanted,
            period=period,
            query=_address(wanted, period.begin),
            units=[(u.value, _address(wanted, moment, unit=u)) for u in Unit],
            views=[(v, _address(wanted, period.begin, view=v)) for v in VIEWS],
            earlier=_address(wanted, periods.before(period).begin),
            later=_address(wanted, periods.after(period).begin),
            whole=boards.overall(connection, period, scope),
            last=trend[-2],
            trend=trend_chart(trend, (words["mean"], words["target"])),
            spread=distribution_chart(
                boards.distribution(connection, period, scope), words["calls"]
            ),
            target=boards.PASS_TARGET,
            table=_table(connection, wanted, period, words),
            steps=_steps(connection, wanted, period) if name == "my" else None,
            recent=boards.recent_calls(connection, period, scope) if name == "my" else [],
        )


def _table(connection: Any, wanted: Asked, period: Period, words: dict[str, str]) -> Any:
    """Rows of the view, as both the page and the files show them."""
    scope = wanted.scope
    if wanted.view == "agents":
        return boards.by_agent(connection, period, scope)
    if wanted.view == "teams":
        return boards.by_team(connection, period, scope)
    if wanted.view == "phrases":
        return boards.top_phrases(connection, period, scope, most=30)
    if wanted.view == "conduct":
        return boards.conduct(connection, period, scope)
    return _steps(connection, wanted, period)


def _steps(connection: Any, wanted: Asked, period: Period) -> tuple[list[str], Any]:
    """Columns of the heat map: teams, or agents where one team was chosen."""
    by = calls.c.agent if wanted.scope.team or wanted.scope.agent else calls.c.team
    grouped = boards.by_agent if wanted.scope.team or wanted.scope.agent else boards.by_team
    columns = [row.name for row in grouped(connection, period, wanted.scope)][:_COLUMNS]
    return columns, boards.step_map(connection, period, wanted.scope, columns, by=by)


def _export(desk: Desk, request: Request, wanted: Asked, kind: str) -> Response:
    words = catalogue("boards", language_of(request))
    with desk.store.reading() as connection:
        moment = wanted.on or boards.newest_call(connection, wanted.scope) or datetime.now(UTC)
        period = periods.holding(wanted.unit, moment)
        head, rows = _flat(wanted, _table(connection, wanted, period, words), words)
    name = f"{wanted.view}-{period.name}.{kind}"
    body = as_csv(head, rows) if kind == "csv" else as_workbook(wanted.view, head, rows)
    return Response(
        body,
        media_type="text/csv" if kind == "csv" else _XLSX,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def _flat(wanted: Asked, table: Any, words: dict[str, str]) -> tuple[list[str], list[list[Cell]]]:
    def named(*keys: str) -> list[str]:
        return [say(words, key) for key in keys]

    if wanted.view in ("agents", "teams"):
        head = named("agent" if wanted.view == "agents" else "team", "team", "calls", "mean")
        head += named("pass_share", "fatal_calls", "hits", "reviewed")
        return head, [_figures(row) for row in table]
    if wanted.view == "steps":
        columns, rows = table
        head = [*named("step", "whole"), *columns]
        return head, [
            [row.title, _percent(row.whole.value), *[_percent(c.value) for c in row.cells]]
            for row in rows
        ]
    head = named("what", "in_calls", "times")
    return head, [[say(words, row.title), row.calls, row.times] for row in table]


def _figures(row: Figures) -> list[Cell]:
    share = _percent(row.passed.value)
    return [row.name, row.team, row.calls, row.mean, share, row.fatal, row.hits, row.reviewed]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _address(wanted: Asked, moment: datetime, *, view: str = "", unit: Unit | None = None) -> str:
    said = {
        "view": view or wanted.view,
        "unit": (unit or wanted.unit).value,
        "on": moment.astimezone().strftime("%Y-%m-%d"),
        "agent": wanted.scope.agent,
        "team": wanted.scope.team,
    }
    return urlencode({key: value for key, value in said.items() if value})


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= day.year <= 2100:
        return None
    return datetime(day.year, day.month, day.day, 12).astimezone()
