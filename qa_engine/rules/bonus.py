"""加分: what a call earns beside its points, by what was said well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phrasebook.model import Entry
from phrasebook.scorecard import ScoreItem
from qa_engine.events import Hit, StepState
from qa_engine.rules.deductions import of_hit
from qa_engine.rules.limits import charged_losses
from qa_engine.rules.score import Deduction, EvidenceKind, ItemScore
from qa_engine.rules.step_result import StepResult

__all__ = ["bonus_of"]


def bonus_of(
    item: ScoreItem, said: Iterable[tuple[Entry, Hit]], steps: Sequence[StepResult]
) -> ItemScore:
    """An item of 0 points that earns up to its bonus.

    `said`: what feeds it and counts. `steps`: those that feed it and were due. A hit adds its
    rule's points, or without any a share of the bonus by severity; a step done in time its own
    points, or an equal share. None of them: not applicable.
    """
    praise = list(said)
    rules = {hit.id: entry.id for entry, hit in praise}
    hits = charged_losses(
        item.charge,
        [of_hit(*one, whole=item.bonus) for one in praise],
        lambda one: rules[one.evidence],
    )
    done = [step for step in steps if step.state is StepState.DONE and step.in_order]
    additions = (*hits, *(_of_step(item, step, len(steps)) for step in done))
    added = sum(one.points for one in additions)
    return ItemScore(
        id=item.id,
        title=item.title,
        group=item.group,
        points=0.0,
        earned=round(min(item.bonus, added), 2) if additions else None,
        bonus=item.bonus,
        additions=additions,
    )


def _of_step(item: ScoreItem, result: StepResult, due: int) -> Deduction:
    return Deduction(
        points=round(result.step.points or item.bonus / due, 2),
        kind=EvidenceKind.STEP,
        evidence=result.step.id,
        title=result.step.title,
        reason="done",
        at_ms=result.at_ms,
    )
