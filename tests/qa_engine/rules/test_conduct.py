from __future__ import annotations

import random
from dataclasses import replace

import pytest

from models.recogniser import Word
from phrasebook.model import ConductLimits
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import ConductNoticed, Role, Utterance
from qa_engine.rules.check import Check, CheckState
from qa_engine.rules.conduct import Conduct, ConductMeter
from qa_engine.rules.conduct_checks import CHECKS
from tests.qa_engine.rules.scripted import said, utterance

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
SENTENCE = "您好感谢致电星辰公司我是客服小李很高兴为您服务请问有什么可以帮您"


def measure(*utterances: Utterance, end_s: float = 60, hold_s: float | None = None) -> Conduct:
    meter = ConductMeter(ConductLimits(), hold_step="hold-request")
    for item in utterances:
        meter.feed(item)
    if hold_s is not None:
        meter.step_heard(said("hold-request", hold_s))
    meter.close(round(end_s * 1000))
    return meter.result()


def check(conduct: Conduct, name: str) -> Check:
    return next(c for c in conduct.checks if c.id == f"conduct.{name}")


def test_the_list_of_checks_is_the_one_feeds_may_name() -> None:
    # Of a spoken call nobody measures how long a chat's customer waited.
    assert (*(c.id for c in measure().checks), "conduct.response") == CHECKS


def test_what_is_not_known_of_a_call_is_not_applicable() -> None:
    meter = ConductMeter(ConductLimits(), measured=frozenset({"conduct.repeat"}))
    meter.feed(utterance(1, AGENT, 0, 12, SENTENCE))
    meter.close(600_000)

    states = {c.id: c.state for c in meter.result().checks}
    assert states.pop("conduct.repeat") is CheckState.OK
    assert set(states.values()) == {CheckState.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(12, CheckState.OK), (6, CheckState.BREACH), (18, CheckState.BREACH)],
    ids=["calm", "rattling", "dragging"],
)
def test_speech_rate_counts_characters_a_minute_of_speech(seconds: int, state: CheckState) -> None:
    rate = check(measure(utterance(1, AGENT, 0, seconds, SENTENCE)), "rate")
    assert rate.state is state
    assert rate.value == pytest.approx(32 * 60 / seconds, abs=0.1)


def test_pauses_inside_an_utterance_do_not_slow_the_rate() -> None:
    words = tuple(
        Word(text=c, begin_ms=i * 200 + (5000 if i > 15 else 0), end_ms=i * 200 + 200 + (5000 if i > 15 else 0), confidence=1)
        for i, c in enumerate(SENTENCE)
    )  # fmt: skip
    spoken = Utterance(
        id=1, role=AGENT, channel=0, begin_ms=0, end_ms=11_400, text=SENTENCE, words=words
    )
    assert check(measure(spoken), "rate").value == pytest.approx(300, abs=1)


def test_too_little_speech_says_nothing_about_the_rate() -> None:
    conduct = measure(utterance(1, AGENT, 0, 1, "您好"))
    assert check(conduct, "rate").state is CheckState.NOT_APPLICABLE


def test_unintelligible_speech_breaks_silence_but_has_no_rate() -> None:
    conduct = measure(
        utterance(1, AGENT, 0, 2, "您好"),
        utterance(2, CUSTOMER, 10, 40, "", intelligible=False),
        end_s=41,
    )
    assert check(conduct, "silence").state is CheckState.OK
    assert check(conduct, "rate").state is CheckState.NOT_APPLICABLE


def test_dead_air_is_the_longest_silence_of_both() -> None:
    conduct = measure(
        utterance(1, AGENT, 0, 2, "您好"), utterance(2, CUSTOMER, 20, 22, "喂"), end_s=23
    )
    silence = check(conduct, "silence")
    assert (silence.value, silence.state) == (18_000, CheckState.BREACH)
    assert [(s.begin_ms, s.end_ms) for s in silence.spans] == [(2000, 20_000)]


def test_ringing_before_the_first_word_is_not_dead_air() -> None:
    assert check(measure(utterance(1, AGENT, 30, 59, SENTENCE)), "silence").value == 1000


