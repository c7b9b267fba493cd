"""What became of a step: every occasion on which it was due, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass

from phrasebook.model import Step
from qa_engine.events import StepState

URGENCY = (
    StepState.PENDING,
    StepState.MISSED,
    StepState.LATE,
    StepState.DONE,
    StepState.NOT_APPLICABLE,
)
"""Which of several occasions speaks for the step."""
BEST_FIRST = (
    StepState.DONE,
    StepState.PENDING,
    StepState.LATE,
    StepState.MISSED,
    StepState.NOT_APPLICABLE,
)
"""The same where the anchor happens once but was worded twice: the best counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInstance:
    """One occasion on which a step was due: each hold asks for its own thanks."""

    state: StepState
    trigger_ms: int | None
    """When the words were said that made it due; None for the call's own start and end."""
    opens_ms: int | None
    deadline_ms: int | None
    at_ms: int | None
    """When it was said; None while it was not."""
    utterance: int | None
    in_order: bool = True
    unheard: bool = False
    """It may have been said: speech in its window was not understood."""
    spoiled_by: tuple[str, ...] = ()
    """Hits without which it would be done: its words stand in a sentence that breaks a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """A step's state over the whole call: the most urgent of its instances."""

    step: Step
    state: StepState
    at_ms: int | None
    deadline_ms: int | None
    utterance: int | None
    in_order: bool
    instances: tuple[StepInstance, ...]
    unheard: bool = False
    """Missed or late as far as anybody can tell, with speech in its window not understood."""
    spoiled_by: tuple[str, ...] = ()


def not_due(step: Step) -> StepResult:
    """Of a step that nothing asked for."""
    return StepResult(
        step=step,
        state=StepState.NOT_APPLICABLE,
        at_ms=None,
        deadline_ms=None,
        utterance=None,
        in_order=True,
        instances=(),
    )
