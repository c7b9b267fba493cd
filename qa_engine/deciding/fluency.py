"""Is it good Chinese as it was heard? Then it is hardly a phrase that was misheard.

The sentence as heard is weighed against the sentence with the phrase put in. A recogniser writes
nonsense where it mishears (我不之道) and good sentences where it does not (我给您报修了): only a
phrase that makes the sentence likelier by `_NEEDED` nats is taken for what was said.
"""

from __future__ import annotations

import re

from phrasebook.model import Strictness
from qa_engine.deciding.decided import KEPT, Decided, DecisionReason
from qa_engine.deciding.words import WordModel
from qa_engine.events import Decision, Tier
from qa_engine.matching.match import Match

__all__ = ["advantage", "weigh"]

_NEEDED = {Strictness.LOOSE: -2.0, Strictness.NORMAL: 0.0, Strictness.STRICT: 3.0}
"""Nats that a rule's own strictness asks beside those of the tier."""
FUZZY = 8.0
SHORT_HOMOPHONE = 8.0
HOMOPHONE = 5.0
LONG_HOMOPHONE = -8.0
LONG = 5
"""Sounds in a row that nobody says by chance."""
SHORT = 3
REAL_WORD = 8.0
"""A word of its own where the phrase has other characters (布置 for 不知) is what was said."""
LENGTH_CHANGED = 5.0
"""A sentence with one character less is likelier by itself."""
LIGHT = frozenset("真都刚就可也还又太很挺是算了的得个儿这那着一才倒老总再先给")
"""Words that a phrase may have one more or one less of, inside, and stay the same phrase."""
DOUBT = 4.0
"""So many nats short, an inspector may look."""
_PAUSE = re.compile("[，。！？；,.!?;]")


def weigh(words: WordModel, sentence: str, match: Match, strict: Strictness) -> Decided:
    """Whether the phrase was said, as far as the words of the sentence tell."""
    if not match.misheard:
        return KEPT
    heard = sentence[match.begin : match.end]
    if any(_PAUSE.search(sentence[one.begin : one.end]) for one in match.misheard):
        return Decided(
            Decision.DROPPED,
            0.9,
            DecisionReason.ACROSS_PAUSE,
            f"“{heard}”中间有停顿，是两句话，不是“{match.phrase}”",
        )
    if all(_is_a_variant(sentence[one.begin : one.end], one.phrase) for one in match.misheard):
        return KEPT
    missing = _needed(match) + _NEEDED[strict] - advantage(words, sentence, match)
    if match.end - match.begin < LONG and _is_another_word(words, sentence, match):
        missing += REAL_WORD
    if missing <= 0:
        return KEPT
    doubted = missing <= DOUBT
    return Decided(
        Decision.DOUBTFUL if doubted else Decision.DROPPED,
        0.5 if doubted else min(0.99, 0.6 + missing / 40),
        DecisionReason.FLUENT,
        f"“{heard}”本身就通顺，"
        + ("不能肯定是“" if doubted else "不是听错的“")
        + f"{match.phrase}”",
    )


def _is_a_variant(heard: str, phrase: str) -> bool:
    """Whether nothing but a light word is more or less: 我刚被骗了 says 我被骗了."""
    if abs(len(heard) - len(phrase)) != 1:
        return False
    longer, shorter = (heard, phrase) if len(heard) > len(phrase) else (phrase, heard)
    return any(
        longer[at] in LIGHT and longer[:at] + longer[at + 1 :] == shorter
        for at in range(1, len(longer) - 1)
    )


def advantage(words: WordModel, sentence: str, match: Match) -> float:
    """Nats by which the sentence is likelier with the phrase in it."""
    put = sentence
    for one in reversed(match.misheard):
        put = put[: one.begin] + one.phrase + put[one.end :]
    return words.cut(put).nats - words.cut(sentence).nats


def _is_another_word(words: WordModel, sentence: str, match: Match) -> bool:
    """Whether a word of the sentence has none of the characters of the phrase in its place."""
    at = 0
    for word in words.cut(sentence).words:
        end = at + len(word)
        for one in match.misheard:
            same_length = one.end - one.begin == len(one.phrase)
            if len(word) > 1 and same_length and one.begin <= at and end <= one.end:
                wanted = one.phrase[at - one.begin : end - one.begin]
                if all(a != b for a, b in zip(word, wanted, strict=True)):
                    return True
        at = end
    return False


def _needed(match: Match) -> float:
    sounds = match.end - match.begin
    changed = sum(one.end - one.begin - len(one.phrase) for one in match.misheard)
    if match.tier is Tier.FUZZY:
        return FUZZY + LENGTH_CHANGED * bool(changed)
    if sounds <= SHORT:
        return SHORT_HOMOPHONE
    return HOMOPHONE if sounds < LONG else LONG_HOMOPHONE
