"""`/desk/tasks/{id}` and `/desk/api/reviews/…`: judging a call, saved as one goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, form_of, person_of, rule, ruled
from api.desk.audio_http import CallId, read_page
from api.desk.case_page import case_page
from api.desk.desk import Desk
from api.desk.pages import catalogue, language_of, page
from api.desk.queue_http import Asked, address
from api.desk.review_state import state_of
from api.review.errors import ReviewError, Stale
from api.review.judging import (
    asking,
    casefile,
    reviews,
    submitting,
    withdrawing,
)
from api.review.judging.reviews import Review
from api.review.sampling import queue
from api.review.scores.answers import GivenAnswers
from api.store.agents import staff

PathNumber = Annotated[int, Path(ge=1, lt=2**31)]
Position = Annotated[int, Field(ge=0, lt=2**31)]


def without_nul(text: str) -> str:
    return text.replace("\0", "")


Words = Annotated[str, Field(max_length=4_000), AfterValidator(without_nul)]
Name = Annotated[str, Field(max_length=160), AfterValidator(without_nul)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReviewAnswer(Body):
    """One item; `points` null leaves the machine's suggestion."""

    points: float | None = Field(None, ge=0, le=1_000)
    na: bool = False
    fatal: bool = False
    note: Annotated[str, Field(max_length=1_000), AfterValidator(without_nul)] = ""


class ReviewDraft(Body):
    """`revision` is the one this was made from."""

    revision: Position
    items: dict[Annotated[str, Field(max_length=60)], ReviewAnswer] = Field(max_length=80)
    comment: Words = ""


def review_router(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))

    @router.get("/desk/tasks/{task}", include_in_schema=False)
    @rule(JUDGES)
    def work(request: Request, task: PathNumber, asked: Asked) -> Response:
        """The page of a task that one holds; to read the address of another takes nothing."""
        return _task_page(desk, request, task, address(asked))

    @router.post("/desk/tasks/{task}/take", include_in_schema=False)
    @rule(JUDGES)
    def take(request: Request, task: PathNumber, asked: Asked) -> Response:
        """Take a task: nobody else gets it until it is handed in, given back or left alone."""
        me = person_of(request)
        with desk.store.writing() as connection:
            casefile.may_see(connection, me, queue.task_of(connection, task).call_id)
            queue.take(connection, task, me.login)
        return RedirectResponse(f"/desk/tasks/{task}?{address(asked)}", 303)

    @router.post("/desk/tasks/{task}/leave", include_in_schema=False)
    @rule(JUDGES)
    def leave(request: Request, task: PathNumber) -> Response:
        """The page of a task was left: it is free again. Sent by the page as it goes."""
        opened = _moment(form_of(request).get("opened", ""))
        with desk.store.writing() as connection:
            queue.leave_page(connection, task, person_of(request).login, opened)
        return Response(status_code=204)

    @router.post("/desk/calls/{call_id}/review", include_in_schema=False)
    @rule(JUDGES)
    def ask(request: Request, call_id: CallId) -> Response:
        """Judge any call, whether it was drawn or not; again with a reason."""
        return _asked_for(desk, request, call_id)

    @router.get("/desk/api/reviews/{number}")
    @rule(JUDGES)
    def kept(request: Request, number: PathNumber) -> dict[str, Any]:
        """The draft as it is kept, and what it comes to."""
        return state(desk, request, own_review(desk, request, number))

    @router.put("/desk/api/reviews/{number}")
    @rule(JUDGES)
    def save(request: Request, number: PathNumber, draft: ReviewDraft) -> dict[str, Any]:
        """Keep a draft; 409 with what is kept when it was changed elsewhere."""
        return _kept(desk, request, number, draft, reviews.save)

    @router.post("/desk/api/reviews/{number}/submit")
    @rule(JUDGES)
    def submit(request: Request, number: PathNumber, draft: ReviewDraft) -> dict[str, Any]:
        """Make it final."""
        final = partial(submitting.submit, double_share=desk.settings.double_share)
        return _kept(desk, request, number, draft, final)

    @router.post("/desk/api/reviews/{number}/withdraw")
    @rule(JUDGES)
    def withdraw(request: Request, number: PathNumber) -> dict[str, int | None]:
        """Take back what was submitted a moment ago; tells the task, which is locked again."""
        task = withdrawing.withdraw(desk.store, number, login=person_of(request).login)
        return {"task": task}

    return router


def _task_page(desk: Desk, request: Request, task: int, query: str) -> Response:
    """`query`: the queue's filters, which go along."""
    me = person_of(request)
    with desk.store.reading() as connection:
        row = queue.task_of(connection, task)
        call = casefile.may_see(connection, me, row.call_id)
        if not queue.is_mine(connection, task, me.login):
            if not queue.is_free(connection, task, me.login):
                raise queue.held(connection, task)
            known = staff(connection)
            return page(request, "task", task=row, call=call, staff=known, query=query)
    with desk.store.writing() as connection:
        queue.open_page(connection, task, me.login)
        row = queue.task_of(connection, task)
    told = {"who": me.login, "action": "task.opened", "subject": row.call_id}
    desk.noted.look(desk.store, **told, detail={"task": task, "purpose": row.purpose})
    review = reviews.begin(desk.store, row.call_id, purpose=row.purpose, login=me.login)
    return case_page(desk, request, row.call_id, review, task=row, query=query)


def _asked_for(desk: Desk, request: Request, call_id: str) -> Response:
    me = person_of(request)
    with desk.store.reading() as connection:
        casefile.may_see(connection, me, call_id)
    try:
        task = asking.ask(desk.store, call_id, by=me.login, why=form_of(request).get("why", ""))
    except ReviewError as error:
        if error.status != 400:
            raise
        return read_page(desk, request, call_id, problem=error.key, status=400)
    return RedirectResponse(f"/desk/tasks/{task}", 303)


def _kept(
    desk: Desk, request: Request, number: int, draft: ReviewDraft, keep: Callable[..., Review]
) -> dict[str, Any]:
    """A stale write is answered with what is kept, so that the page can show both."""
    try:
        review = keep(
            desk.store,
            number,
            login=person_of(request).login,
            revision=draft.revision,
            answers=_items(draft),
            comment=draft.comment,
        )
    except Stale as error:
        error.more = {"kept": state(desk, request, own_review(desk, request, number))}
        raise
    return state(desk, request, review)


def own_review(desk: Desk, request: Request, number: int) -> Review:
    with desk.store.reading() as connection:
        return reviews.read_own(connection, number, person_of(request).login)


def state(desk: Desk, request: Request, review: Review) -> dict[str, Any]:
    words = catalogue("case", language_of(request))
    with desk.store.reading() as connection:
        return state_of(connection, review, words)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ReviewError("opened: expected a moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _items(draft: ReviewDraft) -> GivenAnswers:
    return {name: answer.model_dump(exclude_defaults=True) for name, answer in draft.items.items()}
