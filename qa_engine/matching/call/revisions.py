"""A text that is heard again and again: what moved in it, and what has settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from qa_engine.matching.match import Match
from qa_engine.prefix import common_prefix

__all__ = ["Finder", "Shift", "apart", "overlap", "settled_chars"]

TAIL_CHARS = 4
"""A recogniser that tells no stable prefix still rewrites little more than this of its tail."""


class Finder(Protocol):
    """What finds phrases in a text: the matcher, or a scripted one in a test."""

    def find(self, text: str, *, min_score: float | None = None) -> Sequence[Match]: ...

    def without_exceptions(self) -> Finder:
        """One that finds what the lines say, whatever excuses it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How characters of an older text map to a newer one: by common beginning and common end."""

    prefix: int
    suffix: int
    old_chars: int
    new_chars: int

    @classmethod
    def between(cls, old: str, new: str) -> Shift:
        """From the longest common prefix and the longest common suffix of what is left."""
        prefix = common_prefix(old, new)
        longest = min(len(old), len(new)) - prefix
        suffix = 0
        while suffix < longest and old[-1 - suffix] == new[-1 - suffix]:
            suffix += 1
        return cls(prefix, suffix, len(old), len(new))

    def move(self, begin: int, end: int) -> tuple[int, int]:
        """Where a span of the older text lies in the newer; it may come out empty."""
        new_begin, new_end = begin, end
        if begin >= self.old_chars - self.suffix:
            new_begin = begin + self.new_chars - self.old_chars
        elif begin >= self.prefix:
            new_begin = min(begin, self.new_chars - self.suffix)
        if end > self.old_chars - self.suffix:
            new_end = end + self.new_chars - self.old_chars
        elif end > self.prefix:
            new_end = min(end, self.new_chars - self.suffix)
        return new_begin, max(new_begin, new_end)


def settled_chars(text: str, stable_chars: int, *, final: bool) -> int:
    """How many leading characters will hardly change any more."""
    return len(text) if final else max(stable_chars, len(text) - TAIL_CHARS, 0)


def overlap(begin: int, end: int, other_begin: int, other_end: int) -> int:
    """How many characters (or milliseconds) two spans share."""
    return max(0, min(end, other_end) - max(begin, other_begin))


def apart(matches: Iterable[Match]) -> list[Match]:
    """The best of those that overlap, in order: by score, then the longer, then the earlier."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (-m.score, m.begin - m.end, m.begin, m.phrase)):
        if not any(overlap(match.begin, match.end, other.begin, other.end) for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda m: m.begin)
