"""`/desk/search`: any call, by what was said in it or by what is known of it, and as a file."""

from __future__ import annotations

import inspect
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.filters import Misread, day_of, misread, number_of, refuse
from api.desk.found_sheet import found_sheet
from api.desk.pages import catalogue, language_of, page
from api.desk.sheets import as_file
from api.review import persons
from api.review.boards import agent_board
from api.review.errors import ReviewError
from api.review.judging import finding, reviews, saved_searches
from api.review.judging.finding import SORTS, CallFilter
from api.store import audit
from api.store.agents import is_known, staff
from api.store.folding import place_of
from api.store.number_key import is_number

_MOST = 60
_MOST_EXPORTED = 10_000
_Text = Annotated[str, Query(max_length=120)]
_CONCLUSIONS = ("passed", "failed", "to_review", "not_judgeable")
_CHOICES = {"conclusion": _CONCLUSIONS, "judged": ("yes", "no"), "sort": tuple(SORTS)}


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
) -> CallFilter:
    """What an address asks for; what cannot be read is no filter, and the page says so."""
    last = day_of(until)
    return CallFilter(
        q=q.strip(),
        sound=sound == "1",
        agent=agent.strip(),
        team=team,
        customer=customer.strip(),
        call=call.strip(),
        file=file.strip(),
        script=script,
        rule=rule,
        begin=day_of(begin),
        until=last + timedelta(days=1) if last else None,
        above=number_of(above),
        below=number_of(below),
        conclusion=conclusion if conclusion in _CONCLUSIONS else "",
        judged=judged if judged in ("yes", "no") else "",
        sort=sort if sort in SORTS else "newest",
    )


Asked = Annotated[CallFilter, Depends(wanted_of)]


def search_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/search")
    @rule(JUDGES)
    def search(
        request: Request, asked: Asked, after: Annotated[int, Query(ge=0, le=100_000)] = 0
    ) -> Response:
        return _found_page(desk, request, asked, after)

    @router.post("/desk/searches")
    @rule(JUDGES)
    def keep(request: Request) -> Response:
        """Keep a search under a name, or let go of one."""
        return _kept(desk, request)

    @router.get("/desk/search.{kind}")
    @rule(JUDGES)
    def export(request: Request, asked: Asked, kind: Literal["csv", "xlsx"]) -> Response:
        """What is listed, with people's scores, verdicts, deductions and comments."""
        return _file(desk, request, asked, kind)

    return router


def _found_page(desk: Desk, request: Request, asked: CallFilter, after: int) -> Response:
    _note_search(desk, request, asked)
    only_words = asked == replace(CallFilter(), q=asked.q, sound=asked.sound)
    found = desk.store.search(asked.q, by_sound=asked.sound, limit=_MOST) if only_words else []
    numbers, by_number = desk.store.numbers, is_number(asked.customer)
    with desk.store.reading() as connection:
        ids = {one.call_id for one in found}
        kept = reviews.kept_blind(connection, person_of(request).login)
        rows, count = [], 0
        if not only_words:
            rows = finding.find(connection, asked, numbers=numbers, after=after, kept=kept)
            count = finding.count(connection, asked, numbers=numbers, kept=kept)
        return page(
            request,
            "search",
            staff=staff(connection),
            saved=saved_searches.of_person(connection, person_of(request).login),
            asked=asked,
            misread=_misread(request),
            nobody=bool(asked.agent) and not is_known(connection, asked.agent),
            no_key=by_number and numbers is None,
            without_print=persons.without_print(connection) if by_number else 0,
            last=asked.until - timedelta(days=1) if asked.until else None,
            found=[(one, _cut(one.text, asked.q)) for one in found],
            calls={row.id: row for row in agent_board.these(connection, ids)},
            most=len(found) == _MOST,
            rows=rows,
            count=count,
            listed=not only_words,
            kept=kept,
            after=after,
            page_size=finding.PAGE,
            query=address(asked),
            sorts=list(SORTS),
            conclusions=_CONCLUSIONS,
        )


def _kept(desk: Desk, request: Request) -> Response:
    form, me = form_of(request), person_of(request).login
    if form.get("do") == "forget":
        number = form.get("search", "")
        saved_searches.forget(desk.store, int(number) if number.isdecimal() else 0, login=me)
        return RedirectResponse("/desk/search", 303)
    wanted = wanted_of(**dict(_asked_in(form.get("query", ""))))
    if is_number(wanted.customer):
        raise ReviewError("a customer's number is not kept in a search", key="number_not_kept")
    query = address(wanted)
    saved_searches.save(desk.store, form.get("name", ""), query, login=me)
    return RedirectResponse(f"/desk/search?{query}", 303)


def _file(
    desk: Desk, request: Request, asked: CallFilter, kind: Literal["csv", "xlsx"]
) -> Response:
    refuse(_misread(request))
    words = catalogue("search", language_of(request))
    with desk.store.reading() as connection:
        kept = reviews.kept_blind(connection, person_of(request).login)
        numbers = desk.store.numbers
        rows = finding.find(connection, asked, numbers=numbers, limit=_MOST_EXPORTED, kept=kept)
        head, cells = found_sheet(connection, rows, words)
    with desk.store.writing() as connection:
        audit.record(
            connection,
            who=person_of(request).login,
            action="calls.exported",
            subject=f"calls.{kind}",
            detail={"rows": len(rows), **_asked_for(asked)},
        )
    return as_file("calls", kind, head, cells, title="calls")


def _misread(request: Request) -> list[Misread]:
    days, numbers = ("begin", "until"), ("above", "below")
    return misread(request, days=days, numbers=numbers, choices=_CHOICES)


def _asked_in(query: str) -> list[tuple[str, str]]:
    """The filters of an address; what is none is left out."""
    known = inspect.signature(wanted_of).parameters
    return [(key, value[:120]) for key, value in parse_qsl(query[:2_000]) if key in known]


def _note_search(desk: Desk, request: Request, asked: CallFilter) -> None:
    if asked == CallFilter():
        return
    told = _asked_for(asked)
    subject = ", ".join(f"{key} {value}" for key, value in told.items())
    who = person_of(request).login
    desk.noted.look(desk.store, who=who, action="search.made", subject=subject, detail=told)


def _asked_for(asked: CallFilter) -> dict[str, str]:
    """The filters for the audit trail: ids as they are, of words and customers only that there were
    any.
    """
    told = dict(parse_qsl(address(asked)))
    return {key: "…" if key in ("q", "customer", "file") else value for key, value in told.items()}


def address(asked: CallFilter) -> str:
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


def _cut(text: str, typed: str) -> tuple[str, str, str]:
    """Before the words, the words, after them; found by sound alone, nothing is marked."""
    place = place_of(text, typed) if typed.strip() else None
    if place is None:
        return text, "", ""
    begin, end = place
    return text[:begin], text[begin:end], text[end:]
