"""What a newer analysis of a judged call found otherwise; it changes nothing by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from api.review.scores.snapshots import Snapshot
from api.store.call_row import CallRow
from qa_engine.report.stored import StoredReport

__all__ = ["MachineNews", "ShownPoint", "may_be_new", "news_of"]

BY_PEOPLE = "person"


@dataclass(frozen=True, slots=True, order=True)
class ShownPoint:
    """Something a page shows. `state`: of a step (missed, late); empty for hits and conduct."""

    title: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineNews:
    """Scores of then and now, and what shows now only, or showed then only."""

    before: float | None
    after: float | None
    came: tuple[ShownPoint, ...]
    went: tuple[ShownPoint, ...]


def may_be_new(call: CallRow, snapshot: Snapshot) -> bool:
    """Whether the machine has judged a call anew since, with other versions or another score."""
    told = {
        "engine": call.engine_version,
        "phrasebook": call.phrasebook_version,
        "model": call.model_version,
        "audio": call.audio_hash,
    }
    versions = snapshot.versions
    if versions is None:
        return False
    return versions != {**versions, **told} or _total(snapshot.report) != call.score


def news_of(before: StoredReport, after: StoredReport | None) -> MachineNews | None:
    """None where nothing that shows differs; `before`: a sheet's report, with what people said."""
    if after is None:
        return None
    then, now = _shown(before), _shown(after)
    scores = (_total(before), _total(after))
    if then == now and scores[0] == scores[1]:
        return None
    came, went = now - then, then - now
    return MachineNews(
        before=scores[0],
        after=scores[1],
        came=tuple(sorted(came.elements())),
        went=tuple(sorted(went.elements())),
    )


def _total(report: StoredReport) -> float | None:
    score = report.get("score")
    return None if score is None else score["total"]


def _shown(report: StoredReport) -> Counter[ShownPoint]:
    """Hits, steps that were not done and breaches of conduct, as the machine alone told them."""
    shown = Counter(
        ShownPoint(hit["title"] or hit["rule"])
        for hit in report["hits"]
        if hit["tier"] != BY_PEOPLE
    )
    for step in report["steps"]:
        state = step.get("machine_state", step["state"])
        if state in ("missed", "late"):
            shown[ShownPoint(step["title"], state)] += 1
    for check in report["conduct"]["checks"]:
        if check.get("machine_state", check["state"]) == "breach":
            shown[ShownPoint(check["id"])] += 1
    return shown
