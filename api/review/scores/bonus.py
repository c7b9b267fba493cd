"""What a bonus item of a sheet adds, after what people said of its findings."""

from __future__ import annotations

from api.review.scores.card import Item
from api.review.scores.charges import standings
from api.review.scores.loss import Loss
from api.review.scores.opinions import Said, step_key
from api.review.scores.rulebook import Rulebook, StepFacts
from api.review.scores.triggers import NOT_APPLICABLE
from phrasebook.model import Severity
from qa_engine.report.stored import StoredHit, StoredReport
from qa_engine.rules.limits import charged_losses
from qa_engine.rules.severity import SEVERITY_SHARE

__all__ = ["bonus"]


def bonus(item: Item, report: StoredReport, said: Said, book: Rulebook) -> float | None:
    """Points up to the item's bonus; None where nothing that feeds it was said."""
    hits = {hit["id"]: hit for hit in report["hits"]}
    found = standings(report, said)
    praise = [
        _gain(hit["id"], book.prices.get(hit["rule"]) or _share(item, hit), hit["begin_ms"])
        for hit in hits.values()
        if item.fed_by(hit["rule"]) and found[hit["id"]].counts
    ]
    counted = charged_losses(item.charge, praise, lambda one: hits[one.evidence]["rule"])
    due = [
        step
        for step in report.get("steps", ())
        if item.fed_by(step["id"]) and step["state"] != NOT_APPLICABLE
    ]
    for step in due:
        done = step["state"] == "done" and step.get("in_order", True)
        if done and said.get(step_key(step["id"])) is not False:
            points = book.steps.get(step["id"], StepFacts()).points or item.bonus / len(due)
            counted.append(_gain(step["id"], points, step.get("at_ms")))
    added = sum(one.points for one in counted)
    return round(min(item.bonus, added), 2) if counted else None


def _gain(evidence: str, points: float, at_ms: int | None) -> Loss:
    """Points that are given, in the shape in which points are counted."""
    return Loss(
        points=round(points, 2),
        kind="hit",
        evidence=evidence,
        title="",
        reason="hit",
        at_ms=at_ms,
        stands=True,
    )


def _share(item: Item, hit: StoredHit) -> float:
    return item.bonus * SEVERITY_SHARE[Severity(hit["severity"])]