def test_silence_in_an_announced_hold_is_excused_until_the_agent_returns() -> None:
    call = (
        utterance(1, AGENT, 3, 5, "请您稍等片刻"),
        utterance(2, CUSTOMER, 6, 7, "好的"),
        utterance(3, CUSTOMER, 30, 31, "喂"),
        utterance(4, AGENT, 50, 52, "让您久等了"),
    )
    held = measure(*call, end_s=53, hold_s=3)
    assert check(held, "silence").state is CheckState.OK
    assert [(h.begin_ms, h.end_ms) for h in held.holds] == [(5000, 50_000)]
    assert check(measure(*call, end_s=53), "silence").value == 23_000


def test_a_hold_is_measured_against_what_was_promised() -> None:
    call = (
        utterance(1, AGENT, 3, 6, "请您稍等片刻大约需要一分钟"),
        utterance(2, CUSTOMER, 6, 7, "好的"),
        utterance(3, AGENT, 606, 610, "让您久等了"),
    )
    held = measure(*call, end_s=611, hold_s=3)
    (hold,) = held.holds
    assert (hold.duration_ms, hold.promised_ms) == (601_000, 60_000)
    told = check(held, "hold")
    assert (told.state, told.value, told.high) == (CheckState.BREACH, 601_000, 75_000)
    # What goes beyond is dead air like any other.
    assert check(held, "silence").value == 606_000 - 5_000 - 75_000
    assert [s.excused for s in held.silences] == [True, False]


UNHEARD = Stretch(kind=StretchKind.MISSING, begin_ms=7_000, end_ms=605_000)


def held_unheard(*lost: Stretch, thanks: bool, back: float = 606) -> Check:
    """A hold of ten minutes of which no sound is left."""
    meter = ConductMeter(ConductLimits(), hold_step="hold-request", thanks_steps={"hold-thanks"})
    meter.feed(utterance(1, AGENT, 3, 6, "请您稍等片刻大约需要一分钟"))
    meter.feed(utterance(2, AGENT, back, back + 4, "您看这样可以吗"))
    meter.step_heard(said("hold-request", 3))
    if thanks:
        meter.step_heard(replace(said("hold-thanks", back), utterance=2))
    meter.line(lost or [UNHEARD])
    meter.close(611_000)
    return check(meter.result(), "hold")


def test_a_hold_that_was_not_heard_is_charged_where_the_agent_thanks_for_it() -> None:
    told = held_unheard(thanks=True)
    assert (told.state, told.value) == (CheckState.BREACH, 601_000)


def test_a_hold_that_was_not_heard_may_have_been_a_talk() -> None:
    told = held_unheard(thanks=False)
    assert (told.state, told.value) == (CheckState.OK, 3_000)


def test_sound_that_both_channels_lack_is_unheard_once() -> None:
    both = [replace(UNHEARD, channel=0), replace(UNHEARD, channel=1, end_ms=606_000)]
    assert held_unheard(*both, thanks=False).value == 2_000


def test_whoever_cannot_be_told_may_be_the_agent_who_is_back() -> None:
    held = measure(
        utterance(1, AGENT, 3, 6, "请您稍等片刻大约需要一分钟"),
        replace(utterance(2, CUSTOMER, 20, 22, "查到了"), role_confidence=0.2),
        utterance(3, AGENT, 606, 610, "让您久等了"),
        end_s=611,
        hold_s=3,
    )
    assert check(held, "hold").state is CheckState.OK


def test_a_hold_within_its_time_costs_nothing() -> None:
    held = measure(
        utterance(1, AGENT, 3, 6, "请您稍等片刻大约需要一分钟"),
        utterance(3, AGENT, 70, 72, "让您久等了"),
        end_s=73,
        hold_s=3,
    )
    assert check(held, "hold").state is CheckState.OK
    assert check(held, "silence").state is CheckState.OK


def test_silence_counts_from_the_agents_first_word() -> None:
    meter = ConductMeter(ConductLimits())
    meter.feed(utterance(1, CUSTOMER, 0, 1, "喂"))
    meter.feed(utterance(2, AGENT, 41, 43, "您好"))
    meter.begins(41_000)
    meter.close(44_000)
    assert check(meter.result(), "silence").value == 1_000
    assert check(meter.result(), "handle_time").value == 3_000


