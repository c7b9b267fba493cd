"""A phrase in a frame does not mean what it says; the same phrase outside one does."""

from __future__ import annotations

import pytest

from phrasebook.model import ALL_FRAMES, Frame
from qa_engine.deciding import Around, Decider, DecisionReason
from qa_engine.events import Decision, Role
from qa_engine.matching import Matcher
from tests.qa_engine.matching.calls import book, entry, step

RULES = book(
    entry("dont-know", "我[们|还]不(知道|清楚)"),
    entry("cannot-do", "我们[真的]办不了", "不归我们管", "我们做不到"),
    entry("wrong", "您搞错了", "是您自己填错了"),
    entry("serve", "您自己看着办"),
    entry("dare", "您去投诉"),
    entry("busy", "我正在吃饭"),
    entry("promise", "(全额|百分之百|肯定) ...2 (赔|赔付)"),
    entry("complaint", "我 ... 投诉你们", who="customer"),
)
MATCHER, DECIDER = Matcher(RULES), Decider(RULES)
CUSTOMER = {"complaint"}


def decided(sentence: str, before: str = "") -> tuple[Decision, DecisionReason]:
    (match,) = MATCHER.find(sentence)
    role = Role.CUSTOMER if match.owner in CUSTOMER else Role.AGENT
    found = DECIDER.decide(sentence, match, Around(role=role, before=before))
    assert bool(found.reason_zh) == (found.decision is not Decision.KEPT)
    return found.decision, found.reason


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("我没有说您搞错了，我是想核对一下", DecisionReason.NEGATED),
        ("我没有觉得您搞错了", DecisionReason.NEGATED),
        ("不至于我们办不了，您放心", DecisionReason.NEGATED),
        ("我不能现在就跟您承诺肯定赔多少", DecisionReason.NEGATED),
        ("这个我没办法承诺肯定赔", DecisionReason.NEGATED),
        ("不敢说肯定赔，要看定损", DecisionReason.NEGATED),
        ("这种情况不一定全额赔", DecisionReason.NEGATED),
        ("我们不保证全额赔付", DecisionReason.NEGATED),
        ("谁也不能保证百分之百赔", DecisionReason.NEGATED),
        ("现在不能承诺一定肯定赔", DecisionReason.NEGATED),
        ("酒驾肯定赔不了", DecisionReason.NEGATED),
        ("免责的部分未必全额赔", DecisionReason.NEGATED),
        ("理算没出来，不好跟您打包票说全额赔", DecisionReason.NEGATED),
        ("没有我们办不了的，交给我", DecisionReason.NEGATED),
        ("我也没想过要投诉你们", DecisionReason.NEGATED),
        ("谁说我们办不了，能办的", DecisionReason.RHETORICAL),
        ("哪有不归我们管的道理", DecisionReason.RHETORICAL),
        ("怎么会不归我们管呢", DecisionReason.RHETORICAL),
        ("除非我们真的办不了，不然都会帮您", DecisionReason.CONDITION),
        ("倘若我们做不到，会给您别的方案", DecisionReason.CONDITION),
        ("我们办不了的话会提前告诉您", DecisionReason.CONDITION),
        ("您搞错了，哦不是，是我搞错了", DecisionReason.CORRECTED),
        ("不归我们管，哎说错了，归我们管", DecisionReason.CORRECTED),
        ("您搞错了也没关系", DecisionReason.CONCESSION),
        ("您去投诉我也理解", DecisionReason.CONCESSION),
        ("您去投诉也是您的权利", DecisionReason.CONCESSION),
        ("我还不知道您的收货地址，麻烦您说一下", DecisionReason.ASKING),
        ("我不知道您想改成哪一天", DecisionReason.ASKING),
        ("我们不清楚您是通过哪个渠道下的单", DecisionReason.ASKING),
        ("不归我们管？没有的事，我来处理", DecisionReason.ECHO),
        ("您搞错了是吗，我看看", DecisionReason.ECHO),
        ("网点的人说我们办不了，是这样吗", DecisionReason.QUOTED),
        ("对方的原话是您搞错了", DecisionReason.QUOTED),
        ("您说的不归我们管的那一项，我查到了", DecisionReason.QUOTED),
        ("录音里同事确实说了您自己看着办", DecisionReason.QUOTED),
    ],
)
def test_frame_turns_the_sense_round(sentence: str, reason: DecisionReason) -> None:
    assert decided(sentence) == (Decision.DROPPED, reason)


@pytest.mark.parametrize(
    "sentence",
    [
        "这个我不知道",
        "我不知道您的快递到哪儿了",
        "您搞错了，不是这个号码",
        "不用担心，肯定赔",
        "我跟您保证全额赔付",
        "没问题，不确定的时候也肯定赔您",
        "不是不是，您搞错了",
        "我同事也说了，是您自己填错了",
        "我们做不到，您别说了",
        "我们办不了的呀",
        "您去投诉也没用",
        "再不解决我就投诉你们",
        "如果不处理我就要投诉你们",
        "没办法，我们做不到",
        "我不服，我要投诉你们",
        "我没说过，您搞错了",
    ],
)
def test_phrase_outside_a_frame_is_kept(sentence: str) -> None:
    assert decided(sentence) == (Decision.KEPT, DecisionReason.NONE)


def test_phrase_that_describes_something_is_doubted() -> None:
    sentence = "我正在吃饭的客户那边协调"
    assert decided(sentence) == (Decision.DOUBTFUL, DecisionReason.ATTRIBUTE)


def test_customers_own_words_asked_back_are_an_echo() -> None:
    assert decided("我们办不了？", before="那你们办不了吗") == (
        Decision.DROPPED,
        DecisionReason.ECHO,
    )
    assert decided("我们办不了？", before="你好") == (Decision.KEPT, DecisionReason.NONE)


def test_rule_may_switch_a_frame_off() -> None:
    bold = book(entry("x", "您搞错了", frames=ALL_FRAMES - {Frame.CONCESSION}))
    sentence = "您搞错了也没关系"
    (match,) = Matcher(bold).find(sentence)
    found = Decider(bold).decide(sentence, match, Around(role=Role.AGENT))
    assert found.decision is Decision.KEPT


def test_rule_that_flags_quotations_is_not_excused_by_one() -> None:
    bold = book(entry("x", "您搞错了", skip_quoted=False))
    sentence = "客户说您搞错了"
    (match,) = Matcher(bold).find(sentence)
    found = Decider(bold).decide(sentence, match, Around(role=Role.AGENT))
    assert found.decision is Decision.KEPT


@pytest.mark.parametrize(
    ("sentence", "is_taken"),
    [
        ("请您报一下身份证后四位", True),
        ("不知道您这会儿有没有时间", True),
        ("您的心情我特别理解", True),
        ("请您不用提供身份证后四位", False),
        ("本次通话不会被录音", False),
        ("谁说本次通话会被录音了", False),
    ],
)
def test_a_step_that_is_denied_is_not_taken(sentence: str, is_taken: bool) -> None:
    steps = book(
        step("identity", "身份证[号]后四位"),
        step("permission", "(您|现在|这会儿) ...4 (方便|有空|有时间)"),
        step("empathy", "您的 ...4 (心情|感受) ...4 (体会|理解)"),
        step("notice", "本次通话 ...3 录音"),
    )
    matches = Matcher(steps).find(sentence)

    assert matches
    assert bool(list(Decider(steps).steps_taken(sentence, matches))) is is_taken
