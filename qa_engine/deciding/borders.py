"""A phrase that begins or ends inside a word was not said: 密码锁 is no 密码, 病毒 no 有病."""

from __future__ import annotations

import re

from qa_engine.deciding.decided import KEPT, Decided, DecisionReason
from qa_engine.deciding.words import WordModel
from qa_engine.events import Decision
from qa_engine.matching.match import Match

__all__ = ["inside_word"]

_DIGITS = re.compile(r"[0-9０-９]+(?:[-－—][0-9０-９]+)*")
TOO_MUCH = 2.5
"""Nats that a sentence may lose when a word is cut where the phrase ends."""
_GROWS = frozenset("们了的有过着得地呢吗吧啊呀嘛儿里上下个些点楚给到完好")
"""What a word may end in and still mean the same: 你们, 没有, 看了."""


def inside_word(words: WordModel, sentence: str, match: Match) -> Decided:
    """Whether the sentence must be cut through a word for the phrase to stand in it."""
    number = _longer_number(sentence, match)
    if number:
        told = f"“{match.heard}”是“{number}”这串数字的一部分"
        return Decided(Decision.DROPPED, 0.95, DecisionReason.INSIDE_WORD, told)
    lost = words.loss(sentence, (match.begin, match.end))
    if lost < TOO_MUCH:
        return KEPT
    word = _cut_word(words, sentence, match)
    if not word:
        return KEPT
    return Decided(
        Decision.DROPPED,
        min(0.99, 0.7 + lost / 30),
        DecisionReason.INSIDE_WORD,
        f"“{match.heard}”断在“{word}”这个词的中间，说的是“{word}”",
    )


def _longer_number(sentence: str, match: Match) -> str:
    """The row of digits that the phrase begins or ends in, as in 010-59586666; "" where none."""
    for number in _DIGITS.finditer(sentence):
        begins, ends = number.start() < match.begin < number.end(), match.end < number.end()
        if begins or (number.start() <= match.begin and ends):
            return number[0]
    return ""


def _cut_word(words: WordModel, sentence: str, match: Match) -> str:
    """The word that the phrase begins or ends in; "" where it only grows."""
    at = 0
    for word in words.cut(sentence).words:
        end = at + len(word)
        if at < match.begin < end:
            return word
        if at < match.end < end and not _only_grows(sentence, match.end, end):
            return word
        at = end
    return ""


def _only_grows(sentence: str, begin: int, end: int) -> bool:
    """Whether the rest of a word adds no sense: 你们, 没有, 看看."""
    rest = sentence[begin:end]
    return _GROWS.issuperset(rest) or rest == sentence[begin - len(rest) : begin]
