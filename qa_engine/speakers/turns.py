"""An utterance in which the speaker changes, cut into one for each speaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from models.recogniser import Word
from qa_engine.events import Role, Utterance
from qa_engine.prosody.contour import Contour
from qa_engine.speakers.prints import VoicedPiece

__all__ = ["split"]

SEARCH_MS = 900
"""A change is put into the longest gap between two words this near to where the voice says."""


def split(
    utterance: Utterance,
    pieces: Sequence[VoicedPiece],
    role_of: Callable[[int], Role],
    new_id: Callable[[], int],
) -> list[Utterance]:
    """The utterance as its pieces, each with its role and how sure that is.

    The words go to the piece they lie in; a change falls between two words. The first part keeps
    the utterance's id. An utterance without word times is not cut: where it holds two voices,
    nobody can say who said what.
    """
    if len(pieces) == 1 or len(utterance.words) < 2:
        voice = max(pieces, key=lambda piece: piece.end_ms - piece.begin_ms)
        confidence = voice.confidence if len(pieces) == 1 else 0.0
        return [replace(utterance, role=role_of(voice.voice), role_confidence=confidence)]
    cuts = [0, *(_cut(utterance.words, piece.end_ms) for piece in pieces[:-1])]
    cuts.append(len(utterance.words))
    offsets = _offsets(utterance)
    parts: list[Utterance] = []
    for piece, first, last in zip(pieces, cuts, cuts[1:], strict=False):
        if last <= first:
            continue
        words = utterance.words[first:last]
        text = utterance.text[offsets[first] : offsets[last]]
        begin_ms = words[0].begin_ms if parts else utterance.begin_ms
        end_ms = words[-1].end_ms if last < len(utterance.words) else utterance.end_ms
        parts.append(
            replace(
                utterance,
                id=utterance.id if not parts else new_id(),
                begin_ms=begin_ms,
                end_ms=end_ms,
                text=text.strip("，。 "),
                words=words,
                stable_chars=len(text.strip("，。 ")),
                role=role_of(piece.voice),
                role_confidence=piece.confidence,
                contour=_contour(utterance, begin_ms, end_ms),
            )
        )
    return parts


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
