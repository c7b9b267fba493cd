"""When each character was said: from an alignment, or estimated from where the sound is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples, Word
from models.vocabulary import TokenPiece

__all__ = ["aligned", "estimated", "on_path", "rejoined", "sounding", "trimmed"]

_ENCODER_FRAME_MS = 20
_LEVEL_FRAME = 320
_SLOW_SYLLABLE_MS = 400
_QUIET_BELOW_PEAK = 0.02
"""About -34 dB: what is quieter than the loudest stretch by so much is a pause."""


def aligned(pieces: Sequence[TokenPiece], alignment: Any, samples: Samples) -> tuple[Word, ...]:
    """Words at the times of CTranslate2's `align` result; a token's characters share its time."""
    return trimmed(on_path(pieces, alignment, len(samples) * 1000 // SAMPLE_RATE), samples)


def trimmed(words: Sequence[Word], samples: Samples) -> tuple[Word, ...]:
    """An alignment's words of one utterance without the silence around them.

    Its path begins with the window and ends with it, so the first and the last token are given
    the silence around the speech; here they get no more than slow syllables take of it.
    """
    words = list(words)
    if not words:
        return ()
    sound_begin_ms, sound_end_ms = sounding(samples)
    first, last = words[0], words[-1]
    if first.end_ms > first.begin_ms:
        begin_ms = max(first.begin_ms, first.end_ms - _slow_ms(first), sound_begin_ms)
        words[0] = replace(first, begin_ms=min(begin_ms, first.end_ms))
    if len(words) > 1 and last.end_ms > last.begin_ms:
        end_ms = min(last.end_ms, last.begin_ms + _slow_ms(last), sound_end_ms)
        words[-1] = replace(last, end_ms=max(end_ms, last.begin_ms))
    return tuple(words)


def rejoined(words: Sequence[Word]) -> list[Word]:
    """Letters and digits that follow each other, as one word again."""
    whole: list[Word] = []
    for word in words:
        last = whole[-1] if whole else None
        if last is None or not (_is_latin(last.text[-1:]) and _is_latin(word.text[:1])):
            whole.append(word)
            continue
        before, after = len(last.text), len(word.text)
        confidence = (last.confidence * before + word.confidence * after) / (before + after)
        text = last.text + word.text
        whole[-1] = replace(last, text=text, end_ms=word.end_ms, confidence=confidence)
    return whole


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _slow_ms(word: Word) -> int:
    """How long it takes at most to say it: each of a number's digits is a syllable."""
    return _SLOW_SYLLABLE_MS * len(word.text)


def on_path(pieces: Sequence[TokenPiece], alignment: Any, length_ms: int) -> list[Word]:
    """Words as the alignment has them, in a window of that length."""
    begins: dict[int, int] = {}
    for token, frame in alignment.alignments:
        begins.setdefault(token, min(frame * _ENCODER_FRAME_MS, length_ms))
    probabilities = alignment.text_token_probs
    words: list[Word] = []
    for (first, end), group in groupby(pieces, key=lambda p: (p.first_token, p.end_token)):
        members = list(group)
        begin_ms = begins.get(first, words[-1].end_ms if words else 0)
        end_ms = max(begin_ms, begins.get(end, length_ms))
        heard = probabilities[first:end]
        confidence = float(np.mean(heard)) if len(heard) else 0.0
        words += _spread(members, begin_ms, end_ms, confidence)
    return words


def estimated(
    pieces: Sequence[TokenPiece], samples: Samples, confidence: float
) -> tuple[Word, ...]:
    """Words spread evenly from the first sound of the window to its last."""
    begin_ms, end_ms = sounding(samples)
    return tuple(_spread(pieces, begin_ms, end_ms, confidence))


def _spread(
    pieces: Sequence[TokenPiece], begin_ms: int, end_ms: int, confidence: float
) -> list[Word]:
    each = (end_ms - begin_ms) / max(1, len(pieces))
    return [
        Word(
            text=piece.text,
            begin_ms=begin_ms + round(i * each),
            end_ms=begin_ms + round((i + 1) * each),
            confidence=confidence,
        )
        for i, piece in enumerate(pieces)
    ]


def sounding(samples: Samples) -> tuple[int, int]:
    """Begin and end in ms of what stands out of the window."""
    whole = len(samples) // _LEVEL_FRAME
    length_ms = len(samples) * 1000 // SAMPLE_RATE
    if not whole:
        return 0, length_ms
    levels = np.sqrt(np.mean(samples[: whole * _LEVEL_FRAME].reshape(whole, -1) ** 2, axis=1))
    loud = np.flatnonzero(levels > levels.max() * _QUIET_BELOW_PEAK)
    if not len(loud):
        return 0, length_ms
    frame_ms = _LEVEL_FRAME * 1000 // SAMPLE_RATE
    return int(loud[0]) * frame_ms, int(loud[-1] + 1) * frame_ms
