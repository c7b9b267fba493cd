"""What each finding of a call takes from its score, and the reason where it takes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from api.desk.case_steps import lost_to
from api.review.judging import draft_sheet
from api.review.judging.casefile import CaseFile
from api.review.judging.reviews import Review
from api.review.scores.card_following import feeds
from api.review.scores.charges import standings
from api.review.scores.opinions import Said
from api.review.scores.scoring import ScoreSheet
from phrasebook.model import Kind
from qa_engine.report.stored import StoredHit, StoredReport
from qa_engine.rules.counting import Effect, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCost:
    """`points` of one that waits for a verdict are what it would take if it is judged right."""

    points: float = 0.0
    undone: bool = False
    """Judged wrong in this draft: `points` are given back."""
    reason: str = ""
    """A Reason: why it is not counted, unless because a person judged it wrong."""
    unscored: bool = False
    """A breach that no item of the scorecard knows: judged right, it takes no points."""


def costs_of(
    connection: Connection,
    case: CaseFile,
    sheet: ScoreSheet,
    version: int | None,
    review: Review | None,
) -> dict[str, FindingCost]:
    """By hit; `version` of the scorecard, None for the machine's own sheet."""
    if review is not None:
        return draft_costs(connection, review, sheet)
    if case.frozen is None:
        reasons: Mapping[str, str] = {h["id"]: _by_machine(h) for h in case.report["hits"]}
    else:
        right = {key: opinion.right for key, opinion in case.frozen.said.items()}
        reasons = reasons_of(case.report, right)
    return {
        hit["id"]: FindingCost(
            points=lost_to(sheet, hit["id"]),
            reason=reasons[hit["id"]],
            unscored=version is not None and _is_unscored(sheet, hit),
        )
        for hit in case.report["hits"]
    }


def draft_costs(
    connection: Connection, review: Review, sheet: ScoreSheet
) -> dict[str, FindingCost]:
    """As the verdicts of a draft stand now; by hit."""
    report, said = draft_sheet.judged_report(connection, review), draft_sheet.said_of_hits(review)
    reasons = reasons_of(report, said)
    return {
        hit["id"]: _draft_cost(sheet, hit, said.get(hit["id"]), reasons[hit["id"]])
        for hit in report["hits"]
    }


def _draft_cost(sheet: ScoreSheet, hit: StoredHit, right: bool | None, reason: str) -> FindingCost:
    if _is_unscored(sheet, hit):
        return FindingCost(reason=reason, unscored=True)
    if right:
        return FindingCost(points=lost_to(sheet, hit["id"]), reason=reason)
    losses = (loss for line in sheet.lines for loss in line.losses)
    taken = sum(loss.points for loss in losses if loss.evidence == hit["id"])
    return FindingCost(points=taken or hit["points"], undone=right is False, reason=reason)


def reasons_of(report: StoredReport, said: Said) -> Mapping[str, str]:
    """Why a finding is not counted, by its id; nothing for those that count, wait or are wrong."""
    return {
        hit: ""
        if one.effect is not Effect.NOT_COUNTED or one.reason is Reason.OVERTURNED
        else one.reason.value
        for hit, one in standings(report, said).items()
    }


def _by_machine(hit: StoredHit) -> str:
    is_left_out = hit.get("effect") == Effect.NOT_COUNTED.value
    return str(hit.get("effect_reason", "")) if is_left_out else ""


def _is_unscored(sheet: ScoreSheet, hit: StoredHit) -> bool:
    breach = hit.get("kind", Kind.FORBIDDEN) == Kind.FORBIDDEN
    items = [line.item for line in sheet.lines]
    return breach and not hit.get("fatal") and not feeds(items, hit["rule"])
