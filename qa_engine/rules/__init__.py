"""What became of what was said: steps, conduct, score."""

from qa_engine.rules.check import Check, CheckState
from qa_engine.rules.conduct import Conduct, ConductMeter
from qa_engine.rules.conduct_checks import CHECKS
from qa_engine.rules.score import Deduction, ItemScore, Score
from qa_engine.rules.scorecard import score
from qa_engine.rules.step_result import StepInstance, StepResult
from qa_engine.rules.steps import StepTracker

__all__ = [
    "CHECKS",
    "Check",
    "CheckState",
    "Conduct",
    "ConductMeter",
    "Deduction",
    "ItemScore",
    "Score",
    "StepInstance",
    "StepResult",
    "StepTracker",
    "score",
]
