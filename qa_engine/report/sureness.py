"""How sure a recogniser was of what was said, where anybody measured it."""

from __future__ import annotations

from qa_engine.report.model import Report

FROM_ELSEWHERE = "transcript"
"""What stands for the recogniser of words that came as text."""


def measured(confidence: float, model: str) -> float | None:
    """None where the words came as text that does not say how sure its recogniser was.

    `model`: the recogniser's version beside the score. Text without a confidence is taken as it
    stands, as if it were certain; that is no measurement.
    """
    unmeasured = model.startswith(FROM_ELSEWHERE) and confidence == 1.0
    return None if unmeasured else confidence


def is_measured(confidence: float, report: Report) -> bool:
    """Whether a confidence of this report says anything."""
    return measured(confidence, report.versions.model) is not None
