"""What sherpa-onnx tells of a window, as a `Transcript`: tokens and their times as words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp
from typing import Final

from models import belief, times
from models.recogniser import SAMPLE_RATE, Samples, Transcript, Word
from models.trust import Trust
from models.vocabulary import TokenPiece

__all__ = ["UNTOLD", "SherpaResult", "pieces_of", "transcript"]

UNTOLD: Final = 0.8
"""The confidence of a text whose recogniser tells none: believed, and not fully."""
_SLOW_SYLLABLE_MS: Final = 400
_WORTH_TELLING_MS: Final = 1_000
_TAG: Final = re.compile(r"<\|([^|<>]*)\|>")
_MARKS: Final = re.compile(r"@@|▁|<unk>|<sos/eos>|\s")
_BYTE: Final = re.compile(r"<0x[0-9A-Fa-f]{2}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaResult:
    """One result. Times and probabilities belong to the tokens, where there are as many."""

    text: str
    tokens: tuple[str, ...] = ()
    begins_s: tuple[float, ...] = ()
    log_probabilities: tuple[float, ...] = ()
    emotion: str = ""
    event: str = ""
    """Of SenseVoice: <|HAPPY|>, <|Laughter|> and the like."""


def transcript(
    told: SherpaResult, window: Samples, trust: Trust, *, confidence: float | None = None
) -> Transcript:
    """As the rest of the house has it. `confidence`: measured otherwise, where none is told."""
    length_ms = len(window) * 1000 // SAMPLE_RATE
    spoken = pieces_of(told.text)
    if not spoken:
        # No text in a second of what sounds like speech: it was not understood.
        understood = length_ms < _WORTH_TELLING_MS
        return Transcript(text="", confidence=0.0, no_speech=1.0, intelligible=understood)
    if told.log_probabilities:
        mean = sum(told.log_probabilities) / len(told.log_probabilities)
        confidence = min(1.0, exp(mean))
    sure = UNTOLD if confidence is None else confidence
    judged = belief.judged(
        _words(spoken, told, window, sure), window, confidence=sure, no_speech=0.0, trust=trust
    )
    return _tagged(judged, told)


def pieces_of(text: str) -> list[str]:
    """Characters, and runs of Latin letters or digits; punctuation is nobody's word."""
    pieces: list[str] = []
    run = False
    for character in _TAG.sub("", text):
        latin = character.isascii() and character.isalnum()
        if latin and run:
            pieces[-1] += character
        elif character.isalnum():
            pieces.append(character)
        run = latin
    return pieces


def _words(spoken: list[str], told: SherpaResult, window: Samples, sure: float) -> tuple[Word, ...]:
    begins = _begins_ms(spoken, told)
    if begins is None:
        places = [
            TokenPiece(text=piece, first_token=at, end_token=at + 1)
            for at, piece in enumerate(spoken)
        ]
        return times.estimated(places, window, sure)
    length_ms = len(window) * 1000 // SAMPLE_RATE
    begins = [min(begin, length_ms) for begin in begins]
    ends = [
        min(after, begin + _SLOW_SYLLABLE_MS * len(piece))
        for piece, (begin, after) in zip(spoken, pairwise([*begins, length_ms]), strict=True)
    ]
    words = [
        Word(text=piece, begin_ms=begin, end_ms=max(begin, end), confidence=sure)
        for piece, begin, end in zip(spoken, begins, ends, strict=True)
    ]
    return times.trimmed(words, window)


def _begins_ms(spoken: Sequence[str], told: SherpaResult) -> list[int] | None:
    """When each piece begins, or None where the tokens do not spell the text one after another."""
    if len(told.begins_s) != len(told.tokens):
        return None
    written: list[int] = []
    spelled = ""
    for token, begin_s in zip(told.tokens, told.begins_s, strict=True):
        if _BYTE.fullmatch(token):
            return None
        letters = "".join(c for c in _MARKS.sub("", _TAG.sub("", token)) if c.isalnum())
        spelled += letters
        written += [round(begin_s * 1000)] * len(letters)
    if spelled != "".join(spoken):
        return None
    begins: list[int] = []
    at = 0
    for piece in spoken:
        begins.append(max(written[at], begins[-1] if begins else 0))
        at += len(piece)
    return begins


def _tagged(heard: Transcript, told: SherpaResult) -> Transcript:
    return replace(heard, emotion=_tag(told.emotion), event=_tag(told.event))


def _tag(told: str) -> str:
    """`<|HAPPY|>` as `happy`; what says nothing as nothing."""
    found = _TAG.fullmatch(told.strip())
    name = (found.group(1) if found else told).strip().lower()
    return "" if name in ("emo_unknown", "unk", "event_unk") else name
