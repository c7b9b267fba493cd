"""Is a transcript to be believed, or should its window be heard again with more silence?"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Final

from models import guards
from models.coverage import UNHEARD_MS, rest_of
from models.recogniser import SAMPLE_RATE, Samples, Transcript, Word
from models.times import sounding
from models.trust import Trust

__all__ = ["better", "in_pack", "judged", "odd", "sparse"]

_NO_SPEECH: Final = 0.6
_SURE: Final = 0.6
_SHORT_TEXT: Final = 2
_LONGEST_WORD_MS: Final = 1_200
_LEAST_PROBABILITY: Final = 1e-6
_LONG_MS: Final = 2_000
_FEWEST_PER_S: Final = 1.2
"""A slow speaker says three syllables a second: a long window with less was not heard whole."""


def judged(
    words: tuple[Word, ...],
    samples: Samples,
    *,
    confidence: float,
    no_speech: float,
    trust: Trust,
) -> Transcript:
    """The transcript: emptied where it was invented, marked where it is not to be believed."""
    text = "".join(word.text for word in words)
    invented = guards.artefact(text) or (no_speech > _NO_SPEECH and confidence < _SURE)
    if invented:
        return Transcript(text="", confidence=0.0, no_speech=no_speech, intelligible=False)
    length_ms = len(samples) * 1000 // SAMPLE_RATE
    doubtful = guards.loops(text) or guards.too_fast(text, length_ms)
    return Transcript(
        text=text,
        words=words,
        confidence=confidence,
        no_speech=no_speech,
        intelligible=not doubtful and confidence >= _needed(text, words, samples, trust),
    )


def _needed(text: str, words: tuple[Word, ...], samples: Samples, trust: Trust) -> float:
    """The confidence it takes. A word is let off only where a word is all there is to hear."""
    spoken = [word for word in words if word.text[:1].isalnum()]
    if len(spoken) > _SHORT_TEXT:
        return trust.sentence
    if trust.word >= trust.sentence:
        return trust.word
    begin_ms, end_ms = sounding(samples)
    is_word = end_ms - begin_ms <= _LONGEST_WORD_MS and not text.isascii()
    return trust.word if is_word else trust.sentence


def in_pack(
    words: tuple[Word, ...], samples: Samples, *, no_speech: float, trust: Trust
) -> Transcript:
    """One utterance's transcript out of a window of several, confident as its own words are."""
    if not words:
        return Transcript(text="", confidence=0.0, no_speech=no_speech, intelligible=False)
    confidence = _mean(words)
    return judged(words, samples, confidence=confidence, no_speech=no_speech, trust=trust)


def odd(samples: Samples, heard: Transcript) -> bool:
    """True when the text looks wrong, or too little for the sound of its window."""
    if not heard.intelligible or not heard.words or rest_of(samples, heard) is not None:
        return True
    begin_ms, _ = sounding(samples)
    return heard.words[0].begin_ms - begin_ms > UNHEARD_MS or sparse(samples, heard)


def sparse(samples: Samples, heard: Transcript) -> bool:
    """True when the window holds sound for far more than was written."""
    begin_ms, end_ms = sounding(samples)
    said = sum(len(word.text) for word in heard.words if word.text.isalnum())
    return end_ms - begin_ms > _LONG_MS and said * 1000 < _FEWEST_PER_S * (end_ms - begin_ms)


def better(first: Transcript, again: Transcript) -> Transcript:
    """Of two hearings of a window the one to keep: believed before not, then the surer one."""
    return max(again, first, key=lambda heard: (heard.intelligible, heard.confidence))


def _mean(words: Sequence[Word]) -> float:
    """The geometric mean of the words' probabilities."""
    logs = [log(max(word.confidence, _LEAST_PROBABILITY)) for word in words]
    return min(1.0, exp(sum(logs) / len(logs)))
