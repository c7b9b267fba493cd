"""A model's answers beside the inspectors': how far they agree beyond chance, question by question.

Of a call that people judged, a finding they judged is what they said; one they added by marking
words as missed is theirs alone; and where there is neither, they found nothing wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from api.review.judging.agreement import cohen
from api.review.tables import outcomes
from api.store import Store, verdicts
from api.store.tables import answers
from qa_engine.meaning.answers import AnswerState
from qa_engine.meaning.joining import hit_id

__all__ = ["AnswerAgreement", "agreement", "answered_so_far"]

_TOLD = (AnswerState.YES.value, AnswerState.NO.value, AnswerState.NOT_APPLICABLE.value)


@dataclass(frozen=True, slots=True)
class AnswerAgreement:
    """`same` of `calls` that people judged; `kappa` None where it says nothing."""

    item: str
    title: str
    calls: int
    same: int
    kappa: float | None
    cannot_tell: int
    """Calls on which the model gave no answer; they are in no other number here."""


def answered_so_far(connection: Connection, item: str) -> dict[str, int]:
    """How often each answer was given to a question, of the calls that are stored; waiting too."""
    query = select(answers.c.state, func.count()).where(answers.c.item == item)
    counts = {row[0]: row[1] for row in connection.execute(query.group_by(answers.c.state)).all()}
    return {state.value: counts[state] for state in AnswerState if state in counts}


def agreement(store: Store) -> list[AnswerAgreement]:
    """Every question that was answered of a call that people judged."""
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    untold: dict[str, int] = defaultdict(int)
    titles: dict[str, str] = {}
    query = select(answers).join(outcomes, outcomes.c.call_id == answers.c.call_id)
    with store.reading() as connection:
        for row in connection.execute(query.order_by(answers.c.call_id, answers.c.n)).all():
            if row.state == AnswerState.CANNOT_TELL:
                untold[row.item] += 1
            if row.state not in _TOLD:
                continue
            titles[row.item] = row.rest["title"]
            given = verdicts.of_call(connection, row.call_id)
            found = bool(row.rest["wrong"])
            judged = [v.right for v in given if v.hit_id == hit_id(row.item) and not v.missed]
            missed = any(v.missed and v.right and v.rule == row.item for v in given)
            person = missed or (found and (judged[-1] if judged else False))
            if found and not judged:
                continue
            pairs[row.item].append((str(found), str(person)))
    return [
        AnswerAgreement(
            item=item,
            title=titles[item],
            calls=len(told),
            same=sum(one == other for one, other in told),
            kappa=cohen(told),
            cannot_tell=untold[item],
        )
        for item, told in sorted(pairs.items())
    ]
