"""The recorded voices of one call: told anew whenever more of it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Utterance
from qa_engine.line.call import signals
from qa_engine.line.recorded import RecordedVoices, SoundMark, recorded, with_repeated
from qa_engine.rules.voices import by_time

__all__ = ["CallVoices"]


class CallVoices:
    """Which of the utterances so far are a recorded voice's."""

    def __init__(self, known: RecordedVoices) -> None:
        self._known = known
        self._marks: dict[int, SoundMark] = {}
        self._recorded: dict[int, StretchKind] = {}

    @property
    def recorded(self) -> Mapping[int, StretchKind]:
        """By the id of the utterance."""
        return self._recorded

    def hear(self, final: Utterance) -> bool:
        """Whether its words are such a voice's."""
        mark = self._known.mark(final.text)
        if mark:
            self._marks[final.id] = mark
        return mark is not None

    def find(
        self, finals: Iterable[Utterance], sounds: Sequence[Stretch], *, ended: bool
    ) -> Sequence[Utterance] | None:
        """Tell them anew: the finals in order of time, None where nothing is other than before."""
        if not self._marks and not sounds:
            return None
        in_order = sorted(finals, key=by_time)
        marks = with_repeated(in_order, self._marks, sounds)
        found = recorded(in_order, marks, signals(sounds), ended=ended)
        if found == self._recorded:
            return None
        self._recorded = found
        return in_order

    def owned(self, utterance: Utterance) -> Utterance:
        """A recorded voice is nobody's."""
        kind = self._recorded.get(utterance.id)
        return replace(utterance, recorded=kind, role_confidence=0.0) if kind else utterance
