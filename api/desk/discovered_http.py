"""`/desk/rules/discovered`: sentences that mean a rule and are not in it, to take or to refuse."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import LEADS, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.desk.rulebook_api import changeable
from api.learning.discovery import unknown_rules
from api.review.errors import ReviewError
from api.rulebook.discovered import discovered, take_up, turn_down
from api.rulebook.in_force import in_force


def discovered_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/rules/discovered")
    @rule(LEADS)
    def listed(request: Request) -> Response:
        return _page(desk, request)

    @router.post("/desk/rules/discovered")
    @rule(LEADS)
    def decide(request: Request) -> Response:
        """`do` is take (then the rule is shown, the line in it) or refuse."""
        form, me = form_of(request), person_of(request).login
        name, line = form.get("rule", ""), form.get("line", "")
        try:
            if form.get("do") != "take":
                turn_down(desk.store, name, line, by=me)
                return RedirectResponse("/desk/rules/discovered", 303)
            changeable(desk)
            key = take_up(desk.store, in_force(desk.store).book, name, line, by=me)
        except ReviewError as error:
            return _page(desk, request, problem=error.key, status=error.status)
        return RedirectResponse(f"/desk/rules/piece?key={quote(key)}", 303)

    return router


def _page(desk: Desk, request: Request, *, problem: str = "", status: int = 200) -> Response:
    rules = in_force(desk.store, desk.settings.phrasebook)
    with desk.store.reading() as connection:
        found = discovered(connection, rules.book)
    return page(
        request,
        "rules_discovered",
        status=status,
        found=found,
        unknown=unknown_rules(rules.book),
        may_take=desk.settings.phrasebook is None,
        problem=problem,
    )
