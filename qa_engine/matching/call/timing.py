"""When each character of an utterance was said, and how sure the recogniser was of it."""

from __future__ import annotations

from qa_engine.events import Utterance

__all__ = ["CharTimes"]


class CharTimes:
    """Begin, end (ms from the start of the call) and confidence for every character of the text.

    Taken from the utterance's words. A character that no word holds (a space, punctuation, or all
    of them when there are no words) is spread evenly between its neighbours.
    """

    __slots__ = ("_begin", "_confidence", "_end")

    def __init__(self, utterance: Utterance) -> None:
        size = len(utterance.text)
        begin: list[float | None] = [None] * size
        end: list[float | None] = [None] * size
        confidence = [utterance.confidence] * size
        cursor = 0
        for word in utterance.words:
            at = utterance.text.find(word.text, cursor) if word.text else -1
            if at < 0:
                continue
            step = (word.end_ms - word.begin_ms) / len(word.text)
            for offset in range(len(word.text)):
                begin[at + offset] = word.begin_ms + step * offset
                end[at + offset] = word.begin_ms + step * (offset + 1)
                confidence[at + offset] = word.confidence
            cursor = at + len(word.text)
        _spread(begin, end, utterance.begin_ms, utterance.end_ms)
        self._begin = [round(value or 0) for value in begin]
        self._end = [round(value or 0) for value in end]
        self._confidence = confidence

    def span_ms(self, begin: int, end: int) -> tuple[int, int]:
        """From the first character's begin to the last one's end; `end` is exclusive."""
        return self._begin[begin], max(self._end[end - 1], self._begin[begin])

    def confidence(self, begin: int, end: int) -> float:
        """Mean over the characters, in [0, 1]: one doubtful character does not damn a phrase."""
        return sum(self._confidence[begin:end]) / (end - begin)


def _spread(
    begin: list[float | None], end: list[float | None], first_ms: int, last_ms: int
) -> None:
    size = len(begin)
    at = 0
    while at < size:
        if begin[at] is not None:
            at += 1
            continue
        stop = at
        while stop < size and begin[stop] is None:
            stop += 1
        left = end[at - 1] if at else first_ms
        right = begin[stop] if stop < size else last_ms
        assert left is not None
        assert right is not None
        step = max(right - left, 0) / (stop - at)
        for offset in range(stop - at):
            begin[at + offset] = left + step * offset
            end[at + offset] = left + step * (offset + 1)
        at = stop
