"""Words decide: inside one nothing was said, and good Chinese was not misheard."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from phrasebook.model import Strictness
from qa_engine.deciding import Around, Decided, Decider, DecisionReason
from qa_engine.events import Decision, Role
from qa_engine.matching import Matcher
from tests.qa_engine.matching.calls import book, entry

AGENT = Around(role=Role.AGENT)


def decide(phrase: str, sentence: str, **keys: object) -> Decided:
    one = book(entry("x", phrase, **keys))  # type: ignore[arg-type]
    (match,) = Matcher(one).find(sentence)
    return Decider(one).decide(sentence, match, AGENT)


@pytest.mark.parametrize(
    ("phrase", "sentence", "word"),
    [
        ("“您有病”", "检测到您有病毒文件", "病毒"),
        ("报一下密码", "麻烦报一下密码锁的型号", "密码锁"),
        ("您随便告", "您随便告诉我一声", "告诉"),
        ("“费了”", "浪费了半天", "浪费"),
        ("“去死”", "买的是去死皮的那款", "去死皮"),
        ("找律师", "我找律师楼旁边那个网点", "律师楼"),
    ],
)
def test_phrase_inside_a_word_is_dropped(phrase: str, sentence: str, word: str) -> None:
    found = decide(phrase, sentence)
    assert (found.decision, found.reason) == (Decision.DROPPED, DecisionReason.INSIDE_WORD)
    assert word in found.reason_zh


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        ("您有病", "您有病吧"),
        ("报一下密码", "麻烦报一下密码"),
        ("没告诉我", "没告诉我们有这个通知"),
        ("我也搞不清", "我也搞不清楚"),
        ("您去找他", "您去找他们"),
    ],
)
def test_phrase_at_the_borders_of_words_is_kept(phrase: str, sentence: str) -> None:
    assert decide(phrase, sentence).decision is Decision.KEPT


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        ("我给您保证", "我给您报修了"),
        ("我们保证", "我们报账需要发票"),
        ("您搞错了", "您报错了一位数"),
        ("您慢慢等吧", "您慢慢看吧"),
        ("我不知道", "这个活动我布置到下周了"),
        ("想投诉你", "我想投宿，你们酒店还有房吗"),
        ("账户被盗", "账户被冻结了怎么解"),
    ],
)
def test_good_chinese_is_not_taken_for_misheard(phrase: str, sentence: str) -> None:
    found = decide(phrase, sentence)
    assert found.decision is not Decision.KEPT
    assert found.reason in (
        DecisionReason.FLUENT,
        DecisionReason.ACROSS_PAUSE,
        DecisionReason.INSIDE_WORD,
    )


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        ("我不知道", "这个我不之道啊"),
        ("我不知道", "我步知道"),
        ("您搞错了", "是您搞错乐"),
        ("我们没办法", "我们没半法"),
        ("这个不归我们管", "这个不归我们馆"),
        ("您自己看着办", "您自己砍着办"),
    ],
)
def test_nonsense_that_sounds_like_the_phrase_is_the_phrase(phrase: str, sentence: str) -> None:
    assert decide(phrase, sentence).decision is Decision.KEPT


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [("我被骗了", "我刚被骗了"), ("立刻就给我退", "立刻给我退"), ("我服了你们", "我真服了你们")],
)
def test_light_word_more_or_less_is_the_same_phrase(phrase: str, sentence: str) -> None:
    assert decide(phrase, sentence).decision is Decision.KEPT


def test_strictness_moves_the_balance() -> None:
    decisions = [
        decide("我不知道", "我也不清除，我步知道", strict=strict).decision
        for strict in (Strictness.LOOSE, Strictness.STRICT)
    ]
    order = [Decision.DROPPED, Decision.DOUBTFUL, Decision.KEPT]
    assert order.index(decisions[0]) >= order.index(decisions[1])


@dataclass(frozen=True)
class Says:
    """A judge that always says the same."""

    likely: float | None
    version: str = "test"

    def probability(self, sentence: str, *, before: str, family: str, role: Role) -> float | None:
        return self.likely

    def meant(self, sentence: str, *, before: str, role: Role) -> tuple[tuple[str, float], ...]:
        return ()

    worded = meant

    def nearest(self, sentence: str, *, family: str, role: Role) -> str:
        return ""


@pytest.mark.parametrize(
    ("likely", "sentence", "decision"),
    [
        (0.02, "您搞错了", Decision.DOUBTFUL),
        (0.6, "您搞错了", Decision.KEPT),
        (None, "您搞错了", Decision.KEPT),
        (0.99, "我没有说您搞错了", Decision.DROPPED),
        (0.9, "您搞错了的订单在哪", Decision.KEPT),
        (0.6, "您报错了一位数", Decision.DROPPED),
        (0.75, "您报错了一位数", Decision.DOUBTFUL),
        (0.9, "您报错了一位数", Decision.DOUBTFUL),
    ],
)
def test_judge_is_a_second_opinion_that_grammar_overrules(
    likely: float | None, sentence: str, decision: Decision
) -> None:
    one = book(entry("x", "您搞错了"))
    (match,) = Matcher(one).find(sentence)
    decider = Decider(one, Says(likely))
    assert decider.judge_version == "test"
    assert decider.decide(sentence, match, AGENT).decision is decision


@pytest.mark.parametrize("sentence", ["电话是010-59586666", "我们的号码是400-6661"])
def test_digits_inside_a_longer_number_are_no_phrase(sentence: str) -> None:
    one = book(entry("x", "“666”"))
    found = [
        Decider(one).decide(sentence, match, AGENT)
        for match in Matcher(one).find(sentence)
        if sentence[match.begin - 1 : match.end + 1].strip("-").isdigit()
    ]

    assert found
    assert all(its.reason is DecisionReason.INSIDE_WORD for its in found)


def test_digits_that_are_a_number_of_their_own_are_a_phrase() -> None:
    assert decide("“666”", "666，真厉害").decision is Decision.KEPT
