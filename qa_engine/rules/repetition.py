"""机械话术 (S2.8): the same sentence said again and again; 信息过载: a turn that holds too much."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from qa_engine.events import Utterance
from qa_engine.rules.voices import VoiceSpan, by_time, characters

SAME_RATIO = 86.0
"""Similarity (RapidFuzz ratio, 0-100) from which two sentences are one: room for misheard words."""

MIN_CHARS = 6
"""Shorter sentences (好的没问题) recur in any healthy call."""

_SENTENCE_ENDS = re.compile(r"[。？！?!；;]")
_MARKS = re.compile(r"[\s，、,.：:…]+")
_NUMBER = r"[0-9零一二三四五六七八九十百千万两]+"
_DETAILS = re.compile(
    rf"第[一二三四五六七八九十]|其次|另外|还有|或者|要么|同时|此外"
    rf"|{_NUMBER}(?:元|块|折|号|天|个月|年|小时|分钟|兆|[GM]|个点)|百分之{_NUMBER}"
)


@dataclass(frozen=True, slots=True)
class Repeated:
    """One sentence and every place it was said."""

    sentence: str
    spans: tuple[VoiceSpan, ...]


def details(text: str) -> int:
    """How many options, conditions, amounts and terms a listener is asked to hold at once."""
    return len(_DETAILS.findall(text))


def repeated_sentences(utterances: Iterable[Utterance], *, at_least: int) -> list[Repeated]:
    """Sentences said `at_least` times, most often first; each is compared with the first saying."""
    from rapidfuzz import fuzz, process

    first_sayings: list[str] = []
    places: list[list[VoiceSpan]] = []
    for utterance in sorted(utterances, key=by_time):
        span = VoiceSpan(utterance.begin_ms, utterance.end_ms, utterance.id)
        for sentence in _sentences(utterance.text):
            near = process.extractOne(
                sentence, first_sayings, scorer=fuzz.ratio, score_cutoff=SAME_RATIO
            )
            if near is None:
                first_sayings.append(sentence)
                places.append([span])
            elif places[near[2]][-1] != span:
                places[near[2]].append(span)
    repeated = [
        Repeated(sentence, tuple(spans))
        for sentence, spans in zip(first_sayings, places, strict=True)
        if len(spans) >= at_least
    ]
    return sorted(repeated, key=lambda found: (-len(found.spans), found.spans[0]))


def _sentences(text: str) -> Iterable[str]:
    for part in _SENTENCE_ENDS.split(text):
        sentence = _MARKS.sub("", part)
        if characters(sentence) >= MIN_CHARS:
            yield sentence
