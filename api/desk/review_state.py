"""A draft as its page goes on from it: what is kept, what it comes to, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from api.desk.case_costs import FindingCost, draft_costs
from api.desk.pages import say
from api.review.judging import casefile, draft_sheet
from api.review.judging.reviews import Review
from api.review.scores.loss import Loss
from api.review.scores.opinions import Place
from api.review.scores.scoring import ScoreSheet

Words = Mapping[str, str]


def state_of(connection: Connection, review: Review, words: Words) -> dict[str, Any]:
    """As JSON; `words` are those of the call's page."""
    sheet, _ = draft_sheet.sheet_of(connection, review)
    costs = draft_costs(connection, review, sheet)
    return {
        "id": review.id,
        "purpose": review.purpose,
        "state": review.state,
        "revision": review.revision,
        "items": review.answers.get("items", {}),
        "comment": review.comment,
        "hits": draft_sheet.said_of_hits(review),
        "counts": asdict(draft_sheet.tally_of(connection, review)),
        "missed_words": _marks(connection, review),
        "costs": {hit: _cost(one, words) for hit, one in costs.items()},
        "losses": losses_of(sheet, words, costs),
        "total": sheet.total,
        "to_give": sheet.to_give,
        "passed": sheet.passed,
        "conclusion": sheet.conclusion.value,
        "fatal": sheet.fatal,
        "missing": list(sheet.missing),
        "waiting": list(sheet.waiting),
        "earned": {line.item.id: line.earned for line in sheet.lines},
        "suggested": {line.item.id: line.suggested for line in sheet.lines},
    }


def _cost(cost: FindingCost, words: Words) -> dict[str, Any]:
    reason = say(words, f"effect_{cost.reason}") if cost.reason else ""
    return {"points": cost.points, "undone": cost.undone, "reason": reason}


def losses_of(
    sheet: ScoreSheet, words: Words, costs: Mapping[str, FindingCost]
) -> dict[str, list[dict[str, Any]]]:
    """Item → what takes its points, in words; what was given back with the reason."""
    return {
        line.item.id: [
            {
                "text": loss_text(loss, words),
                "points": loss.points,
                "at_ms": loss.at_ms if loss.reason != "missed" else None,
                "stands": loss.stands,
                "reason": _why_not(loss, costs, words),
            }
            for loss in line.losses
        ]
        for line in sheet.lines
    }


def _why_not(loss: Loss, costs: Mapping[str, FindingCost], words: Words) -> str:
    cost = costs.get(loss.evidence)
    return "" if loss.stands or cost is None else str(_cost(cost, words)["reason"])


def loss_text(loss: Loss, words: Words) -> str:
    """推说不知道; 核实身份 · 没有说."""
    title = say(words, loss.title) if loss.kind == "conduct" else loss.title
    return title if loss.reason == "hit" else f"{title} · {say(words, f'reason_{loss.reason}')}"


def _marks(connection: Connection, review: Review) -> list[dict[str, Any]]:
    """漏检 of this draft: the rule's title, the words, and where they are."""
    places = draft_sheet.missed_of(connection, review)
    if not places or review.submitted_at is not None:
        return []
    titles = {one.id: one.title for one in casefile.rules_of(connection, review.call_id)}
    report = draft_sheet.report_of(connection, review)
    spoken = {utterance["id"]: utterance for utterance in report["utterances"]}
    return [_mark(place, titles, spoken) for place in places if place.utterance in spoken]


def _mark(place: Place, titles: Mapping[str, str], spoken: Mapping[int, Any]) -> dict[str, Any]:
    utterance = spoken[place.utterance]
    return {
        "rule": place.rule,
        "title": titles.get(place.rule, place.rule),
        "utterance": place.utterance,
        "begin": place.begin_char,
        "end": place.end_char,
        "words": utterance["text"][place.begin_char : place.end_char],
        "begin_ms": utterance["begin_ms"],
    }
