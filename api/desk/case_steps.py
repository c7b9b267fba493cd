"""What a call owed and how it was spoken, as lines of its page: each can be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.review.judging import draft_sheet
from api.review.judging.casefile import CaseFile
from api.review.judging.reviews import Review
from api.review.scores.amended import DUE, machine_state
from api.review.scores.opinions import check_key, step_key
from api.review.scores.scoring import ScoreSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A step or a conduct check. `said`: whether a person called the machine right, if one did."""

    key: str
    title: str
    look: str
    """done, late, missed, out_of_order, unheard, not_applicable, not_judged,
    breach."""
    at_ms: int | None
    """Where it was said, or what went wrong; None: nowhere."""
    lost: float
    said: bool | None
    source: str
    prompt: str = ""
    spoiled: bool = False
    """Its words stand in a sentence that breaks a rule."""

    @property
    def costs(self) -> bool:
        return self.look != "done"


def steps_of(case: CaseFile, review: Review | None, sheet: ScoreSheet) -> list[Obligation]:
    """Every step that the call owed; those that were left out or came late first."""
    said = _said(case, review)
    found = [
        Obligation(
            key=step_key(step["id"]),
            title=step["title"],
            look=_look(step, judged=case.report["score"] is not None),
            at_ms=step.get("at_ms") if step["state"] in ("done", "late") else None,
            lost=lost_to(sheet, step["id"]),
            said=said.get(step_key(step["id"])),
            source=step.get("source", ""),
            prompt=step.get("prompt", "")
            if case.report["score"] and step["state"] == "missed"
            else "",
            spoiled=step["state"] in ("missed", "late") and bool(step.get("spoiled_by")),
        )
        for step in case.report["steps"]
        if machine_state(step) in DUE and (step.get("required", True) or step["state"] == "done")
    ]
    return sorted(found, key=lambda one: not one.costs)


def conduct_of(case: CaseFile, review: Review | None, sheet: ScoreSheet) -> list[Obligation]:
    """Conduct checks that the machine says were broken."""
    said = _said(case, review)
    return [
        Obligation(
            key=check_key(check["id"]),
            title=check["id"],
            look="breach" if check["state"] == "breach" else "done",
            at_ms=check["spans"][0]["begin_ms"] if check.get("spans") else None,
            lost=lost_to(sheet, check["id"]),
            said=said.get(check_key(check["id"])),
            source=check.get("source", ""),
        )
        for check in case.report["conduct"]["checks"]
        if machine_state(check) == "breach"
    ]


def _said(case: CaseFile, review: Review | None) -> Mapping[str, bool]:
    if review is not None:
        return draft_sheet.said_of_hits(review)
    if case.frozen is None:
        return {}
    return {key: opinion.right for key, opinion in case.frozen.said.items()}


def _look(step: Mapping[str, Any], *, judged: bool) -> str:
    """What was not said in a call that cannot be judged was perhaps only not heard."""
    if not judged and step["state"] in ("missed", "late"):
        return "not_judged"
    if step.get("unheard"):
        return "unheard"
    if step["state"] == "done" and not step.get("in_order", True):
        return "out_of_order"
    return str(step["state"])


def lost_to(sheet: ScoreSheet, evidence: str) -> float:
    """What a finding, step or check takes from the score of a sheet."""
    losses = (loss for line in sheet.lines for loss in line.losses)
    return sum(loss.points for loss in losses if loss.evidence == evidence and loss.stands)
