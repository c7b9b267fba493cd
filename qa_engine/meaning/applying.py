"""Which questions of any phrasebook apply to a report that was made before."""

from __future__ import annotations

from collections.abc import Iterator

from phrasebook.conditions import SaidCondition
from phrasebook.model import Ask, Phrasebook
from qa_engine.events import Decision, StepState
from qa_engine.report.model import Report
from qa_engine.rules.record import CallRecord, Question, compared

__all__ = ["asked_of"]


def asked_of(report: Report, book: Phrasebook, record: CallRecord) -> Iterator[Ask]:
    """Those whose condition is known to be true; none of a call that cannot be judged."""
    if not report.judgeable:
        return
    question = Question(
        record=record,
        named={name: condition.root for name, condition in book.conditions.items()},
        now_ms=report.call.duration_ms,
        duration_ms=report.call.duration_ms,
    )

    done = {step.id for step in report.steps if step.state in (StepState.DONE, StepState.LATE)}

    def said(asked: SaidCondition) -> bool | None:
        if asked.is_step:
            return compared(float(asked.rule in done), asked.op, float(asked.count))
        hits = (hit for hit in report.hits if hit.rule == asked.rule)
        count = len({hit.utterance for hit in hits if hit.decision is Decision.KEPT})
        return compared(float(count), asked.op, float(asked.count))

    for ask in book.asks:
        if ask.condition is None or question.holds(ask.condition.root, said) is True:
            yield ask