def test_recorded_voices_and_tones_break_a_silence_and_are_nobodys() -> None:
    meter = ConductMeter(ConductLimits())
    meter.feed(utterance(1, AGENT, 0, 2, "您好"))
    meter.voice(utterance(2, AGENT, 8, 20, "请对本次服务进行评价"))
    meter.line([Stretch(kind=StretchKind.RING, begin_ms=21_000, end_ms=50_000)])
    meter.close(52_000)
    found = meter.result()
    assert check(found, "silence").value == 6_000
    assert found.agent_speech_ms == 2_000


def test_silence_after_the_return_is_not_excused() -> None:
    conduct = measure(
        utterance(1, AGENT, 3, 5, "请您稍等片刻"),
        utterance(4, AGENT, 20, 22, "让您久等了"),
        utterance(5, CUSTOMER, 45, 46, "喂"),
        end_s=47,
        hold_s=3,
    )
    assert check(conduct, "silence").value == 23_000


CUSTOMER_TALKS = utterance(1, CUSTOMER, 0, 10, "我这个问题已经反映了好几次")


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param(utterance(2, AGENT, 5, 9, "这个我跟您解释一下"), 1, id="speaks into"),
        pytest.param(utterance(2, AGENT, 5, 6, "嗯好的"), 0, id="backchannel"),
        pytest.param(utterance(2, AGENT, 9.6, 15, "这个我跟您解释一下"), 0, id="short overlap"),
        pytest.param(utterance(2, AGENT, 0.1, 5, "您好这里是客服"), 0, id="began together"),
        pytest.param(utterance(2, AGENT, 10.5, 15, "这个我跟您解释一下"), 0, id="after"),
    ],
)
def test_an_interruption_is_the_agent_speaking_into_the_customer(
    second: Utterance, count: int
) -> None:
    assert check(measure(CUSTOMER_TALKS, second), "interruption").value == count


def test_reaching_the_number_of_interruptions_breaks_the_check() -> None:
    pairs = []
    for i in range(3):
        pairs.append(utterance(2 * i, CUSTOMER, 20 * i, 20 * i + 8, "我想说的是这个问题"))
        pairs.append(utterance(2 * i + 1, AGENT, 20 * i + 4, 20 * i + 10, "您先听我说完"))
    assert check(measure(*pairs[:4]), "interruption").state is CheckState.OK
    assert check(measure(*pairs), "interruption").state is CheckState.BREACH


def test_the_customer_talking_over_the_agent_is_an_overlap_not_an_interruption() -> None:
    conduct = measure(
        utterance(1, AGENT, 0, 10, SENTENCE), utterance(2, CUSTOMER, 5, 9, "等一下等一下")
    )
    assert check(conduct, "interruption").value == 0
    assert [o.by for o in conduct.overlaps] == [CUSTOMER]


def test_talk_share_needs_both_to_speak() -> None:
    alone = measure(utterance(1, AGENT, 0, 30, SENTENCE))
    assert check(alone, "talk_share").state is CheckState.NOT_APPLICABLE
    both = measure(utterance(1, AGENT, 0, 27, SENTENCE), utterance(2, CUSTOMER, 27, 30, "好的"))
    assert check(both, "talk_share").value == pytest.approx(0.9)
    assert check(both, "talk_share").state is CheckState.BREACH


def test_volume_is_the_mean_power_of_the_agent() -> None:
    conduct = measure(
        utterance(1, AGENT, 0, 5, "您好", level_dbfs=-50.0),
        utterance(2, AGENT, 6, 11, "您好", level_dbfs=-50.0),
        utterance(3, CUSTOMER, 12, 14, "好", level_dbfs=-20.0),
    )
    assert check(conduct, "volume").value == -50.0
    assert check(conduct, "volume").state is CheckState.BREACH
    unmeasured = check(measure(utterance(1, AGENT, 0, 5, "您好")), "volume")
    assert unmeasured.state is CheckState.NOT_APPLICABLE


def test_a_turn_goes_on_through_backchannels() -> None:
    conduct = measure(
        utterance(1, AGENT, 0, 30, SENTENCE),
        utterance(2, CUSTOMER, 30.5, 31, "嗯嗯"),
        utterance(3, AGENT, 31, 65, SENTENCE + "还有"),
        end_s=66,
    )
    assert check(conduct, "turn").value == 65_000
    assert check(conduct, "turn").state is CheckState.BREACH


def test_who_never_spoke_has_no_longest_turn() -> None:
    turn = check(measure(utterance(1, CUSTOMER, 0, 30, SENTENCE), end_s=31), "turn")
    assert (turn.value, turn.state, turn.spans) == (0, CheckState.OK, ())


