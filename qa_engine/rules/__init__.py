"""What became of what was said: steps, conduct, score."""

from qa_engine.rules.conduct import Conduct, ConductMeter
from qa_engine.rules.conduct_checks import CHECKS, Check, CheckState
from qa_engine.rules.scorecard import Deduction, ItemScore, Score, score
from qa_engine.rules.steps import StepInstance, StepResult, StepTracker

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
