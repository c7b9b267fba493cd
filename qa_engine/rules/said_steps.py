"""Where the words of steps were said, and which of them stand in a sentence that breaks a rule.

还有别的事吗 after 随您便 is no closing question, and 把服务密码说一下 tells no solution: words
that a breach runs through do nothing for a step, and neither does anything else in the same
utterance as a rule that `voids_steps` (contempt, threats). A trifle (vague, slang) spoils nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from phrasebook.model import Entry, Kind, Severity
from qa_engine.events import Hit, HitState, Role, StepHeard
from qa_engine.rules.step_windows import Moment

__all__ = ["SaidSteps"]


class _Breach(NamedTuple):
    """Where an agent broke a rule: begin and end in ms of the call."""

    begin_ms: int
    end_ms: int
    utterances: frozenset[int]
    whole: bool
    """Nothing in these utterances counts, not only the words that it runs through."""

    def spoils(self, moment: Moment) -> bool:
        if moment.utterance not in self.utterances:
            return False
        return self.whole or (self.begin_ms < moment.end_ms and moment.begin_ms < self.end_ms)


class SaidSteps:
    """One call's words of steps, in any order of arrival."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._whole = {entry.id: entry.voids_steps for entry in entries if _matters(entry)}
        self._said: dict[str, dict[int, Moment]] = {}
        self._sorted: dict[str, list[Moment]] = {}
        self._breaches: dict[str, _Breach] = {}

    def on_heard(self, heard: StepHeard) -> None:
        """Somebody said a step's words; a later event of the same utterance replaces this one."""
        said = self._said.setdefault(heard.step, {})
        if heard.state is HitState.RETRACTED:
            said.pop(heard.utterance, None)
        else:
            said[heard.utterance] = Moment(heard.begin_ms, heard.end_ms, heard.utterance)
        self._sorted[heard.step] = sorted(said.values())

    def moments(self, step: str) -> Sequence[Moment]:
        """Where its words were said, in order of time, spoiled or not."""
        return self._sorted.get(step, ())

    def breach(self, hit: Hit) -> list[str]:
        """A hit that counts; returns the steps whose words stand beside it."""
        if hit.role is not Role.AGENT or hit.rule not in self._whole:
            return []
        utterances = frozenset((hit.utterance, *(part.utterance for part in hit.parts)))
        self._breaches[hit.id] = _Breach(
            hit.begin_ms, hit.end_ms, utterances, self._whole[hit.rule]
        )
        return self._beside(utterances)

    def withdraw_breach(self, hit: Hit) -> list[str]:
        """It counts no longer; returns the steps whose words stand beside it."""
        breach = self._breaches.pop(hit.id, None)
        return [] if breach is None else self._beside(breach.utterances)

    def breaches_at(self, moment: Moment) -> tuple[str, ...]:
        """Ids of the hits that spoil what was said there."""
        return tuple(sorted(id_ for id_, one in self._breaches.items() if one.spoils(moment)))

    def _beside(self, utterances: frozenset[int]) -> list[str]:
        return [step for step, said in self._said.items() if not utterances.isdisjoint(said)]


def _matters(entry: Entry) -> bool:
    """Forbidden words of some weight, or of a rule that says so itself."""
    weighty = entry.kind is Kind.FORBIDDEN and entry.severity is not Severity.LOW
    # Words that are wrong only at some hour or too often are good words for a step.
    circumstances = (entry.condition, entry.times, entry.limit, entry.record, entry.when)
    return entry.voids_steps or (weighty and not any(circumstances))
