"""`/desk/appeals`, and what an agent says to a review: acknowledged, or appealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, LEADS, every, form_of, person_of, rule, ruled
from api.desk.audio_http import CallId, read_page
from api.desk.case_page import case_page
from api.desk.desk import Desk
from api.desk.pages import page
from api.desk.review_http import PathNumber
from api.review.accounts import people
from api.review.accounts.people import AccountRole
from api.review.errors import NotThere, ReviewError
from api.review.judging import appeals, casefile, submitting
from api.review.scores import snapshots
from api.store.agents import staff

AGENTS = frozenset({AccountRole.AGENT})


def appeals_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/appeals")
    @rule(JUDGES)
    def waiting(request: Request) -> Response:
        with desk.store.reading() as connection:
            return page(
                request,
                "appeals",
                rows=appeals.waiting(connection),
                staff=staff(connection),
                answered=appeals.waiting(connection, done=True, limit=50),
                names=people.names(connection),
                is_overdue=appeals.is_overdue,
            )

    @router.get("/desk/appeals/{number}")
    @rule(LEADS)
    def decide(request: Request, number: PathNumber) -> Response:
        return _decision_page(desk, request, number)

    @router.post("/desk/appeals/{number}")
    @rule(LEADS)
    def answer(request: Request, number: PathNumber) -> Response:
        return _answered(desk, request, number)

    @router.post("/desk/calls/{call_id}/appeal")
    @rule(AGENTS)
    def object_(request: Request, call_id: CallId) -> Response:
        return _objected(desk, request, call_id)

    @router.post("/desk/calls/{call_id}/acknowledge")
    @rule(AGENTS)
    def acknowledge(request: Request, call_id: CallId) -> Response:
        return _acknowledged(desk, request, call_id)

    return router


def _answered(desk: Desk, request: Request, number: int) -> Response:
    form = form_of(request)
    try:
        appeals.answer(
            desk.store,
            number,
            by=person_of(request),
            accepted=form.get("do") == "accept",
            words=form.get("words", ""),
        )
    except ReviewError as error:
        if error.status != 400:
            raise
        typed = form.get("words", "")
        return _decision_page(desk, request, number, problem=error.key, typed=typed)
    return RedirectResponse("/desk/appeals", 303)


def _objected(desk: Desk, request: Request, call_id: str) -> Response:
    form, me = form_of(request), person_of(request)
    review = _shown(desk, request, call_id, machine=desk.settings.contest_machine)
    try:
        appeals.appeal(
            desk.store,
            call_id,
            review,
            by=me,
            reason=form.get("reason", ""),
            within=timedelta(days=desk.settings.appeal_days),
            findings=[name[:160] for name in every(request, "finding")],
        )
    except ReviewError as error:
        return read_page(desk, request, call_id, problem=error.key, status=error.status)
    return RedirectResponse(request.url.path.removesuffix("/appeal"), 303)


def _acknowledged(desk: Desk, request: Request, call_id: str) -> Response:
    review, me = _shown(desk, request, call_id), person_of(request)
    words = form_of(request).get("words", "")
    try:
        assert review is not None
        submitting.acknowledge(desk.store, review, login=me.login, comment=words)
    except ReviewError as error:
        return read_page(desk, request, call_id, problem=error.key, status=error.status)
    return RedirectResponse(request.url.path.removesuffix("/acknowledge"), 303)


def _shown(
    desk: Desk, request: Request, call_id: Annotated[str, Path()], *, machine: bool = False
) -> int | None:
    """The review of the agent's own call that counts; None where the machine's score counts and
    `machine` scores are theirs to contest. Raises NotThere.
    """
    with desk.store.reading() as connection:
        casefile.may_see(connection, person_of(request), call_id)
        frozen = snapshots.current(connection, call_id)
    if frozen is None and machine:
        return None
    if frozen is None or not frozen.review:
        raise NotThere("no such review", key="not_there")
    return frozen.review


def _decision_page(
    desk: Desk, request: Request, number: int, *, problem: str = "", typed: str = ""
) -> Response:
    me = person_of(request)
    review = appeals.open_answer(desk.store, number, me)
    with desk.store.reading() as connection:
        appeal = appeals.by_number(connection, number)
    told = {"who": me.login, "action": "call.read", "subject": appeal.call_id}
    desk.noted.look(desk.store, **told, detail={"appeal": number})
    return case_page(
        desk,
        request,
        appeal.call_id,
        review,
        appeal=appeal,
        problem=problem,
        typed=typed,
        status=400 if problem else 200,
    )
