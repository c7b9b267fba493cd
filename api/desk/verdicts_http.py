"""`/desk/api/reviews/…`: what is said of single findings, words and places of a call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field

from api.desk.access import JUDGES, person_of, rule, ruled
from api.desk.audio_http import CallId
from api.desk.desk import Desk
from api.desk.review_http import (
    Body,
    Name,
    PathNumber,
    Position,
    Words,
    own_review,
    state,
    without_nul,
)
from api.review.judging import casefile, corrections, single_verdicts
from api.review.judging.reviews import Review
from api.review.scores.opinions import Place


class Judged(Body):
    """`hit`: a hit's id, or the key of a step or a check; `right` null takes a verdict back."""

    hit: Name
    right: bool | None
    comment: Words = ""


class MarkedWords(Body):
    """Characters `begin` to `end` of an utterance."""

    utterance: Position
    begin: Position
    end: Position


class Missed(MarkedWords):
    """Words that this rule should have found."""

    rule: Name

    @property
    def place(self) -> Place:
        return Place(
            rule=self.rule, utterance=self.utterance, begin_char=self.begin, end_char=self.end
        )


class Corrected(MarkedWords):
    """Words that were heard wrong, and what was `said`."""

    said: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_nul)]


def verdicts_router(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))

    @router.post("/desk/api/reviews/{number}/verdicts")
    @rule(JUDGES)
    def judge(request: Request, number: PathNumber, said: Judged) -> dict[str, Any]:
        """A hit is right, or it is not."""
        return state(desk, request, _judged(desk, request, number, said))

    @router.get("/desk/api/calls/{call_id}/rules")
    @rule(JUDGES)
    def rules(request: Request, call_id: CallId) -> list[tuple[str, str, str]]:
        """Id and title of every rule that could have been hit in this call, and whose words it
        listens to (agent, customer, any)."""
        with desk.store.reading() as connection:
            casefile.may_see(connection, person_of(request), call_id)
            known = casefile.rules_of(connection, call_id)
            return [(one.id, one.title, one.who.value) for one in known]

    @router.post("/desk/api/reviews/{number}/missed")
    @rule(JUDGES)
    def missed(request: Request, number: PathNumber, said: Missed) -> dict[str, Any]:
        """Words that a rule should have found."""
        login = person_of(request).login
        review = single_verdicts.mark_missed(desk.store, number, login=login, place=said.place)
        return state(desk, request, review)

    @router.delete("/desk/api/reviews/{number}/missed")
    @rule(JUDGES)
    def not_missed(request: Request, number: PathNumber, said: Missed) -> dict[str, Any]:
        """Take such a mark back."""
        login = person_of(request).login
        review = single_verdicts.unmark_missed(desk.store, number, login=login, place=said.place)
        return state(desk, request, review)

    @router.post("/desk/api/reviews/{number}/corrections")
    @rule(JUDGES)
    def correct(request: Request, number: PathNumber, said: Corrected) -> dict[str, bool]:
        """Words that were heard wrong."""
        review = own_review(desk, request, number)
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


def _judged(desk: Desk, request: Request, number: int, said: Judged) -> Review:
    return single_verdicts.judge(
        desk.store,
        number,
        login=person_of(request).login,
        hit_id=said.hit,
        right=said.right,
        comment=said.comment,
    )
