"""`/desk/scorecards`: versions of the scorecard, edited as YAML; old scores stay as they are."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.review.accounts import people
from api.review.accounts.people import Role
from api.review.errors import ReviewError
from api.review.scores import scorecards

KEEPERS = frozenset({Role.LEAD, Role.ADMIN})


def scorecards_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/scorecards")
    @rule(KEEPERS)
    def shown(request: Request) -> Response:
        return _page(desk, request)

    @router.post("/desk/scorecards")
    @rule(KEEPERS)
    def publish(request: Request) -> Response:
        form = form_of(request)
        text, follows = form.get("card", ""), form.get("follows", "")
        try:
            number = int(follows) if follows.isascii() and follows.isdecimal() else -1
            card = scorecards.from_yaml(text)
            note, me = form.get("note", ""), person_of(request).login
            scorecards.publish(desk.store, card, note=note, by=me, follows=number)
        except ReviewError as error:
            return _page(desk, request, text=text, problem=error)
        return RedirectResponse("/desk/scorecards", 303)

    return router


def _page(
    desk: Desk, request: Request, *, text: str = "", problem: ReviewError | None = None
) -> Response:
    with desk.store.reading() as connection:
        found = scorecards.versions(connection)
        names = people.names(connection)
    return page(
        request,
        "scorecards",
        status=problem.status if problem else 200,
        versions=found,
        names=names,
        text=text or (scorecards.as_yaml(found[0].card) if found else ""),
        problem=problem,
    )
