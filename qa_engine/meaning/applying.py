"""Which questions of any phrasebook apply to a report that was made before."""

from __future__ import annotations

from collections.abc import Iterator

from phrasebook.model import Ask, Phrasebook
from qa_engine.events import Decision
from qa_engine.report.model import Report
from qa_engine.rules.record import CallRecord, Question

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

    def count(rule: str) -> int:
        hits = (hit for hit in report.hits if hit.rule == rule)
        return len({hit.utterance for hit in hits if hit.decision is Decision.KEPT})

    for ask in book.asks:
        if ask.condition is None or question.holds(ask.condition.root, count) is True:
            yield ask
