"""`/desk/search`: any call, by what was said in it or by what is known of it, and as a file."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from api.desk.access import JUDGES, rule, ruled
from api.desk.desk import Desk
from api.desk.found_sheet import found_sheet
from api.desk.pages import catalogue, language_of, page
from api.desk.sheets import as_csv, as_workbook
from api.review.boards import agent_board
from api.review.judging import finding
from api.review.judging.finding import SORTS, Wanted
from api.store.agents import staff

_MOST = 60
_MOST_EXPORTED = 10_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Text = Annotated[str, Query(max_length=120)]
_CONCLUSIONS = ("passed", "failed", "to_review", "not_judgeable")


def wanted_of(
    q: Annotated[str, Query(max_length=80)] = "",
    sound: _Text = "",
    agent: _Text = "",
    team: _Text = "",
    customer: _Text = "",
    call: _Text = "",
    file: _Text = "",
    script: _Text = "",
    rule: _Text = "",
    begin: _Text = "",
    until: _Text = "",
    above: _Text = "",
    below: _Text = "",
    conclusion: _Text = "",
    judged: _Text = "",
    sort: _Text = "newest",
) -> Wanted:
    """What an address asks for; nonsense in a number or a day means no filter."""
    last = _day(until)
    return Wanted(
        q=q.strip(),
        sound=sound == "1",
        agent=agent.strip(),
        team=team,
        customer=customer.strip(),
        call=call.strip(),
        file=file.strip(),
        script=script,
        rule=rule,
        begin=_day(begin),
        until=last + timedelta(days=1) if last else None,
        above=_number(above),
        below=_number(below),
        conclusion=conclusion if conclusion in _CONCLUSIONS else "",
        judged=judged if judged in ("yes", "no") else "",
        sort=sort if sort in SORTS else "newest",
    )


Asked = Annotated[Wanted, Depends(wanted_of)]


def search_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/search")
    @rule(JUDGES)
    def search(
        request: Request, asked: Asked, after: Annotated[int, Query(ge=0, le=100_000)] = 0
    ) -> Response:
        only_words = asked == replace(Wanted(), q=asked.q, sound=asked.sound)
        found = desk.store.search(asked.q, by_sound=asked.sound, limit=_MOST) if only_words else []
        with desk.store.reading() as connection:
            ids = {one.call_id for one in found}
            rows = [] if only_words else finding.find(connection, asked, after=after)
            return page(
                request,
                "search",
                staff=staff(connection),
                asked=asked,
                last=asked.until - timedelta(days=1) if asked.until else None,
                found=[(one, _cut(one.text, asked.q)) for one in found],
                calls={row.id: row for row in agent_board.these(connection, ids)},
                most=len(found) == _MOST,
                rows=rows,
                count=0 if only_words else finding.count(connection, asked),
                listed=not only_words,
                after=after,
                page_size=finding.PAGE,
                query=address(asked),
                sorts=list(SORTS),
                conclusions=_CONCLUSIONS,
            )

    @router.get("/desk/search.{kind}")
    @rule(JUDGES)
    def export(request: Request, asked: Asked, kind: Literal["csv", "xlsx"]) -> Response:
        """What is listed, with people's scores, verdicts, deductions and comments."""
        words = catalogue("search", language_of(request))
        with desk.store.reading() as connection:
            rows = finding.find(connection, asked, limit=_MOST_EXPORTED)
            head, cells = found_sheet(connection, rows, words)
        body = as_csv(head, cells) if kind == "csv" else as_workbook("calls", head, cells)
        return Response(
            body,
            media_type="text/csv" if kind == "csv" else _XLSX,
            headers={"Content-Disposition": f"attachment; filename=calls.{kind}"},
        )

    return router


def address(asked: Wanted) -> str:
    """The shortest query that asks the same, without the page."""
    said: dict[str, Any] = {}
    for key, value in asdict(asked).items():
        if value in ("", None, False) or (key, value) == ("sort", "newest"):
            continue
        if isinstance(value, datetime):
            day = value - timedelta(days=1) if key == "until" else value
            value = day.strftime("%Y-%m-%d")
        said[key] = "1" if value is True else value
    return urlencode(said)


def _cut(text: str, query: str) -> tuple[str, str, str]:
    """Before the words, the words, after them; found by sound alone, nothing is marked."""
    before, words, after = text.partition(query.strip()) if query.strip() else (text, "", "")
    return before, words, after


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day).astimezone() if 2000 <= day.year <= 2100 else None


def _number(text: str) -> float | None:
    return float(text) if text.isascii() and text.replace(".", "", 1).isdecimal() else None
