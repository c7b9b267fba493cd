"""Verdicts as labelled sentences: what the inspectors of a site said of what was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.backtest.transcripts import PastCall, from_store
from api.store import Store, verdicts
from models.judging.examples import Example, SaidLine

__all__ = ["Lesson", "lessons"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A judged sentence, and the call that it was said in."""

    call_id: str
    example: Example


def lessons(store: Store) -> list[Lesson]:
    """The last verdict of every finding whose words are still known, calls oldest first."""
    judged: dict[str, list[verdicts.Verdict]] = {}
    with store.reading() as connection:
        for verdict in verdicts.standing(connection):
            judged.setdefault(verdict.call_id, []).append(verdict)
    if not judged:
        return []
    return [
        Lesson(call.id, example)
        for call in from_store(store)
        if call.id in judged
        for example in _examples(call, judged[call.id])
    ]


def _examples(call: PastCall, judged: list[verdicts.Verdict]) -> Iterator[Example]:
    place = {one.id: at for at, one in enumerate(call.utterances)}
    for verdict in judged:
        at = place.get(verdict.utterance)
        if at is None or not call.utterances[at].text:
            continue
        spoken = call.utterances[at]
        yield Example(
            rule=verdict.rule,
            breach=verdict.right,
            role=spoken.role.value,
            line=spoken.text,
            before=tuple(
                SaidLine(one.role.value, one.text) for one in call.utterances[max(0, at - 3) : at]
            ),
        )
