"""Moods as a call goes on: told once, taken back when their words are, or when the whole call
shows that the voice was no other than usual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qa_engine.events import Hit, HitState, SessionEvent
from qa_engine.prosody.moods import Mood

__all__ = ["LiveMoods", "MoodChanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodChanged(SessionEvent):
    """Confirmed, or retracted."""

    state: HitState
    mood: Mood
    quote: str
    """What was said; a report finds it among its utterances, where personal numbers are covered."""


class LiveMoods:
    """What was told of one call."""

    def __init__(self) -> None:
        self._told: dict[str, MoodChanged] = {}

    def changes(
        self, known: Sequence[Mood], hits: Mapping[str, Hit], at_ms: int, *, closing: bool
    ) -> Iterator[MoodChanged]:
        """`known`: what voice and words say by now; `hits`: ids of those that stand.

        While the call runs, what is calm shifts a little with every sentence: a mood stands as
        long as its words do. At the end only what the whole call says remains.
        """
        for told in tuple(self._told.values()):
            mood = told.mood
            seen = any(mood.is_one_with(other) for other in known)
            if mood.hit not in hits or (closing and not seen):
                del self._told[mood.id]
                yield replace(told, at_ms=at_ms, state=HitState.RETRACTED)
        for mood in known:
            if not any(mood.is_one_with(told.mood) for told in self._told.values()):
                told = MoodChanged(
                    at_ms=at_ms, state=HitState.CONFIRMED, mood=mood, quote=hits[mood.hit].quote
                )
                self._told[mood.id] = told
                yield told
