"""An utterance in which the speaker changes, cut into one for each speaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from models.recogniser import Word
from qa_engine.events import Role, Utterance
from qa_engine.prosody.contour import Contour
from qa_engine.speakers.prints import VoicedPiece

__all__ = ["split", "voiced"]

SEARCH_MS = 900
"""A change is put into the longest gap between two words this near to where the voice says."""
CLEAR_PAUSE_MS = 80
"""Between the words of two speakers; an answer that is quick comes after a tenth of a second."""
OVERLAP_MS = 300
"""So far from a change without a pause it may be either's."""


def split(
    utterance: Utterance,
    pieces: Sequence[VoicedPiece],
    role_of: Callable[[int], Role],
    new_id: Callable[[], int],
) -> list[Utterance]:
    """The utterance as its pieces, each with its role and how sure that is (0: both at once)."""
    return [
        replace(part, role=role_of(piece.voice), role_confidence=piece.confidence)
        for piece, part in voiced(utterance, pieces, new_id)
    ]


def voiced(
    utterance: Utterance, pieces: Sequence[VoicedPiece], new_id: Callable[[], int]
) -> list[tuple[VoicedPiece, Utterance]]:
    """The utterance cut where its voice changes, each part with the piece it lies in.

    A change falls between two words. The first part keeps the utterance's id. An utterance without
    word times is not cut: where it holds two voices, nobody can say who said what.
    """
    if len(pieces) == 1 or len(utterance.words) < 2:
        voice = max(pieces, key=lambda piece: piece.end_ms - piece.begin_ms)
        return [(voice if len(pieces) == 1 else replace(voice, confidence=0.0), utterance)]
    cuts = [0, *(_cut(utterance.words, piece.end_ms) for piece in pieces[:-1])]
    cuts.append(len(utterance.words))
    offsets = _offsets(utterance)
    parts: list[tuple[VoicedPiece, Utterance]] = []
    for first, last, piece in _runs(utterance.words, cuts, pieces):
        words = utterance.words[first:last]
        text = utterance.text[offsets[first] : offsets[last]].strip("，。 ")
        begin_ms = words[0].begin_ms if parts else utterance.begin_ms
        end_ms = words[-1].end_ms if last < len(utterance.words) else utterance.end_ms
        part = replace(
            utterance,
            id=utterance.id if not parts else new_id(),
            begin_ms=begin_ms,
            end_ms=end_ms,
            text=text,
            words=words,
            stable_chars=len(text),
            contour=_contour(utterance, begin_ms, end_ms),
        )
        parts.append((piece, part))
    return parts


def _runs(
    words: Sequence[Word], cuts: Sequence[int], pieces: Sequence[VoicedPiece]
) -> list[tuple[int, int, VoicedPiece]]:
    """Words from the first to one before the last, and whose they are.

    Where no pause shows the place of a change both may speak at once: the words around it are
    nobody's.
    """
    runs: list[tuple[int, int, VoicedPiece]] = []
    begin = 0
    for piece, following, cut, end in zip(pieces, pieces[1:], cuts[1:], cuts[2:], strict=False):
        first, last = (cut, cut) if _is_clear(words, cut) else _around(words, cut, begin, end)
        runs += [(begin, first, piece), (first, last, replace(following, confidence=0.0))]
        begin = last
    runs.append((begin, cuts[-1], pieces[-1]))
    return [run for run in runs if run[0] < run[1]]


def _is_clear(words: Sequence[Word], cut: int) -> bool:
    """A pause parts the words at a change, or nothing stands on one side of it."""
    if not 0 < cut < len(words):
        return True
    return words[cut].begin_ms - words[cut - 1].end_ms >= CLEAR_PAUSE_MS


def _around(words: Sequence[Word], cut: int, begin: int, end: int) -> tuple[int, int]:
    """The words near a change, those before `begin` and from `end` on left out."""
    at_ms = (words[cut - 1].end_ms + words[cut].begin_ms) // 2
    near = [
        number
        for number in range(begin, end)
        if abs((words[number].begin_ms + words[number].end_ms) // 2 - at_ms) <= OVERLAP_MS
    ]
    return (near[0], near[-1] + 1) if near else (cut, cut)


def _contour(utterance: Utterance, begin_ms: int, end_ms: int) -> Contour | None:
    whole, from_ms = utterance.contour, utterance.begin_ms
    return whole.part(begin_ms - from_ms, end_ms - from_ms) if whole else None


def _cut(words: Sequence[Word], at_ms: int) -> int:
    """The index of the first word after the change."""
    near = [
        (after.begin_ms - before.end_ms - abs((after.begin_ms + before.end_ms) // 2 - at_ms) / 4, n)
        for n, (before, after) in enumerate(pairwise(words), start=1)
        if abs((after.begin_ms + before.end_ms) // 2 - at_ms) <= SEARCH_MS
    ]
    if near:
        return max(near)[1]
    return next((n for n, word in enumerate(words) if word.begin_ms >= at_ms), len(words))


def _offsets(utterance: Utterance) -> list[int]:
    """Where each word begins in the text; then the text's end."""
    found: list[int] = []
    cursor = 0
    for word in utterance.words:
        at = utterance.text.find(word.text, cursor) if word.text else cursor
        cursor = max(at, cursor)
        found.append(cursor)
        cursor += len(word.text)
    return [*found, len(utterance.text)]
