"""Who spoke when, as turns: what one speaker says until the other one does.

A 嗯 or 好的 of the other side ends no turn and is none. Everything follows from the utterances that
are known, never from the order in which they came.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator

from qa_engine.events import Role, Utterance
from qa_engine.matching.call.stretches import is_backchannel

__all__ = ["Turns"]


class Turns:
    """The utterances of one call in order of time; a later text under an id replaces the former."""

    def __init__(self) -> None:
        self._order: list[tuple[int, int, int]] = []
        self._known: dict[int, tuple[tuple[int, int, int], Role, bool]] = {}

    def hear(self, utterance: Utterance) -> None:
        """Take the newest text of an utterance; an empty one was nothing."""
        old = self._known.get(utterance.id)
        place = utterance.begin_ms, utterance.channel, utterance.id
        if old is not None and (old[0] != place or not utterance.text.strip()):
            self._order.remove(old[0])
            del self._known[utterance.id]
        if utterance.text.strip():
            if utterance.id not in self._known:
                insort(self._order, place)
            aside = is_backchannel(utterance.text)
            self._known[utterance.id] = place, utterance.role, aside

    def begin_after(self, at_ms: int, role: Role, number: int) -> int | None:
        """When the `number`-th turn of `role` (from 1) after `at_ms` begins; None: it has not."""
        for count, begin_ms in enumerate(self._begins(at_ms, role), start=1):
            if count == number:
                return begin_ms
        return None

    def between(self, earlier_ms: int, later_ms: int, role: Role) -> int:
        """How many turns of `role`, who speaks at `later_ms`, lie after `earlier_ms` up to then."""
        return sum(begin_ms <= later_ms for begin_ms in self._begins(earlier_ms, role))

    def _begins(self, after_ms: int, role: Role) -> Iterator[int]:
        """Where each turn of a role begins whose first words come after a moment."""
        going_on = False
        first = bisect_right(self._order, (after_ms, _LAST, _LAST))
        for begin_ms, _, number in self._order[first:]:
            _, who, aside = self._known[number]
            if who is role:
                # Of a speaker who only ever says 嗯 even that is a turn.
                if not going_on:
                    yield begin_ms
                going_on = True
            elif not aside:
                going_on = False


_LAST = 1 << 60
