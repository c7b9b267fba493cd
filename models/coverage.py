"""A decoder may stop before the speaker does: the rest of the window is heard again.

Whisper's decoder ends a text when it believes it ended, and nobody checks the sound against it; a
third of a window can go missing behind a pause. A window's last word and the end of its sound tell.
"""

from __future__ import annotations

from dataclasses import replace

from models.recogniser import SAMPLE_RATE, Samples, Transcript
from models.times import sounding

__all__ = ["UNHEARD_MS", "joined", "rest_of"]

UNHEARD_MS = 900
"""So much sound after the last word is not a breath or the room's echo."""
_BACK_MS = 60
_MOST_REPEATED = 8


def rest_of(samples: Samples, heard: Transcript) -> int | None:
    """The sample from which a final's window was not heard, or None when all of it was."""
    if not heard.words:
        return None
    said_until_ms = heard.words[-1].end_ms
    _, sound_until_ms = sounding(samples)
    if sound_until_ms - said_until_ms < UNHEARD_MS:
        return None
    return (said_until_ms - _BACK_MS) * SAMPLE_RATE // 1000


def joined(heard: Transcript, rest: Transcript, from_sample: int) -> Transcript:
    """`heard` and then `rest`, whose window began at `from_sample`.

    A rest that is not to be believed is left out, and so are its first words where they are the
    last ones again: the alignment had put those too early.
    """
    fresh = rest.words[_repeated(heard, rest) :]
    if not fresh or not rest.intelligible:
        return heard
    from_ms = from_sample * 1000 // SAMPLE_RATE
    floor_ms = heard.words[-1].end_ms if heard.words else 0
    moved = tuple(
        replace(
            word,
            begin_ms=max(floor_ms, from_ms + word.begin_ms),
            end_ms=max(floor_ms, from_ms + word.end_ms),
        )
        for word in fresh
    )
    first, second = len(heard.words), len(moved)
    confidence = (heard.confidence * first + rest.confidence * second) / (first + second)
    return replace(
        heard,
        text=heard.text + "".join(word.text for word in fresh),
        words=heard.words + moved,
        confidence=confidence,
    )


def _repeated(heard: Transcript, rest: Transcript) -> int:
    """How many words at the end of one stand again at the beginning of the other."""
    before = [word.text for word in heard.words]
    after = [word.text for word in rest.words]
    for count in range(min(_MOST_REPEATED, len(before), len(after)), 1, -1):
        if before[-count:] == after[:count]:
            return count
    return 0
