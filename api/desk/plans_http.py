"""`/desk/plans`: what is sampled, when, and what the sample leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from api.desk.access import LEADS, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.review.boards.periods import Unit
from api.review.errors import ReviewError
from api.review.sampling import drawing, plans, schedule
from api.review.sampling.bias import bias
from api.review.sampling.plans import PlanKind
from api.store.agents import staff

_SHOWN = timedelta(days=31)
_LONGEST_DAYS = 366


def plans_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/plans")
    @rule(LEADS)
    def shown(request: Request) -> Response:
        return _page(desk, request)

    @router.post("/desk/plans")
    @rule(LEADS)
    def change(request: Request) -> Response:
        try:
            drawn = _change(desk, request)
        except ReviewError as error:
            return _page(desk, request, problem=error.key, status=error.status)
        return _page(desk, request, drawn=drawn)

    return router


def _change(desk: Desk, request: Request) -> int | None:
    """What the form asks for; the number of new tasks where it was a draw."""
    form, me = form_of(request), person_of(request).login
    asked = form.get("do", "")
    if asked == "draw":
        days = min(_LONGEST_DAYS, _whole(form.get("days", "31")))
        return drawing.draw(desk.store, since=datetime.now(UTC) - timedelta(days=days), by=me)
    if asked == "switch":
        active = form.get("active") == "1"
        plans.change_plan(desk.store, _whole(form.get("plan", "")), active=active, by=me)
    elif asked == "every":
        every = form.get("every", "")
        plans.change_plan(desk.store, _whole(form.get("plan", "")), every=every, by=me)
    else:
        plans.make_plan(
            desk.store,
            name=form.get("name", ""),
            kind=form.get("kind", ""),
            amount=_amount(form.get("amount", "")),
            every=form.get("every", ""),
            by=me,
        )
    return None


def _page(
    desk: Desk, request: Request, *, problem: str = "", drawn: int | None = None, status: int = 200
) -> Response:
    now = datetime.now(UTC)
    with desk.store.reading() as connection:
        found = plans.all_plans(connection)
        return page(
            request,
            "plans",
            status=status,
            plans=found,
            staff=staff(connection),
            last=schedule.last_draws(connection),
            upcoming={plan.id: schedule.next_at(plan, now) for plan in found},
            bias=bias(connection, now - _SHOWN),
            kinds=[kind.value for kind in PlanKind],
            units=[unit.value for unit in Unit],
            problem=problem,
            drawn=drawn,
        )


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ReviewError(f"{text[:20]!r} is not a number", key="bad_plan")
    return int(text)


def _amount(text: str) -> float:
    if not text.isascii() or not text.replace(".", "", 1).isdecimal():
        raise ReviewError(f"{text[:20]!r} is not a number", key="bad_plan")
    return float(text)
