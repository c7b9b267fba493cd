"""Which leading characters of a revised text two revisions in a row agree on."""

from __future__ import annotations

__all__ = ["StablePrefix", "common_prefix"]

_HELD_BACK = 1
"""The last character may be half a syllable: it is not stable yet."""


def common_prefix(one: str, other: str) -> int:
    """How many leading characters two texts share."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


class StablePrefix:
    """One utterance's; the agreement grows from revision to revision.

    A revision that contradicts what was agreed takes it back: better an honest step back than a
    text nobody said.
    """

    def __init__(self) -> None:
        self._previous: str | None = None
        self._agreed = ""

    def revise(self, text: str) -> int:
        """The number of stable characters of `text`, the newest revision."""
        kept = common_prefix(self._agreed, text)
        fresh = 0
        if self._previous is not None:
            fresh = common_prefix(self._previous, text)
            if fresh == len(text):
                fresh = max(0, fresh - _HELD_BACK)
        self._previous = text
        self._agreed = text[: max(kept, fresh)]
        return len(self._agreed)
