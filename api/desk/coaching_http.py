"""`/desk/coaching`: comments pinned to seconds of calls, notes made of them, and their answers."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, LEADS, LISTENERS, every, form_of, person_of, rule, ruled
from api.desk.audio_http import CallId, read_page
from api.desk.desk import Desk
from api.desk.pages import page
from api.desk.review_http import PathNumber
from api.review import notices
from api.review.accounts import people
from api.review.accounts.people import AccountRole
from api.review.coaching import notes, pins
from api.review.errors import ReviewError
from api.review.judging import casefile
from api.store.agents import by_pinyin, identify, staff

AGENTS = frozenset({AccountRole.AGENT})
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})|(\d{1,5})")


def coaching_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.post("/desk/calls/{call_id}/pins")
    @rule(JUDGES)
    def pin(request: Request, call_id: CallId) -> Response:
        return _pinned(desk, request, call_id)

    @router.post("/desk/pins/{number}/remove")
    @rule(JUDGES)
    def unpin(request: Request, number: PathNumber) -> Response:
        call_id = pins.unpin(desk.store, number, by=person_of(request).login)
        return RedirectResponse(f"/desk/calls/{call_id}#pins", 303)

    @router.get("/desk/coaching")
    @rule(JUDGES)
    def everything(request: Request, agent: Annotated[str, Query(max_length=120)] = "") -> Response:
        return _list_page(desk, request, agent=agent.strip())

    @router.post("/desk/coaching")
    @rule(LEADS)
    def give(request: Request) -> Response:
        return _given(desk, request)

    @router.get("/desk/coaching/{number}")
    @rule(LISTENERS)
    def one(request: Request, number: PathNumber) -> Response:
        with desk.store.reading() as connection:
            note = notes.for_person(connection, number, person_of(request))
            return page(
                request,
                "coaching_note",
                note=note,
                parts=notes.parts(connection, number),
                names=people.names(connection),
                staff=staff(connection),
            )

    @router.post("/desk/coaching/{number}")
    @rule(AGENTS)
    def acknowledge(request: Request, number: PathNumber) -> Response:
        words = form_of(request).get("words", "")
        notes.acknowledge(desk.store, number, by=person_of(request), words=words)
        return RedirectResponse(f"/desk/coaching/{number}", 303)

    @router.get("/desk/notices")
    @rule(frozenset(AccountRole))
    def told(request: Request) -> Response:
        rows = notices.look(desk.store, person_of(request).login)
        request.state.unseen = 0
        with desk.store.reading() as connection:
            about = notices.calls_told_of(connection, rows)
            names = staff(connection)
        return page(request, "notices", rows=rows, about=about, staff=names)

    return router


def _pinned(desk: Desk, request: Request, call_id: str) -> Response:
    form, me = form_of(request), person_of(request)
    with desk.store.reading() as connection:
        casefile.may_see(connection, me, call_id)
    try:
        at_ms = moment_of(form.get("at", ""))
        words = form.get("words", "")
        pins.pin(desk.store, call_id, at_ms=at_ms, words=words, by=me.login)
    except ReviewError as error:
        return read_page(desk, request, call_id, problem=error.key, status=error.status)
    return RedirectResponse(f"/desk/calls/{call_id}#pins", 303)


def _given(desk: Desk, request: Request) -> Response:
    form = form_of(request)
    chosen = [int(one) for one in every(request, "pin") if one.isascii() and one.isdecimal()]
    try:
        number = notes.give(
            desk.store,
            form.get("agent", ""),
            title=form.get("title", ""),
            words=form.get("words", ""),
            chosen=chosen,
            by=person_of(request).login,
        )
    except ReviewError as error:
        agent = form.get("agent", "")
        return _list_page(desk, request, agent=agent, problem=error.key, status=error.status)
    return RedirectResponse(f"/desk/coaching/{number}", 303)


def moment_of(typed: str) -> int:
    """1:05 or 65 as ms. Raises ReviewError."""
    found = _CLOCK.fullmatch(typed.strip().replace("：", ":"))
    if not found:
        raise ReviewError("expected a moment such as 1:05", key="pin_outside")
    hours, minutes, seconds, plain = (int(part or 0) for part in found.groups())
    return (hours * 3_600 + minutes * 60 + seconds + plain) * 1_000


def _list_page(
    desk: Desk, request: Request, *, agent: str, problem: str = "", status: int = 200
) -> Response:
    with desk.store.reading() as connection:
        who = identify(connection, agent)
        agent = who.number
        return page(
            request,
            "coaching",
            status=status,
            agent=agent,
            asked=who,
            nobody=bool(who.name) and not who.namesakes,
            everybody=by_pinyin(staff(connection)),
            loose=pins.loose(connection, agent) if agent else [],
            rows=notes.listed(connection, agent=agent or None),
            names=people.names(connection),
            staff=staff(connection),
            problem=problem,
        )
