"""When a hit counts: parts of the call, and words before and after it."""

from __future__ import annotations

import pytest

from phrasebook.model import Entry, Speaker, When
from qa_engine.events import Role
from qa_engine.matching.call.relations import (
    CallSpan,
    Circumstances,
    Mention,
    Relevance,
    is_contextual,
    speaks,
)
from tests.qa_engine.matching.calls import entry, partial, relation, said

NO, WAIT, YES = Relevance.NO, Relevance.WAIT, Relevance.YES


def span(begin_ms: int, utterance: int = 1, chars: tuple[int, int] = (0, 4)) -> CallSpan:
    return CallSpan(
        utterance=utterance,
        role=Role.AGENT,
        begin_char=chars[0],
        end_char=chars[1],
        begin_ms=begin_ms,
        end_ms=begin_ms + 800,
    )


def mention(
    begin_ms: int, utterance: int, role: Role = Role.CUSTOMER, chars: tuple[int, int] = (0, 2)
) -> Mention:
    return Mention(
        relation=0,
        role=role,
        utterance=utterance,
        begin_char=chars[0],
        end_char=chars[1],
        begin_ms=begin_ms,
        end_ms=begin_ms + 400,
    )


def before(**keys: bool) -> Entry:
    return entry("x", "我不知道", before=(relation("收到", who="customer", **keys),))


def after(**keys: bool) -> Entry:
    rule = relation("抱歉", who="agent", within_ms=5_000, **keys)
    return entry("x", "我不知道", after=(rule,))


@pytest.mark.parametrize(
    ("who", "role", "listens"),
    [
        (Speaker.AGENT, Role.AGENT, True),
        (Speaker.AGENT, Role.CUSTOMER, False),
        (Speaker.ANY, Role.CUSTOMER, True),
    ],
)
def test_who_listens(who: Speaker, role: Role, *, listens: bool) -> None:
    assert speaks(who, role) is listens


@pytest.mark.parametrize(
    ("rule", "contextual"),
    [
        pytest.param(entry("x", "甲"), False, id="plain"),
        pytest.param(entry("x", "甲", when=When(first_ms=1)), False, id="first seconds"),
        pytest.param(entry("x", "甲", when=When(last_ms=1)), True, id="last seconds"),
        pytest.param(entry("x", "甲", when=When(first_turns=1)), True, id="turns"),
        pytest.param(before(), True, id="before"),
        pytest.param(after(), True, id="after"),
    ],
)
def test_what_other_utterances_can_change(rule: Entry, *, contextual: bool) -> None:
    assert is_contextual(rule) is contextual


def test_either_end_of_the_call_will_do() -> None:
    rule = entry("x", "甲", when=When(first_ms=5_000, last_ms=5_000))
    call = Circumstances()
    call.hear(said("甲", 1_000), ())
    assert call.judge(span(1_000), rule) is YES
    assert call.judge(span(30_000), rule) is WAIT
    call.end(60_000)
    assert call.judge(span(30_000), rule) is NO
    assert call.judge(span(56_000), rule) is YES


def test_utterances_without_words_make_no_turn() -> None:
    rule = entry("x", "甲", when=When(first_turns=1))
    call = Circumstances()
    call.hear(said("喂", 0, id=1), ())
    call.hear(said(" ", 1_000, id=2, role="customer", words=()), ())
    call.hear(said("甲", 2_000, id=3), ())
    assert call.judge(span(2_000, 3), rule) is YES


def test_turns_are_ordered_by_time_not_arrival() -> None:
    rule = entry("x", "甲", when=When(first_turns=1))
    call = Circumstances()
    call.hear(said("甲", 4_000, id=3), ())
    assert call.judge(span(4_000, 3), rule) is YES
    call.hear(said("喂", 0, id=1), ())
    call.hear(said("你好", 2_000, id=2, role="customer"), ())
    assert call.judge(span(4_000, 3), rule) is NO


@pytest.mark.parametrize(("excuses", "verdict"), [(True, NO), (False, YES)])
def test_earlier_words_excuse_or_are_required(excuses: bool, verdict: Relevance) -> None:
    call = Circumstances()
    call.hear(said("收到", 0, id=2, role="customer"), [mention(0, 2)])
    assert call.judge(span(5_000), before(excuses=excuses), before=[0]) is verdict


@pytest.mark.parametrize(("excuses", "verdict"), [(True, YES), (False, NO)])
def test_words_by_somebody_else_do_not_count(excuses: bool, verdict: Relevance) -> None:
    call = Circumstances()
    call.hear(said("收到", 0, id=2), [mention(0, 2, Role.AGENT)])
    assert call.judge(span(5_000), before(excuses=excuses), before=[0]) is verdict


def test_revised_text_takes_its_mentions_back() -> None:
    call = Circumstances()
    call.hear(partial("收到", 0, 0, id=2, role="customer"), [mention(0, 2)])
    assert call.judge(span(5_000), before(excuses=True), before=[0]) is NO
    call.hear(said("手套", 0, id=2, role="customer"), ())
    assert call.judge(span(5_000), before(excuses=True), before=[0]) is YES


def test_required_words_in_an_open_utterance_are_not_yet_sure() -> None:
    call = Circumstances()
    call.hear(partial("收到", 0, 0, id=2, role="customer"), [mention(0, 2)])
    assert call.judge(span(5_000), before(), before=[0]) is WAIT


def test_words_in_the_same_utterance_count_by_their_place() -> None:
    rule = entry("x", "甲", before=(relation("收到", who="any", excuses=True),))
    call = Circumstances()
    call.hear(said("收到我不知道", 0), [mention(0, 1, Role.AGENT, (0, 2))])
    assert call.judge(span(400, 1, (2, 6)), rule, before=[0]) is NO
    call.hear(said("我不知道收到", 0), [mention(800, 1, Role.AGENT, (4, 6))])
    assert call.judge(span(0, 1, (0, 4)), rule, before=[0]) is YES


def test_window_after_passes_when_its_speaker_goes_on() -> None:
    call = Circumstances()
    call.hear(said("我不知道", 0), ())
    assert call.judge(span(0), after(excuses=True), after=[0]) is WAIT
    call.hear(said("你好", 9_000, id=2, role="customer"), ())
    assert call.judge(span(0), after(excuses=True), after=[0]) is WAIT
    call.hear(said("好的", 9_000, id=3), ())
    assert call.judge(span(0), after(excuses=True), after=[0]) is YES


def test_window_after_waits_for_words_begun_inside_it() -> None:
    call = Circumstances()
    call.hear(said("我不知道", 0), ())
    call.hear(partial("抱", 0, 5_000, id=2), ())
    call.pass_time(8_000)
    assert call.judge(span(0), after(excuses=True), after=[0]) is WAIT
    call.hear(said("抱歉", 5_000, id=2), [mention(5_000, 2, Role.AGENT)])
    assert call.judge(span(0), after(excuses=True), after=[0]) is NO


def test_end_of_the_call_decides_everything() -> None:
    call = Circumstances()
    call.hear(said("我不知道", 0), ())
    call.end(1_000)
    assert call.judge(span(0), after(excuses=True), after=[0]) is YES
    assert call.judge(span(0), after(), after=[0]) is NO
