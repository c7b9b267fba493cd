"""One channel of a call: its ear, its open utterances, and what was recognised of them.

Finals leave in the order they were spoken. A partial is shown only when every earlier utterance of
the channel is final; until then the newest one waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from models.recogniser import Samples, Transcript
from qa_engine.events import Role, Utterance
from qa_engine.hearing.accounting import Accounting
from qa_engine.hearing.ear import Ear, UtteranceBegun, Window
from qa_engine.hearing.hypothesis import Hypothesis

__all__ = ["Channel"]

_NOTHING = Transcript(text="", confidence=0.0)


@dataclass(slots=True)
class _Open:
    """An utterance whose final is not out yet."""

    hypothesis: Hypothesis
    begin_ms: int | None = None
    final: tuple[Transcript, Window] | None = None
    partial: tuple[Transcript, Window] | None = None
    """The newest that was recognised and not shown."""
    newest: int = -1
    """The newest partial's window id: an older one that comes late is passed over."""


class Channel:
    def __init__(self, number: int, role: Role, ear: Ear, accounting: Accounting) -> None:
        self.number = number
        self.accounting = accounting
        self._role = role
        self._ear = ear
        self._current: _Open | None = None
        self._line: deque[_Open] = deque()
        self._asked: dict[int, tuple[_Open, Window]] = {}

    @property
    def heard_ms(self) -> int:
        return self._ear.heard_ms

    @property
    def utterance(self) -> int:
        """The id of the utterance that is spoken now."""
        return self._current.hypothesis.utterance if self._current else -1

    @property
    def waiting(self) -> bool:
        """Whether an utterance waits for its final."""
        return bool(self._line)

    @property
    def known_until_ms(self) -> int:
        """Everything said before this has been recognised."""
        undecided = self._ear.undecided_from_ms
        if self._line and (begin_ms := self._line[0].begin_ms) is not None:
            return min(undecided, begin_ms)
        return undecided

    def feed(self, samples: Samples, probability: float) -> list[Window | None]:
        """One frame; the windows to recognise, with None where a new utterance begins."""
        return [_or_none(heard) for heard in self._ear.feed(samples, probability)]

    def finish(self) -> list[Window | None]:
        """The current utterance ends here, without a pause."""
        return [_or_none(heard) for heard in self._ear.finish()]

    def close(self) -> list[Window | None]:
        return [_or_none(heard) for heard in self._ear.close()]

    def begin(self, utterance: int) -> None:
        """What is wanted from now on belongs to this utterance."""
        self._current = _Open(Hypothesis(utterance=utterance, channel=self.number, role=self._role))

    def wanted(self, window_id: int, window: Window) -> int:
        """A window of the current utterance is to be recognised; the utterance's id."""
        current = self._current
        if current is None:
            raise AssertionError("a window outside any utterance")
        if current.begin_ms is None:
            current.begin_ms = window.begin_ms
            self._line.append(current)
        self._asked[window_id] = (current, window)
        if not window.final:
            self.accounting.partial("wanted")
        return current.hypothesis.utterance

    def answered(
        self, window_id: int, transcript: Transcript, reason: str | None
    ) -> list[Utterance]:
        """What can be shown now. `reason`: why there is no transcript, or None."""
        spoken, window = self._asked.pop(window_id)
        if window.final:
            self._account_final(window, reason)
            spoken.final = (transcript, window)
        elif not self._take_partial(spoken, window_id, transcript, window, reason):
            return []
        return self._show()

    def withdraw(self) -> tuple[int, ...]:
        """Nobody waits any more for the partials of the current utterance; their window ids."""
        gone = [number for number, (spoken, _) in self._asked.items() if spoken is self._current]
        for window_id in gone:
            del self._asked[window_id]
            self.accounting.partial("coalesced")
        return tuple(gone)

    def drop(self, window: Window) -> list[Utterance]:
        """The current utterance ended without being worth recognising; what can be shown now."""
        current, self._current = self._current, None
        if current is None or current.begin_ms is None:
            return []
        current.final = (_NOTHING, window)
        return self._show()

    def _account_final(self, window: Window, reason: str | None) -> None:
        if reason is None:
            self.accounting.decoded(len(window.samples))
        else:
            self.accounting.dropped(len(window.samples), reason)

    def _take_partial(
        self,
        spoken: _Open,
        window_id: int,
        transcript: Transcript,
        window: Window,
        reason: str | None,
    ) -> bool:
        self.accounting.partial("decoded" if reason is None else "coalesced")
        if reason is not None or spoken.final or window_id < spoken.newest:
            return False
        spoken.newest = window_id
        spoken.partial = (transcript, window)
        return True

    def _show(self) -> list[Utterance]:
        revised: list[Utterance | None] = []
        while self._line:
            first = self._line[0]
            if first.final is None:
                break
            self._line.popleft()
            final, window = first.final
            if final.text or not final.intelligible or first.hypothesis.shown:
                revised.append(first.hypothesis.revise(final, window))
            if self._line and self._line[0].begin_ms == window.end_ms:
                self._line[0].hypothesis.follow(first.hypothesis)
        if self._line and self._line[0].partial is not None:
            first = self._line[0]
            partial, first.partial = first.partial, None
            if partial is not None:
                revised.append(first.hypothesis.revise(*partial))
        return [utterance for utterance in revised if utterance is not None]


def _or_none(heard: UtteranceBegun | Window) -> Window | None:
    return heard if isinstance(heard, Window) else None
