"""`/desk/tasks/{id}` and `/desk/api/reviews/…`: judging a call, saved as one goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, form_of, person_of, rule, ruled
from api.desk.audio_http import CallId, read_page
from api.desk.case_page import case_page, state_of
from api.desk.desk import Desk
from api.desk.queue_http import Asked, address
from api.review.errors import ReviewError, Stale
from api.review.judging import asking, casefile, corrections, reviews, single_verdicts, submitting
from api.review.judging.reviews import Review
from api.review.sampling import queue

Number = Annotated[int, Path(ge=1, lt=2**31)]
Place = Annotated[int, Field(ge=0, lt=2**31)]


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


Words = Annotated[str, Field(max_length=4_000), AfterValidator(_without_nul)]
Name = Annotated[str, Field(max_length=160), AfterValidator(_without_nul)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answer(Body):
    """One item; `points` null leaves the machine's suggestion."""

    points: float | None = Field(None, ge=0, le=1_000)
    na: bool = False
    fatal: bool = False
    note: Annotated[str, Field(max_length=1_000), AfterValidator(_without_nul)] = ""


class Draft(Body):
    """`revision` is the one this was made from."""

    revision: Place
    items: dict[Annotated[str, Field(max_length=60)], Answer] = Field(max_length=80)
    comment: Words = ""


class Judged(Body):
    hit: Name
    right: bool
    comment: Words = ""


class Span(Body):
    utterance: Place
    begin: Place
    end: Place


class Missed(Span):
    rule: Name


class Corrected(Span):
    said: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]


def review_router(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))

    @router.get("/desk/tasks/{task}", include_in_schema=False)
    @rule(JUDGES)
    def work(request: Request, task: Number, asked: Asked) -> Response:
        me = person_of(request)
        with desk.store.reading() as connection:
            row = queue.task_of(connection, task)
            casefile.may_see(connection, me, row.call_id)
        with desk.store.writing() as connection:
            queue.take(connection, task, me.login)
        review = reviews.begin(desk.store, row.call_id, purpose=row.purpose, login=me.login)
        return case_page(desk, request, row.call_id, review, task=row, query=address(asked))

    @router.post("/desk/calls/{call_id}/review", include_in_schema=False)
    @rule(JUDGES)
    def ask(request: Request, call_id: CallId) -> Response:
        """Judge any call, whether it was drawn or not; again with a reason."""
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

    @router.get("/desk/api/reviews/{number}")
    @rule(JUDGES)
    def state(request: Request, number: Number) -> dict[str, Any]:
        """The draft as it is kept, and what it comes to."""
        return _state(desk, _own(desk, request, number))

    @router.put("/desk/api/reviews/{number}")
    @rule(JUDGES)
    def save(request: Request, number: Number, draft: Draft) -> dict[str, Any]:
        """Keep a draft; 409 with what is kept when it was changed elsewhere."""
        return _kept(desk, request, number, draft, reviews.save)

    @router.post("/desk/api/reviews/{number}/submit")
    @rule(JUDGES)
    def submit(request: Request, number: Number, draft: Draft) -> dict[str, Any]:
        """Make it final."""
        final = partial(submitting.submit, double_share=desk.settings.double_share)
        return _kept(desk, request, number, draft, final)

    @router.post("/desk/api/reviews/{number}/verdicts")
    @rule(JUDGES)
    def judge(request: Request, number: Number, said: Judged) -> dict[str, Any]:
        """A hit is right, or it is not."""
        login = person_of(request).login
        review = single_verdicts.judge(
            desk.store,
            number,
            login=login,
            hit_id=said.hit,
            right=said.right,
            comment=said.comment,
        )
        return _state(desk, review)

    @router.get("/desk/api/calls/{call_id}/rules")
    @rule(JUDGES)
    def rules(request: Request, call_id: CallId) -> list[tuple[str, str]]:
        """Id and title of every rule that could have been hit in this call."""
        with desk.store.reading() as connection:
            casefile.may_see(connection, person_of(request), call_id)
            return casefile.rules_of(connection, call_id)

    @router.post("/desk/api/reviews/{number}/missed")
    @rule(JUDGES)
    def missed(request: Request, number: Number, said: Missed) -> dict[str, bool]:
        """Words that a rule should have found."""
        single_verdicts.mark_missed(
            desk.store,
            number,
            login=person_of(request).login,
            utterance=said.utterance,
            begin=said.begin,
            end=said.end,
            rule=said.rule,
        )
        return {"kept": True}

    @router.post("/desk/api/reviews/{number}/corrections")
    @rule(JUDGES)
    def correct(request: Request, number: Number, said: Corrected) -> dict[str, bool]:
        """Words that were heard wrong."""
        review = _own(desk, request, number)
        corrections.correct(
            desk.store,
            review.call_id,
            utterance=said.utterance,
            begin=said.begin,
            end=said.end,
            said=said.said,
            by=person_of(request).login,
        )
        return {"kept": True}

    return router


def _kept(
    desk: Desk, request: Request, number: int, draft: Draft, keep: Callable[..., Review]
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
        error.more = {"kept": _state(desk, _own(desk, request, number))}
        raise
    return _state(desk, review)


def _own(desk: Desk, request: Request, number: int) -> Review:
    with desk.store.reading() as connection:
        return reviews.own(connection, number, person_of(request).login)


def _state(desk: Desk, review: Review) -> dict[str, Any]:
    with desk.store.reading() as connection:
        return state_of(connection, review)


def _items(draft: Draft) -> dict[str, Any]:
    return {name: answer.model_dump(exclude_defaults=True) for name, answer in draft.items.items()}
