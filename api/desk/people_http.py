"""`/desk/people`: who may come in. For administrators."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import ADMINS, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.review.accounts import people
from api.review.accounts.people import AccountRole
from api.review.errors import ReviewError
from api.store import StoreError, agents


def people_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/people")
    @rule(ADMINS)
    def everybody(request: Request) -> Response:
        return _people_page(desk, request)

    @router.post("/desk/people")
    @rule(ADMINS)
    def make(request: Request) -> Response:
        return _made(desk, request)

    @router.post("/desk/people/{login}")
    @rule(ADMINS)
    def change(request: Request, login: str) -> Response:
        return _changed(desk, request, login)

    @router.post("/desk/unnumbered")
    @rule(ADMINS)
    def assign(request: Request) -> Response:
        """Calls that stand under a name alone get the number of whose they are."""
        form, me = form_of(request), person_of(request).login
        try:
            with desk.store.writing() as connection:
                agents.assign(connection, form.get("name", ""), form.get("number", ""), by=me)
        except StoreError:
            return _people_page(desk, request, problem="no_number", status=404)
        return RedirectResponse("/desk/people", 303)

    return router


def _made(desk: Desk, request: Request) -> Response:
    form = form_of(request)
    try:
        first = people.create_user(
            desk.store,
            form.get("login", ""),
            role=form.get("role", ""),
            name=form.get("name", ""),
            agent=form.get("agent", ""),
            team=form.get("team", ""),
            first_day=_day(form.get("first_day", "")),
            by=person_of(request).login,
        )
    except ReviewError as error:
        return _people_page(desk, request, problem=error.key, status=error.status)
    return _people_page(desk, request, made=form["login"], first=first)


def _changed(desk: Desk, request: Request, login: str) -> Response:
    form = form_of(request)
    try:
        if form.get("do") == "reset":
            first = people.reset_password(desk.store, login, by=person_of(request).login)
            return _people_page(desk, request, made=login, first=first)
        people.change_person(
            desk.store,
            login,
            by=person_of(request).login,
            role=form.get("role", ""),
            name=form.get("name", login)[:80],
            agent=form.get("agent", "")[:120],
            team=form.get("team", "")[:120],
            first_day=_day(form.get("first_day", "")),
            active=form.get("active") == "on",
        )
    except ReviewError as error:
        return _people_page(desk, request, problem=error.key, status=error.status)
    return _people_page(desk, request)


def _people_page(
    desk: Desk,
    request: Request,
    *,
    problem: str = "",
    made: str = "",
    first: str = "",
    status: int = 200,
) -> Response:
    with desk.store.reading() as connection:
        found = people.everybody(connection)
        alone = agents.unnumbered(connection)
        meant = agents.namesakes(connection, [row.agent_name for row in alone])
        first_days = agents.first_days(connection)
    return page(
        request,
        "people",
        status=status,
        people=found,
        alone=alone,
        meant=meant,
        first_days=first_days,
        roles=list(AccountRole),
        problem=problem,
        made=made,
        first=first,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