def test_a_turn_with_too_many_options_overloads_the_listener() -> None:
    text = "第一种三十九元含十个G第二种五十九元含二十G第三种九十九元另外还有合约两年或者一年"
    conduct = measure(utterance(1, AGENT, 0, 20, text))
    assert check(conduct, "overload").state is CheckState.BREACH
    assert check(measure(utterance(1, AGENT, 0, 20, SENTENCE)), "overload").value == 0


def test_the_same_sentence_three_times_is_mechanical_even_misheard() -> None:
    sayings = ["非常抱歉给您带来不便", "非常抱歉给您带来不变", "好的", "非常抱歉给您带来不便。"]
    call = [utterance(i, AGENT, i * 5, i * 5 + 3, text) for i, text in enumerate(sayings)]
    repeated = check(measure(*call), "repeat")
    assert (repeated.value, repeated.state) == (3, CheckState.BREACH)
    assert [span.utterance for span in repeated.spans] == [0, 1, 3]
    assert check(measure(*call[:3]), "repeat").state is CheckState.OK


def test_a_call_may_take_too_long() -> None:
    assert check(measure(end_s=361), "handle_time").state is CheckState.BREACH


def test_the_verdict_does_not_depend_on_arrival_order() -> None:
    call = [
        utterance(1, AGENT, 0, 8, SENTENCE),
        utterance(2, CUSTOMER, 6, 14, "我要问一下我的账单怎么多了二十块钱"),
        utterance(3, AGENT, 10, 18, "这个我跟您解释一下您先别急"),
        utterance(4, CUSTOMER, 40, 44, "非常抱歉我没听清"),
        utterance(5, AGENT, 45, 52, SENTENCE),
    ]
    expected = measure(*call)
    for seed in range(10):
        random.Random(seed).shuffle(call)
        assert measure(*call) == expected


def live(limits: ConductLimits, *steps: Utterance | int) -> list[ConductNoticed]:
    meter = ConductMeter(limits)
    told: list[ConductNoticed] = []
    for item in steps:
        told += meter.tick(item) if isinstance(item, int) else meter.feed(item)
    return told


def test_dead_air_is_hinted_once_while_it_lasts() -> None:
    told = live(ConductLimits(), utterance(1, AGENT, 0, 2, "您好"), 10_000, 17_001, 18_000, 30_000)
    assert [(n.check, n.begin_ms) for n in told] == [("conduct.silence", 2000)]


def test_dead_air_is_not_hinted_during_a_hold() -> None:
    meter = ConductMeter(ConductLimits(), hold_step="hold-request")
    meter.feed(utterance(1, AGENT, 0, 2, "请稍等"))
    meter.step_heard(said("hold-request", 0))
    assert meter.tick(60_000) == []
    assert [notice.check for notice in meter.tick(200_000)] == ["conduct.silence"]


def test_a_partial_breaks_the_silence() -> None:
    partial = utterance(2, CUSTOMER, 12, 14, "那", is_final=False)
    told = live(ConductLimits(), utterance(1, AGENT, 0, 2, "您好"), partial, 20_000)
    assert told == []


def test_talking_too_fast_is_hinted_sparingly() -> None:
    fast = [utterance(i, AGENT, i * 5, i * 5 + 4, SENTENCE) for i in range(6)]
    told = [n for n in live(ConductLimits(), *fast) if n.check == "conduct.rate"]
    assert len(told) == 1


def test_words_that_took_no_time_have_no_rate_to_hint_at() -> None:
    untimed = utterance(1, AGENT, 5, 5, SENTENCE + SENTENCE)
    assert live(ConductLimits(), untimed) == []
    at_all = utterance(1, AGENT, 5, 5.001, SENTENCE + SENTENCE)
    assert [notice.check for notice in live(ConductLimits(), at_all)] == ["conduct.rate"]


def test_interrupting_is_hinted_as_it_happens_whichever_final_comes_first() -> None:
    agent = utterance(2, AGENT, 5, 9, "这个我跟您解释一下")
    for order in ([CUSTOMER_TALKS, agent], [agent, CUSTOMER_TALKS]):
        told = live(ConductLimits(), *order)
        assert [(n.check, n.begin_ms) for n in told] == [("conduct.interruption", 5000)]
