"""One line of the queue: a task with what counts of its call, or with less where it is blind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from qa_engine.report.sureness import measured
from qa_engine.rules.counting import Conclusion, conclusion_of

BLIND = frozenset({"double", "calibration"})
"""Reviews that are made without seeing what others said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One line of the queue."""

    task: int
    call_id: str
    purpose: str
    reasons: tuple[str, ...]
    state: str
    locked_by: str
    agent: str
    team: str
    source: str
    """The recording's name."""
    started_at: datetime
    duration_ms: int
    score: float | None
    """People's where they gave one, the machine's elsewhere; None: not judgeable."""
    to_give: float
    """Points that a person has still to give; `score` is provisional, without them."""
    conclusion: Conclusion
    unjudgeable: str
    """Why it is not judgeable, as a code."""
    fatal: bool
    breaches: int
    triggers: int
    doubts: int
    """Findings that wait for a person: 待复核点."""
    blind: bool
    """What others said stays hidden: no score, and the machine's own counts."""
    confidence: float | None
    """None: the words came as text, and nobody measured how sure that is."""


def waiting_of(row: Row[Any], kept: Collection[str]) -> Waiting:
    """Of a row of tasks, calls and outcomes; `kept`: calls that stay blind to the reader."""
    live = row.tasks_locked_until is not None and row.tasks_locked_until > datetime.now(UTC)
    unjudged = row.tasks_purpose in BLIND and row.tasks_state == "open"
    blind = unjudged or row.tasks_call_id in kept
    by_people = row.outcomes_call_id is not None and not blind
    score = row.outcomes_score if by_people else row.calls_score
    passed = row.outcomes_passed if by_people else row.calls_passed
    return Waiting(
        task=row.tasks_id,
        call_id=row.tasks_call_id,
        purpose=row.tasks_purpose,
        reasons=tuple(row.tasks_reasons),
        state=row.tasks_state,
        locked_by=row.tasks_locked_by if live else "",
        agent=row.calls_agent or row.calls_agent_name,
        team=row.calls_team,
        source=row.calls_source,
        started_at=row.calls_started_at,
        duration_ms=row.calls_duration_ms,
        score=score,
        to_give=row.outcomes_to_give if by_people else row.calls_to_give,
        conclusion=conclusion_of(score, passed),
        unjudgeable=row.calls_unjudgeable if score is None else "",
        fatal=row.calls_fatal,
        breaches=row.outcomes_hit_count if by_people else row.calls_hit_count,
        triggers=row.outcomes_trigger_count if by_people else row.calls_trigger_count,
        doubts=row.outcomes_waiting_count if by_people else row.calls_waiting_count,
        blind=blind,
        confidence=measured(row.calls_confidence, row.calls_model_version),
    )
