"""Which leading characters of a revised text are agreed on, and which revisions to believe."""

from __future__ import annotations

from qa_engine.prefix import common_prefix

__all__ = ["StablePrefix"]

_HELD_BACK = 1
"""The last character may be half a syllable: it is not stable yet."""


class StablePrefix:
    """One utterance's; the agreement of two revisions in a row grows from revision to revision.

    A revision that contradicts what was agreed is passed over once: mostly the next one is back
    where it was. When that one contradicts too, what was agreed is taken back: better an honest
    step back than a text nobody said.
    """

    def __init__(self, agreed: str = "") -> None:
        """`agreed`: what was agreed of this text before it was an utterance of its own."""
        self._previous: str | None = None
        self._agreed = agreed
        self._doubted = False

    def after(self, text: str) -> str:
        """What was agreed beyond this beginning; nothing where it begins otherwise."""
        return self._agreed[len(text) :] if self._agreed.startswith(text) else ""

    def revise(self, text: str) -> int | None:
        """The number of stable characters of `text`, the newest revision; None: pass it over."""
        previous, self._previous = self._previous, text
        kept = common_prefix(self._agreed, text)
        contradicts = kept < len(self._agreed)
        if contradicts and not self._doubted:
            self._doubted = True
            return None
        self._doubted = False
        fresh = 0
        if previous is not None:
            fresh = common_prefix(previous, text)
            if fresh == len(text):
                fresh = max(0, fresh - _HELD_BACK)
        self._agreed = text[: max(kept, fresh)]
        return len(self._agreed)
