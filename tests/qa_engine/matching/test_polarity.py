"""No edit turns a phrase into its opposite, another number or another person, at any score."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from qa_engine.matching import Match, Matcher
from qa_engine.matching.text.characters import characters

POSITIVE = ("我知道的", "我们能处理", "可以帮您退款", "他已经答应了", "这个归我管")
NEGATIVE = (
    "我不知道的",
    "我们不能处理",
    "没有帮您退款",
    "他还未答应了",
    "这个不归我管",
    "别再打来了",
)
NEGATIONS = "不没别未无非莫勿"
NOISE = NEGATIONS + "我们知道的了能可以处理帮您退款他已经答应这个归管再打来嗯那就部步妹美位"
EDITS = 100_000


def sounds(text: str) -> list[int]:
    return [characters().sound_of.get(c, 0) for c in text]


def edited(seed: int, count: int) -> Iterator[str]:
    rng = random.Random(seed)
    for _ in range(count):
        text = list(rng.choice(POSITIVE + NEGATIVE))
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text) + 1)
            text[at : at + rng.choice((0, 1, 1))] = rng.choice(("", *NOISE))
        yield "".join(text)


def flips(match: Match) -> bool:
    """Whether the phrase has a negation that was not heard, or one was heard that it has not."""
    heard, phrase = sounds(match.heard), sounds(match.phrase)
    wanted = [sound for sound, c in zip(phrase, match.phrase, strict=True) if c in NEGATIONS]
    written = [sound for sound, c in zip(heard, match.heard, strict=True) if c in NEGATIONS]
    return any(s not in heard for s in wanted) or any(s not in phrase for s in written)


def test_no_random_edit_flips_a_phrase_at_any_score() -> None:
    matcher = Matcher.from_phrases(POSITIVE + NEGATIVE)
    texts = list(edited(seed=3, count=EDITS))
    found = [m for matches in matcher.find_many(texts, min_score=0.0) for m in matches]
    assert len(found) > EDITS / 2
    assert not [m for m in found if flips(m)]


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("我不知道", "我知道"),
        ("我知道", "我不知道"),
        ("我们知道", "我们不知道"),
        ("我们知道", "我们部知道"),
        ("能帮您处理", "难帮您处理"),
        ("零下十度左右", "零下四度左右"),
        ("赔您三百块钱", "赔您四百块钱"),
        ("我们承诺退款", "他们承诺退款"),
        ("您自己去处理", "我自己去处理"),
        ("没有这个规定", "有这个规定"),
        ("别再打来了", "再打来了"),
        ("三十天以内", "三天以内"),
    ],
)
def test_meaning_never_crosses(phrase: str, heard: str) -> None:
    assert not Matcher.from_phrases([phrase]).find(heard, min_score=0.0)


@pytest.mark.parametrize(
    ("phrase", "heard"), [("我不知道", "我部知道"), ("没有办法", "梅有办法"), ("四十天", "寺十天")]
)
def test_homophone_of_a_hard_word_is_that_word(phrase: str, heard: str) -> None:
    assert Matcher.from_phrases([phrase]).find(heard)
