"""Is a transcript to be believed, or should its window be heard again with more silence?"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Final

from models import guards
from models.coverage import UNHEARD_MS, rest_of
from models.recogniser import Samples, Transcript, Word
from models.times import sounding

__all__ = ["better", "in_pack", "judged", "odd"]

_NO_SPEECH: Final = 0.6
_SURE: Final = 0.6
# The mean over a syllable or two says little: a cough becomes 对 more easily than a sentence.
_SHORT_TEXT: Final = 2
_SHORT_TEXT_MARGIN: Final = 0.1
_LEAST_PROBABILITY: Final = 1e-6
_LONG_MS: Final = 2_000
_FEWEST_PER_S: Final = 1.2
"""A slow speaker says three syllables a second: a long window with less was not heard whole."""


def judged(
    words: tuple[Word, ...],
    *,
    confidence: float,
    no_speech: float,
    length_ms: int,
    min_confidence: float,
    alone: bool = True,
) -> Transcript:
    """The transcript: emptied where it was invented, marked where it is not to be believed.

    `alone` False: it stood between others, which makes even a single syllable likely or not.
    """
    text = "".join(word.text for word in words)
    invented = guards.artefact(text) or (no_speech > _NO_SPEECH and confidence < _SURE)
    if invented:
        return Transcript(text="", confidence=0.0, no_speech=no_speech, intelligible=False)
    sure = min_confidence
    if alone and len(words) <= _SHORT_TEXT:
        sure += _SHORT_TEXT_MARGIN
    doubtful = guards.loops(text) or guards.too_fast(text, length_ms)
    return Transcript(
        text=text,
        words=words,
        confidence=confidence,
        no_speech=no_speech,
        intelligible=not doubtful and confidence >= sure,
    )


def in_pack(
    words: tuple[Word, ...], *, no_speech: float, length_ms: int, min_confidence: float
) -> Transcript:
    """One utterance's transcript out of a window of several, confident as its own words are."""
    if not words:
        return Transcript(text="", confidence=0.0, no_speech=no_speech, intelligible=False)
    return judged(
        words,
        confidence=_mean(words),
        no_speech=no_speech,
        length_ms=length_ms,
        min_confidence=min_confidence,
        alone=False,
    )


def odd(samples: Samples, heard: Transcript) -> bool:
    """True when the text looks wrong, or too little for the sound of its window."""
    if not heard.intelligible or not heard.words or rest_of(samples, heard) is not None:
        return True
    begin_ms, end_ms = sounding(samples)
    if heard.words[0].begin_ms - begin_ms > UNHEARD_MS:
        return True
    said = sum(len(word.text) for word in heard.words if word.text.isalnum())
    return end_ms - begin_ms > _LONG_MS and said * 1000 < _FEWEST_PER_S * (end_ms - begin_ms)


def better(first: Transcript, again: Transcript) -> Transcript:
    """Of two hearings of a window the one to keep: believed before not, then the surer one."""
    return max(again, first, key=lambda heard: (heard.intelligible, heard.confidence))


def _mean(words: Sequence[Word]) -> float:
    """The geometric mean of the words' probabilities."""
    logs = [log(max(word.confidence, _LEAST_PROBABILITY)) for word in words]
    return min(1.0, exp(sum(logs) / len(logs)))
