"""Hits of one call: shown while people speak, confirmed or taken back, the same on any path."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook.model import Audience, Phrasebook, When
from qa_engine.events import HitChanged, HitState, StepHeard, Tier, Utterance
from qa_engine.matching import Match, Matcher
from qa_engine.matching.call.call_matcher import CallMatcher
from tests.qa_engine.matching.calls import (
    book,
    confirmed,
    entry,
    near,
    partial,
    relation,
    said,
    step,
    told,
)

Event = HitChanged | StepHeard
DONT_KNOW = entry("dont-know", "我不知道", source="S1.1", coach="先查再答")


def call(*items: object) -> CallMatcher:
    one = book(*items)  # type: ignore[arg-type]
    return CallMatcher(Matcher(one), one)


def feed_all(matcher: CallMatcher, *utterances: Utterance) -> list[Event]:
    return [event for utterance in utterances for event in matcher.feed(utterance)]


def test_final_confirms_at_once_with_every_field() -> None:
    (event,) = call(DONT_KNOW).feed(said("这个我不知道", 10_000, id=4))
    assert isinstance(event, HitChanged)
    hit = event.hit
    assert (event.state, event.amended, event.at_ms) == (HitState.CONFIRMED, False, 11_200)
    assert (hit.id, hit.rule, hit.source, hit.phrase) == (
        "h-4-dont-know-0",
        "dont-know",
        "S1.1",
        "我不知道",
    )
    assert (hit.begin_char, hit.end_char, hit.begin_ms, hit.end_ms) == (2, 6, 10_400, 11_200)
    assert (hit.heard, hit.quote) == ("我不知道", "这个我不知道")
    assert (hit.suggest, hit.coach, hit.kind) == (("让我帮您查询一下",), "先查再答", "forbidden")
    assert (hit.severity, hit.audience, hit.fatal) == ("medium", "agent", False)
    assert hit.confidence == pytest.approx(0.9)


def test_times_are_spread_over_the_utterance_when_there_are_no_words() -> None:
    (event,) = call(DONT_KNOW).feed(said("这个我不知道", 1_000, words=()))
    assert isinstance(event, HitChanged)
    assert (event.hit.begin_ms, event.hit.end_ms) == (1_400, 2_200)


def test_two_occurrences_get_two_ids() -> None:
    events = call(DONT_KNOW).feed(said("我不知道啊真的我不知道"))
    assert [e.hit.id for e in events if isinstance(e, HitChanged)] == [
        "h-1-dont-know-0",
        "h-1-dont-know-1",
    ]


def test_customer_saying_it_is_no_hit() -> None:
    assert call(DONT_KNOW).feed(said("我不知道", role="customer")) == []


def test_entry_for_anybody_hears_both() -> None:
    anybody = call(entry("swear", "见鬼去吧", who="any"))
    events = feed_all(anybody, said("见鬼去吧"), said("见鬼去吧", 9_000, id=2, role="customer"))
    assert len(events) == 2


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        pytest.param("您说您不知道密码对吗", 0, id="您说"),
        pytest.param("您刚才说我不知道", 0, id="您刚才说"),
        pytest.param("我说我不知道", 1, id="我说是自己的话"),
        pytest.param("我跟您说我不知道", 1, id="我跟您说是自己的话"),
    ],
)
def test_quoted_speech_is_not_the_agents_own(text: str, hits: int) -> None:
    one = call(entry("dont-know", "(我|您)不知道"))
    assert len(one.feed(said(text))) == hits


def test_entry_may_flag_quotations_too() -> None:
    assert call(entry("x", "我不知道", skip_quoted=False)).feed(said("您刚才说我不知道"))


def test_unintelligible_words_are_not_believed() -> None:
    greeting = step("greet", "我不知道")
    assert call(DONT_KNOW, greeting).feed(said("我不知道", intelligible=False)) == []


def test_doubtful_words_go_to_review_only() -> None:
    (event,) = call(DONT_KNOW).feed(said("我不知道", confidence=0.2))
    assert isinstance(event, HitChanged)
    assert event.hit.audience == Audience.REVIEW


def test_nothing_is_fed_after_the_end() -> None:
    one = call(DONT_KNOW)
    one.close(1_000)
    with pytest.raises(RuntimeError, match="closed"):
        one.feed(said("我不知道"))


# --- revisions


def test_partial_is_provisional_until_four_characters_follow() -> None:
    one = call(DONT_KNOW)
    assert told(one.feed(partial("我不知道", 0))) == ["provisional dont-know 我不知道"]
    assert told(one.feed(partial("我不知道这个", 1))) == ["confirmed dont-know 我不知道"]
    assert told(one.feed(partial("我不知道这个怎么办", 2))) == []


def test_stable_characters_confirm() -> None:
    events = call(DONT_KNOW).feed(partial("我不知道", 0, stable_chars=4))
    assert told(events) == ["confirmed dont-know 我不知道"]


def test_two_like_partials_confirm() -> None:
    one = call(DONT_KNOW)
    one.feed(partial("我不知道", 0))
    assert told(one.feed(partial("我不知道了", 1))) == ["confirmed dont-know 我不知道"]


def test_the_same_partial_twice_is_told_once() -> None:
    one = call(DONT_KNOW)
    one.feed(partial("我不知道", 0))
    assert one.feed(partial("我不知道", 0)) == []


def test_hit_on_partial_is_withdrawn_when_the_final_differs() -> None:
    one = call(DONT_KNOW)
    one.feed(partial("我不知道", 0))
    assert told(one.feed(said("我们知道"))) == ["retracted dont-know 我不知道"]


def test_confirmed_hit_that_vanishes_is_visibly_retracted() -> None:
    one = call(DONT_KNOW)
    one.feed(partial("我不知道", 0, stable_chars=4))
    assert told(one.feed(said("我们知道"))) == ["retracted dont-know 我不知道"]


def test_retracted_hit_that_comes_back_is_a_new_one() -> None:
    one = call(DONT_KNOW)
    events = feed_all(one, partial("我不知道", 0), partial("我们", 1), said("我不知道"))
    ids = [event.hit.id for event in events if isinstance(event, HitChanged)]
    assert ids == ["h-1-dont-know-0", "h-1-dont-know-0", "h-1-dont-know-1"]


def test_longer_phrase_amends_the_hit() -> None:
    one = call(entry("dont-know", "我不知道[怎么办]"))
    one.feed(partial("我不知道", 0, stable_chars=4))
    events = one.feed(said("我不知道怎么办"))
    assert told(events) == ["confirmed dont-know 我不知道怎么办*"]


def test_hit_is_followed_when_text_before_it_changes() -> None:
    one = call(DONT_KNOW)
    first = one.feed(partial("那我不知道", 0, words=()))
    second = one.feed(said("那这个问题的话我不知道", words=()))
    ids = {event.hit.id for event in (*first, *second) if isinstance(event, HitChanged)}
    assert ids == {"h-1-dont-know-0"}


def test_older_revision_and_partial_after_final_are_ignored() -> None:
    one = call(DONT_KNOW)
    one.feed(partial("我不知道", 3))
    assert one.feed(partial("我们", 2)) == []
    one.feed(said("我不知道"))
    assert one.feed(partial("我们", 9)) == []


def test_exception_to_the_right_holds_confirmation() -> None:
    one = call(entry("dont-know", "我不知道", unless=["我不知道您是否方便"]))
    assert told(one.feed(partial("我不知道您是", 0, stable_chars=6))) == [
        "provisional dont-know 我不知道"
    ]
    assert told(one.feed(partial("我不知道您是否方便", 1))) == ["retracted dont-know 我不知道"]


def test_exception_near_holds_confirmation_until_the_gap_closes() -> None:
    one = call(entry("promise", "年化收益", unless=[near("仅供参考", 6)]))
    one.feed(partial("年化收益很高您可以", 0))
    events = one.feed(partial("年化收益很高您可以放心在我们这里购买没有问题的", 1))
    assert told(events) == ["confirmed promise 年化收益"]


def test_open_utterance_counts_as_final_at_close() -> None:
    one = call(DONT_KNOW)
    one.feed(partial("我不知道", 0))
    assert told(one.close(5_000)) == ["confirmed dont-know 我不知道"]


class Scored:
    """A finder that gives whatever score the text names: 我不知道0.48."""

    def __init__(self, _: object = None) -> None:
        self.strictest = 0.5

    def find(self, text: str, *, min_score: float | None = None) -> list[Match]:
        score = float(text.removeprefix("我不知道") or 1)
        if score < (self.strictest if min_score is None else min_score):
            return []
        return [Match("dont-know", "entry", "我不知道", 0, 4, "我不知道", Tier.FUZZY, score, "", 0)]

    def without_exceptions(self) -> Scored:
        return self


@pytest.mark.parametrize(
    ("score", "events"),
    [
        pytest.param("0.46", [], id="a little: kept"),
        pytest.param("0.44", ["retracted dont-know 我不知道"], id="more: taken back"),
    ],
)
def test_score_must_fall_clearly_before_a_hit_is_withdrawn(score: str, events: list[str]) -> None:
    one = CallMatcher(Scored(), book(DONT_KNOW))
    one.feed(partial("我不知道0.6", 0))
    assert told(one.feed(partial(f"我不知道{score}", 1))) == events


def test_final_text_is_judged_by_the_threshold_itself() -> None:
    one = CallMatcher(Scored(), book(DONT_KNOW))
    feed_all(one, partial("我不知道0.6", 0), partial("我不知道0.46", 1))
    assert told(one.feed(said("我不知道0.46"))) == ["retracted dont-know 我不知道"]


# --- when, before, after


def test_first_seconds() -> None:
    one = call(entry("x", "我不知道", when=When(first_ms=30_000)))
    # The seconds of a call count from the agent's first word.
    one.feed(said("您好", 0, id=0))
    assert one.feed(said("我不知道", 29_000))
    assert one.feed(said("我不知道", 31_000, id=2)) == []


@pytest.mark.parametrize(
    ("duration_ms", "state"),
    [pytest.param(20_000, "confirmed", id="near"), pytest.param(90_000, "retracted", id="far")],
)
def test_last_seconds_are_decided_at_the_end(duration_ms: int, state: str) -> None:
    one = call(entry("x", "我不知道", when=When(last_ms=30_000)))
    assert told(one.feed(said("我不知道", 10_000))) == ["provisional x 我不知道"]
    assert told(one.close(duration_ms)) == [f"{state} x 我不知道"]


def test_last_seconds_are_given_up_as_soon_as_the_call_is_longer() -> None:
    one = call(entry("x", "我不知道", when=When(last_ms=30_000)))
    one.feed(said("我不知道", 10_000))
    assert told(one.tick(41_000)) == ["retracted x 我不知道"]


def test_turns_are_counted_between_the_other_speakers_words() -> None:
    one = call(entry("x", "我不知道", when=When(first_turns=2)))
    events = feed_all(
        one,
        said("您好", 0, id=1),
        said("请讲", 1_000, id=2),
        said("我的卡丢了", 2_000, id=3, role="customer"),
        said("我不知道", 4_000, id=4),
        said("什么", 6_000, id=5, role="customer"),
        said("我不知道", 8_000, id=6),
    )
    assert [event.hit.utterance for event in events if isinstance(event, HitChanged)] == [4]


def test_last_turns() -> None:
    one = call(entry("x", "我不知道", when=When(last_turns=1)))
    feed_all(one, said("我不知道", 0, id=1), said("好", 2_000, id=2, role="customer"))
    events = feed_all(one, said("我不知道", 4_000, id=3))
    assert told(events) == ["provisional x 我不知道", "retracted x 我不知道"]
    assert told(one.close(9_000)) == ["confirmed x 我不知道"]


EXCUSED = entry("refunded", "已经退款了", before=(relation("收到", who="customer", excuses=True),))


def test_earlier_words_of_the_customer_excuse() -> None:
    one = call(EXCUSED)
    feed_all(one, said("我收到了", 0, id=1, role="customer"))
    assert one.feed(said("已经退款了", 5_000, id=2)) == []


def test_earlier_words_count_by_their_time_not_their_arrival() -> None:
    one = call(EXCUSED)
    assert told(one.feed(said("已经退款了", 5_000, id=2))) == ["confirmed refunded 已经退款了"]
    late = one.feed(said("我收到了", 0, id=1, role="customer"))
    assert told(late) == ["retracted refunded 已经退款了"]


def test_words_too_long_ago_do_not_excuse() -> None:
    one = call(EXCUSED)
    one.feed(said("我收到了", 0, id=1, role="customer"))
    assert one.feed(said("已经退款了", 70_000, id=2))


def test_unfinished_words_of_the_customer_hold_confirmation() -> None:
    one = call(EXCUSED)
    one.feed(partial("我收", 0, 1_000, id=1, role="customer"))
    assert told(one.feed(said("已经退款了", 1_200, id=2))) == ["provisional refunded 已经退款了"]
    final = one.feed(said("我收拾", 1_000, id=1, role="customer"))
    assert told(final) == ["confirmed refunded 已经退款了"]


def test_required_words_before() -> None:
    needed = entry("x", "没办法", before=(relation("投诉", who="customer"),))
    one = call(needed)
    assert one.feed(said("没办法", 0, id=1)) == []
    one.feed(said("我要投诉", 3_000, id=2, role="customer"))
    assert told(one.feed(said("没办法", 6_000, id=3))) == ["confirmed x 没办法"]


@pytest.mark.parametrize(
    ("reply", "state"),
    [pytest.param("抱歉", "retracted", id="said"), pytest.param("是的", "confirmed", id="unsaid")],
)
def test_words_after_excuse_within_their_window(reply: str, state: str) -> None:
    rule = entry(
        "x", "我不知道", after=(relation("抱歉", who="agent", within_ms=8_000, excuses=True),)
    )
    one = call(rule)
    assert told(one.feed(said("我不知道", 0, id=1))) == ["provisional x 我不知道"]
    one.feed(said(reply, 5_000, id=2))
    events = [*one.feed(said("喂", 20_000, id=3))]
    assert confirmed([*events]) or state == "retracted"
    assert told(one.close(30_000)) == []


def test_required_words_after_retract_when_the_window_passes_in_silence() -> None:
    one = call(entry("x", "请按一", after=(relation("听不懂", who="customer", within_ms=5_000),)))
    assert told(one.feed(said("请按一", 0))) == ["provisional x 请按一"]
    assert one.tick(4_000) == []
    assert told(one.tick(6_000)) == ["retracted x 请按一"]


# --- steps


def test_step_is_heard_provisionally_then_confirmed() -> None:
    one = call(step("greet", "很高兴为您服务"))
    assert one.feed(partial("很高兴为您服务", 0)) == []
    (first,) = one.feed(partial("很高兴为您服务请问有什么", 1))
    (second,) = one.feed(said("很高兴为您服务请问有什么事"))
    assert isinstance(first, StepHeard)
    assert isinstance(second, StepHeard)
    assert (first.state, second.state) == (HitState.PROVISIONAL, HitState.CONFIRMED)
    assert (second.step, second.utterance, second.begin_ms, second.end_ms) == ("greet", 1, 0, 1_400)


def test_step_that_the_final_does_not_hold_is_retracted() -> None:
    one = call(step("greet", "很高兴为您服务"))
    one.feed(partial("很高兴为您服务请问有什么", 0))
    (event,) = one.feed(said("很高兴您能来电"))
    assert isinstance(event, StepHeard)
    assert event.state is HitState.RETRACTED


def test_step_is_only_heard_from_who_must_say_it() -> None:
    assert call(step("greet", "很高兴为您服务")).feed(said("很高兴为您服务", role="customer")) == []


# --- the same set on any path

TEXTS = (
    "我不知道您是否方便",
    "我不知道这个事情",
    "嗯我不之道，这个",
    "这个真的没办法我不知道",
    "已经退款了您查一下",
    "您刚才说我不知道对吗",
    "年化收益很高仅供参考",
    "年化收益很高",
    "我要投诉你们",
    "我收到了",
    "非常抱歉",
    "好的",
    "这个我",
    "不知道",
    "没有说",
    "嗯",
)


@cache
def rules() -> tuple[Phrasebook, Matcher]:
    one = book(
        entry("dont-know", "我不知道[这个]", unless=["我不知道您是否方便"]),
        entry("promise", "年化收益", unless=[near("仅供参考", 6)]),
        entry("early", "没办法", when=When(first_ms=4_000)),
        entry("late", "没办法", when=When(last_turns=1)),
        entry("angry", "没办法", before=(relation("投诉", who="customer", within_ms=9_000),)),
        entry(
            "sorry", "我不知道", after=(relation("抱歉", who="any", excuses=True, within_ms=4_000),)
        ),
        entry("trigger", "我要投诉", who="customer", after=(relation("抱歉", who="agent"),)),
        EXCUSED,
    )
    return one, Matcher(one)


@st.composite
def calls(draw: st.DrawFn) -> list[Utterance]:
    lines = draw(st.lists(st.tuples(st.sampled_from(TEXTS), st.booleans()), max_size=6))
    at_ms, finals = 0, []
    for number, (text, agent) in enumerate(lines):
        at_ms += draw(st.integers(0, 3_000))
        role = "agent" if agent else "customer"
        finals.append(said(text, at_ms, id=number, role=role))
        at_ms += draw(st.sampled_from([200, 2_500]))
    return finals


@st.composite
def paths(draw: st.DrawFn, finals: list[Utterance]) -> list[Utterance]:
    """Every final, in any order of arrival, each after partials that may hold anything."""
    queues = []
    for final in finals:
        partials = [
            replace(
                said(
                    draw(st.sampled_from([*TEXTS, final.text]))[: draw(st.integers(0, 12))],
                    final.begin_ms,
                    id=final.id,
                    role=final.role.value,
                ),
                is_final=False,
                revision=revision,
                stable_chars=draw(st.sampled_from([0, 0, 5])),
            )
            for revision in range(draw(st.integers(0, 3)))
        ]
        queues.append([*partials, replace(final, revision=len(partials))])
    path = []
    while queues:
        queue = draw(st.sampled_from(queues))
        path.append(queue.pop(0))
        queues = [queue for queue in queues if queue]
    return path


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_path_to_the_same_finals_confirms_the_same_hits(data: st.DataObject) -> None:
    finals = data.draw(calls())
    path = data.draw(paths(finals))
    one, matcher = rules()
    batch, live = CallMatcher(matcher, one), CallMatcher(matcher, one)
    expected = [*feed_all(batch, *finals), *batch.close(30_000)]
    events: list[Event] = []
    for utterance in path:
        events += live.feed(utterance)
        if data.draw(st.booleans()):
            events += live.tick(utterance.end_ms)
    events += live.close(30_000)
    assert confirmed(events) == confirmed(expected)
    assert {replace(hit, id="") for hit in live.held_back} == {
        replace(hit, id="") for hit in batch.held_back
    }
    assert_each_hit_lives_once(events)


def assert_each_hit_lives_once(events: list[Event]) -> None:
    """Provisional, then confirmed, then retracted: no state comes back, nothing stays undecided."""
    order = {HitState.PROVISIONAL: 0, HitState.CONFIRMED: 1, HitState.RETRACTED: 2}
    last: dict[str, HitState] = {}
    for event in events:
        if isinstance(event, HitChanged):
            before = last.get(event.hit.id)
            assert before is not HitState.RETRACTED
            assert before is None or order[before] <= order[event.state]
            last[event.hit.id] = event.state
    assert HitState.PROVISIONAL not in last.values()
