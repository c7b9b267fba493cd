"""What the words of a hit come to: a number beyond its limit, something else than the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from phrasebook.limits import Limit
from phrasebook.model import Step
from phrasebook.spoken_record import SpokenRecord
from qa_engine.events import Hit, Utterance
from qa_engine.rules.record import CallRecord, compared
from qa_engine.rules.saying_record import SPOKEN_ON_MS, says
from qa_engine.rules.spoken_quantities import quantities

__all__ = ["HitWords"]


@dataclass(frozen=True, slots=True)
class HitWords:
    """`finals`, `partials`: the utterances as they are known now, by id, kept by their owner."""

    record: CallRecord
    finals: Mapping[int, Utterance]
    partials: Mapping[int, Utterance]

    def breaks(self, hit: Hit, limit: Limit) -> bool:
        """Whether a number in the words of the hit breaks the limit; unknown limits break none."""
        against = limit.value
        if limit.name:
            told = self.record.value(limit.name)
            known = [*quantities(told, limit.quantity, 0, 10_000), *_plain_number(told)]
            if not known:
                return False
            against = known[0]
        text, begin, end = self._around(hit)
        return any(
            compared(number, limit.op, against) is True
            for number in quantities(text, limit.quantity, begin, end)
        )

    def says_record(self, utterance: int, record: SpokenRecord) -> bool | None:
        """Whether the speaker says there what the record tells; None: nobody told what that is."""
        told = self.record.value(record.name)
        return says(self._going_on(utterance), told, record) if told else None

    def says_right(self, step: Step, utterance: int) -> bool:
        """Whether what the record tells goes with the words of a step."""
        return step.record is not None and self.says_record(utterance, step.record) is True

    def may_go_on(self, hit: Hit, passed_ms: int) -> bool:
        """Whether what belongs to the words of a hit may still be said."""
        return passed_ms <= hit.parts[-1].end_ms + SPOKEN_ON_MS

    def _going_on(self, utterance: int) -> str:
        """Its text, and what the same speaker says soon after it."""
        first = self._by_id(utterance)
        if first is None:
            return ""
        following = (
            one
            for one in {**self.partials, **self.finals}.values()
            if one.role is first.role
            and first.begin_ms <= one.begin_ms <= first.end_ms + SPOKEN_ON_MS
        )
        return "，".join(one.text for one in sorted(following, key=lambda one: one.begin_ms))

    def _around(self, hit: Hit) -> tuple[str, int, int]:
        """The text around a hit, and where it stands there; pauses inside it are passed over.

        七 折 in two breaths is 七折, as for the matcher.
        """
        first, last = hit.parts[0], hit.parts[-1]
        if first is last:
            return self._text(first.utterance), first.begin_char, first.end_char
        head = self._text(first.utterance)[: first.end_char]
        middle = "".join(
            self._text(part.utterance)[part.begin_char : part.end_char] for part in hit.parts[1:-1]
        )
        tail = self._text(last.utterance)
        end = len(head) + len(middle) + last.end_char - last.begin_char
        return head + middle + tail[last.begin_char :], first.begin_char, end

    def _text(self, utterance: int) -> str:
        known = self._by_id(utterance)
        return known.text if known else ""

    def _by_id(self, utterance: int) -> Utterance | None:
        return self.finals.get(utterance) or self.partials.get(utterance)


def _plain_number(text: str) -> list[float]:
    digits = text.replace(",", "").strip()
    return [float(digits)] if digits.replace(".", "", 1).isdigit() else []
