"""`/desk/scorecards`: versions of the scorecard, edited as YAML, tried on past calls, compared."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.review.accounts import people
from api.review.accounts.people import AccountRole
from api.review.errors import ReviewError
from api.review.scores import card_checks, card_diff, card_text, scorecards
from api.review.scores.card import Card, first_card
from api.review.scores.card_following import completed, left_out
from api.review.scores.card_preview import Preview, preview
from api.review.scores.scorecards import CardVersion
from api.rulebook.in_force import in_force
from api.store.agents import staff
from phrasebook import Phrasebook

KEEPERS = frozenset({AccountRole.LEAD, AccountRole.ADMIN})


def scorecards_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/scorecards")
    @rule(KEEPERS)
    def shown(
        request: Request,
        base: Annotated[int, Query(ge=0, lt=2**31)] = 0,
        complete: Annotated[bool, Query()] = False,
    ) -> Response:
        """`base`: the version to begin editing from; the newest where there is no such one.
        `complete`: with what the rules' own scorecard has beyond it.
        """
        return _page(desk, request, base=base, complete=complete)

    @router.post("/desk/scorecards")
    @rule(KEEPERS)
    def change(request: Request) -> Response:
        """Try a card on past calls, or publish it."""
        form = form_of(request)
        text, follows = form.get("card", ""), form.get("follows", "")
        try:
            number = int(follows) if follows.isascii() and follows.isdecimal() else -1
            card = card_text.from_yaml(text)
            with desk.store.reading() as connection:
                card_checks.check(connection, card, _names(_rules(desk)))
            if form.get("do") == "preview":
                return _page(desk, request, text=text, note=form.get("note", ""), tried=card)
            note, me = form.get("note", ""), person_of(request).login
            scorecards.publish(desk.store, card, note=note, by=me, follows=number)
        except ReviewError as error:
            return _page(desk, request, text=text, note=form.get("note", ""), problem=error)
        return RedirectResponse("/desk/scorecards", 303)

    return router


def _page(
    desk: Desk,
    request: Request,
    *,
    base: int = 0,
    complete: bool = False,
    text: str = "",
    note: str = "",
    tried: Card | None = None,
    problem: ReviewError | None = None,
) -> Response:
    found_by: Preview | None = None
    with desk.store.reading() as connection:
        found = scorecards.versions(connection)
        names, told = people.names(connection), staff(connection)
        if tried is not None and found:
            found_by = preview(connection, found[0].card, tried)
    rules = _rules(desk)
    left = left_out(found[0].card, rules) if found else []
    chosen = next((one for one in found if one.version == base), found[0] if found else None)
    if chosen and complete and not text:
        text = card_text.as_yaml(completed(chosen.card, first_card(rules)))
    return page(
        request,
        "scorecards",
        status=problem.status if problem else 200,
        versions=found,
        changes=_changes(found),
        names=names,
        staff=told,
        text=text or (card_text.as_yaml(chosen.card) if chosen else ""),
        note=note,
        base=chosen.version if chosen and not text and chosen is not found[0] else 0,
        tried=found_by,
        tried_changes=card_diff.changes(found[0].card, tried) if tried and found else [],
        problem=problem,
        left_out=left,
    )


def _rules(desk: Desk) -> Phrasebook:
    return in_force(desk.store, desk.settings.phrasebook).book


def _names(rules: Phrasebook) -> list[str]:
    entries, steps = [one.id for one in rules.entries], [one.id for one in rules.steps]
    return [*entries, *steps, *(one.id for one in rules.asks)]


def _changes(found: list[CardVersion]) -> dict[int, list[card_diff.Change]]:
    """Version → what it changed of the one before."""
    return {new.version: card_diff.changes(old.card, new.card) for new, old in pairwise(found)}
