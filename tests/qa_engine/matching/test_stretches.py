"""One speaker's pieces are read as one across short pauses and the other's backchannels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa_engine.events import Hit, HitChanged, HitState, Utterance
from qa_engine.matching import Matcher
from qa_engine.matching.call.call_matcher import CallMatcher
from qa_engine.matching.call.stretches import PAUSE_MS, is_backchannel
from tests.qa_engine.matching.calls import book, entry, near, said, step

RULES = book(
    entry("dont-know", "我不知道", unless=[near("您方不方便", 4)]),
    entry("not-mine", "不归我们管的"),
    entry("wrong", "您弄错了", unless=["给您弄错了"]),
    step("wait", "请您稍等片刻"),
)
MATCHER = Matcher(RULES)


def pieces(*texts: str, pause_ms: int = 500) -> list[Utterance]:
    """The agent's pieces, pauses between them; `客户：` begins one of the customer's."""
    found, at_ms = [], 0
    for number, text in enumerate(texts):
        who, _, words = text.rpartition("：")
        one = said(words, at_ms, id=number, role="customer" if who else "agent")
        found.append(one)
        at_ms = one.end_ms + pause_ms
    return found


def hits(utterances: list[Utterance]) -> list[Hit]:
    call = CallMatcher(MATCHER, RULES)
    events = [event for spoken in utterances for event in call.feed(spoken)]
    events += call.close(60_000)
    last = {event.hit.id: event for event in events if isinstance(event, HitChanged)}
    return [event.hit for event in last.values() if event.state is HitState.CONFIRMED]


def test_phrase_in_two_pieces_is_one_hit_with_two_parts() -> None:
    (hit,) = hits(pieces("这个我", "不知道啊"))
    assert (hit.rule, hit.heard, hit.quote) == ("dont-know", "我不知道", "这个我")
    assert [(p.utterance, p.begin_char, p.end_char) for p in hit.parts] == [(0, 2, 3), (1, 0, 3)]
    assert [(p.begin_ms, p.end_ms) for p in hit.parts] == [(400, 600), (1_100, 1_700)]
    assert (hit.utterance, hit.begin_char, hit.end_char) == (0, 2, 3)
    assert (hit.begin_ms, hit.end_ms) == (400, 600)


@pytest.mark.parametrize(
    "texts",
    [
        ("这个我", "客户：嗯", "不知道"),
        ("这个不归", "客户：啊，好的", "我们管的"),
        ("这个我", "客户：嗯", "呃", "客户：对对对", "不知道"),
        ("这个不", "归我们", "管的"),
    ],
)
def test_backchannels_and_more_pieces_do_not_cut_it(texts: tuple[str, ...]) -> None:
    assert len(hits(pieces(*texts))) == 1


@pytest.mark.parametrize(
    ("texts", "pause_ms"),
    [
        (("这个我", "不知道"), PAUSE_MS + 1),
        (("这个我", "客户：那我怎么办", "不知道"), 500),
        (("这个我", "客户：不知道"), 500),
    ],
)
def test_long_pause_or_a_turn_cuts_it(texts: tuple[str, ...], pause_ms: int) -> None:
    assert hits(pieces(*texts, pause_ms=pause_ms)) == []


@pytest.mark.parametrize(
    "texts",
    [
        ("我不知道", "您方不方便接电话"),
        ("不好意思给", "您弄错了"),
        ("我没有说", "您弄错了"),
        ("您是不是想说", "这个不归我们管的"),
    ],
)
def test_what_excuses_may_stand_in_another_piece(texts: tuple[str, ...]) -> None:
    assert hits(pieces(*texts)) == []


def test_prompt_does_not_wait_for_the_stretch_to_end() -> None:
    call = CallMatcher(MATCHER, RULES)
    first, second = pieces("这个我", "不知道您方不方便")
    assert call.feed(first) == []
    growing = replace(said("不知道", second.begin_ms, id=1), is_final=False)
    (event,) = call.feed(growing)
    assert isinstance(event, HitChanged)
    assert event.state is not HitState.RETRACTED
    (event,) = call.feed(replace(second, revision=1))
    assert isinstance(event, HitChanged)
    assert event.state is HitState.RETRACTED


def test_words_of_a_step_in_two_pieces_are_heard_once() -> None:
    call = CallMatcher(MATCHER, RULES)
    events = [event for one in pieces("请您稍", "等片刻") for event in call.feed(one)]
    assert [type(event).__name__ for event in events] == ["StepHeard"]


def test_what_was_dropped_is_held_back_with_its_reason() -> None:
    call = CallMatcher(MATCHER, RULES)
    for one in pieces("我没有说", "不归我们管的"):
        call.feed(one)
    call.close(10_000)
    (hit,) = call.held_back
    assert (hit.rule, hit.decision.value, hit.reason) == ("not-mine", "dropped", "negated")
    assert "没有说" in hit.reason_zh


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("嗯", True), ("嗯嗯，对", True), ("好的好的", True), ("OK", True), ("好，那怎么办", False)],
)
def test_backchannel_takes_no_turn(text: str, is_one: bool) -> None:
    assert is_backchannel(text) is is_one
