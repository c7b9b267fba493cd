"""A frozen sheet's findings as rows that boards count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.review.scores.amended import DUE
from qa_engine.report.stored import StoredReport
from qa_engine.rules.counting import Effect
from qa_engine.rules.tally import CountedAs


def findings(
    number: int, call_id: str, report: StoredReport, counts: Mapping[str, CountedAs]
) -> Iterator[dict[str, Any]]:
    """One row for each hit, and where the call could be judged each step and breach."""
    base = {"sheet": number, "call_id": call_id}
    for hit in report["hits"]:
        added = counts[hit["id"]]
        yield {
            **base,
            "kind": "hit",
            "name": hit["rule"],
            "title": str(hit.get("title") or hit["rule"])[:120],
            "role": hit["role"],
            "state": added.value if added is CountedAs.WAITING else "",
            "counts": added in (CountedAs.BREACH, CountedAs.TRIGGER),
        }
    if report.get("score") is None:
        return
    for step in report["steps"]:
        yield {
            **base,
            "kind": "step",
            "name": step["id"],
            "title": str(step.get("title") or step["id"])[:120],
            "role": "agent",
            "state": step["state"],
            "counts": step["state"] in DUE and step.get("effect") != Effect.NOT_COUNTED.value,
        }
    for check in report["conduct"]["checks"]:
        if check["state"] == "breach":
            told = {"name": check["id"], "title": check["id"], "role": "agent", "state": "breach"}
            yield {**base, "kind": "conduct", **told, "counts": True}
