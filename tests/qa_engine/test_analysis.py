from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook import parse
from phrasebook.model import AnatomyNames, Entry, Kind, Phrasebook, Speaker, Step
from phrasebook.scorecard import Scorecard, ScoreItem
from qa_engine.analysis import Analysis
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import HitChanged, HitState, Role, StepChanged, StepState, Utterance
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.judgeable import Unjudgeable
from tests.qa_engine.rules.scripted import END, HERE, book, entry, on_hit, on_step, step, utterance

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


def saying(thing: Entry | Step, *lines: str) -> Entry | Step:
    return replace(thing, say=tuple(parse(line) for line in lines))


def _pack() -> Phrasebook:
    entries = (
        saying(entry("dont-know", points=10.0, suggest=("让我帮您查询一下",)), "我不知道"),
        saying(entry("media", who=Speaker.CUSTOMER, kind=Kind.TRIGGER), "我要(投诉|曝光)"),
    )
    steps = (
        saying(step("opening", within_ms=15_000), "感谢致电"),
        saying(step("hold-request", required=False), "请您稍等"),
        saying(step("hold-thanks", on_step("hold-request"), within_ms=60_000), "让您久等了"),
        saying(step("apology", on_hit("media"), within_ms=20_000), "非常抱歉"),
        saying(step("closing", END, from_ms=-30_000), "祝您生活愉快"),
    )
    card = Scorecard(
        items=tuple(
            ScoreItem(id=name, title=name, group="", points=50, feeds=feeds, where=HERE)
            for name, feeds in {
                "words": ("dont-know",),
                "flow": tuple(s.id for s in steps),
            }.items()
        )
    )
    voices = ("(人工服务|普通话)请按", "您拨打的用户暂时无法接通")
    return replace(
        book(*steps, entries=entries),  # type: ignore[arg-type]
        scorecard=card,
        anatomy=AnatomyNames(announcement="运营商提示", ivr="语音菜单", hold="hold-request"),
        lists={"语音菜单": (parse(voices[0]),), "运营商提示": (parse(voices[1]),)},
    )


PACK = _pack()
MATCHER = Matcher(PACK)

CALL = (
    utterance(0, AGENT, 1, 4, "您好感谢致电"),
    utterance(1, CUSTOMER, 5, 8, "我不知道怎么回事"),
    utterance(2, AGENT, 9, 12, "这个我不知道"),
    utterance(3, CUSTOMER, 13, 16, "那我要投诉你们"),
    utterance(4, AGENT, 20, 24, "非常抱歉请您稍等"),
    utterance(5, CUSTOMER, 24, 25, "好"),
    utterance(6, AGENT, 60, 64, "让您久等了"),
    utterance(7, AGENT, 80, 84, "祝您生活愉快"),
)


def analysed(*utterances: Utterance, ticks: tuple[int, ...] = ()) -> AnalysisResult:
    analysis = Analysis(PACK, MATCHER)
    for spoken in utterances:
        analysis.feed(spoken)
    for now in ticks:
        analysis.tick(now)
    analysis.close(90_000)
    return analysis.result()


def test_a_call_comes_to_hits_steps_and_a_score() -> None:
    result = analysed(*CALL)
    assert [hit.rule for hit in result.hits] == ["dont-know", "media"]
    assert {s.step.id: s.state for s in result.steps} == {
        "opening": StepState.DONE,
        "hold-request": StepState.DONE,
        "hold-thanks": StepState.DONE,
        "apology": StepState.DONE,
        "closing": StepState.DONE,
    }
    assert result.score.total == 90
    assert result.conduct.checks[1].value == 16_000


def test_the_customer_s_words_are_not_the_agent_s_fault() -> None:
    assert [hit.role for hit in analysed(*CALL).hits if hit.rule == "dont-know"] == [AGENT]


def test_a_hit_is_told_before_what_it_makes_due() -> None:
    analysis = Analysis(PACK, MATCHER)
    told = [
        event
        for spoken in CALL[:4]
        for event in analysis.feed(spoken)
        if isinstance(event, HitChanged | StepChanged)
    ]
    kinds = [
        (event.step, event.state) if isinstance(event, StepChanged) else event.hit.rule
        for event in told
    ]
    assert kinds.index("media") < kinds.index(("apology", StepState.PENDING))


def test_a_partial_counts_as_it_stands_when_the_call_breaks_off() -> None:
    partial = utterance(2, AGENT, 9, 12, "这个我不知道", is_final=False)
    result = analysed(CALL[0], partial)
    assert [hit.rule for hit in result.hits] == ["dont-know"]
    assert [u.is_final for u in result.utterances] == [True, True]


def test_a_hit_on_a_partial_is_withdrawn_when_the_final_differs() -> None:
    analysis = Analysis(PACK, MATCHER)
    partial = utterance(2, AGENT, 9, 11, "这个我不知道", is_final=False)
    told = analysis.feed(replace(partial, text="这个我不知道"))
    final = replace(partial, text="这个我不只到", is_final=True, revision=1)
    told += analysis.feed(replace(final, text="这个您放心", stable_chars=5))
    states = [event.state for event in told if isinstance(event, HitChanged)]
    assert states[-1] is HitState.RETRACTED
    analysis.close(20_000)
    assert analysis.result().hits == ()


def test_an_unfinished_call_has_no_verdict() -> None:
    with pytest.raises(RuntimeError, match="still open"):
        Analysis(PACK, MATCHER).result()


def test_an_empty_call_has_one() -> None:
    analysis = Analysis(PACK, MATCHER)
    analysis.close(0)
    assert analysis.result().hits == ()


def _interleavings() -> st.SearchStrategy[tuple[Utterance, ...]]:
    """Each channel in its own order, the two of them mixed in any way."""
    agent = [u for u in CALL if u.role is AGENT]
    customer = [u for u in CALL if u.role is CUSTOMER]

    def mix(picks: list[bool]) -> tuple[Utterance, ...]:
        left, right = list(agent), list(customer)
        mixed = [(left if pick and left else right or left).pop(0) for pick in picks]
        return tuple(mixed + sorted(left + right, key=lambda u: u.begin_ms))

    picks = st.lists(st.booleans(), max_size=len(CALL))
    return picks.map(mix)


@settings(max_examples=40, deadline=None)
@given(_interleavings())
def test_any_interleaving_of_the_channels_ends_the_same(call: tuple[Utterance, ...]) -> None:
    assert analysed(*call) == EXPECTED


EXPECTED = analysed(*CALL)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_path_of_partials_ends_the_same(data: st.DataObject) -> None:
    analysis = Analysis(PACK, MATCHER)
    for spoken in CALL:
        cuts = data.draw(st.lists(st.integers(1, len(spoken.text)), max_size=3))
        for revision, cut in enumerate(sorted(cuts)):
            analysis.feed(
                replace(spoken, text=spoken.text[:cut], is_final=False, revision=revision)
            )
        analysis.feed(replace(spoken, revision=9))
        analysis.tick(spoken.end_ms)
    analysis.close(90_000)
    result = analysis.result()
    assert [h.rule for h in result.hits] == [h.rule for h in EXPECTED.hits]
    assert result.steps == EXPECTED.steps
    assert result.score.total == EXPECTED.score.total


MENU = (
    utterance(20, AGENT, 1, 4, "您好感谢致电我不知道"),
    utterance(21, AGENT, 5, 8, "普通话请按一人工服务请按零"),
)


def later(*utterances: Utterance, by_s: int) -> list[Utterance]:
    by_ms = by_s * 1000
    return [
        replace(u, begin_ms=u.begin_ms + by_ms, end_ms=u.end_ms + by_ms, words=())
        for u in utterances
    ]


def test_a_menu_before_the_agent_is_nobodys() -> None:
    result = analysed(*MENU, *later(*CALL, by_s=50))
    assert [u.recorded for u in result.utterances][:3] == [StretchKind.IVR, StretchKind.IVR, None]
    assert [hit.rule for hit in result.hits] == ["dont-know", "media"]
    opening = next(step for step in result.steps if step.step.id == "opening")
    assert (opening.state, opening.at_ms) == (StepState.DONE, 52_000)
    assert result.conduct.agent_speech_ms == analysed(*CALL).conduct.agent_speech_ms


def test_the_greeting_of_an_announcement_belongs_to_the_announcement() -> None:
    greeting = utterance(0, CUSTOMER, 1, 2, "您好")
    result = analysed(greeting, utterance(1, CUSTOMER, 3, 7, "您拨打的用户暂时无法接通"))
    assert [u.recorded for u in result.utterances] == [StretchKind.ANNOUNCEMENT] * 2


def test_what_a_menu_seemed_to_say_is_taken_back_when_it_is_known() -> None:
    analysis = Analysis(PACK, MATCHER)
    told = analysis.feed(MENU[0])
    hit = next(event for event in told if isinstance(event, HitChanged))
    done = next(event for event in told if isinstance(event, StepChanged))
    assert (done.step, done.state) == ("opening", StepState.DONE)
    taken = analysis.feed(MENU[1])
    assert HitChanged(at_ms=hit.at_ms, state=HitState.RETRACTED, hit=hit.hit) in taken
    steps = {event.step: event.state for event in taken if isinstance(event, StepChanged)}
    assert steps.get("opening") in (None, StepState.PENDING, StepState.NOT_APPLICABLE)
    assert steps


def test_the_menu_words_of_an_agent_in_the_midst_of_a_talk_are_the_agents() -> None:
    said = utterance(30, AGENT, 40, 44, "下次您打进来人工服务请按零就可以")
    result = analysed(*CALL, said)
    assert not any(u.recorded for u in result.utterances)


@pytest.mark.parametrize(
    ("said", "sounds", "reason"),
    [
        pytest.param(
            (utterance(0, CUSTOMER, 2, 7, "您拨打的用户暂时无法接通"),),
            (),
            Unjudgeable.NOT_CONNECTED,
            id="announcement",
        ),
        pytest.param(MENU, (), Unjudgeable.ONLY_IVR, id="menu"),
        pytest.param(
            (),
            (Stretch(kind=StretchKind.RING, channel=0, begin_ms=0, end_ms=30_000),),
            Unjudgeable.NOT_CONNECTED,
            id="ring",
        ),
        pytest.param(
            (*MENU, utterance(1, CUSTOMER, 9, 14, "转人工转人工啊")),
            (),
            Unjudgeable.ONLY_IVR,
            id="the customer gave up waiting",
        ),
        pytest.param((), (), Unjudgeable.NO_SPEECH, id="nothing"),
    ],
)
def test_a_call_that_nobody_answered_is_not_judged(
    said: tuple[Utterance, ...], sounds: tuple[Stretch, ...], reason: Unjudgeable
) -> None:
    analysis = Analysis(PACK, MATCHER)
    for spoken in said:
        analysis.feed(spoken)
    analysis.hear_line(sounds)
    analysis.close(40_000)
    result = analysis.result()
    assert result.judgeable.reason is reason
    assert result.score is None


def test_a_voice_before_the_ring_is_recorded_whatever_it_says() -> None:
    ring = Stretch(kind=StretchKind.RING, channel=0, begin_ms=10_000, end_ms=30_000)
    analysis = Analysis(PACK, MATCHER)
    for spoken in (utterance(20, AGENT, 1, 4, "感谢致电我们公司"), *later(*CALL, by_s=40)):
        analysis.feed(spoken)
    analysis.hear_line([ring])
    analysis.close(130_000)
    result = analysis.result()
    assert [u.id for u in result.utterances if u.recorded] == [20]
    kinds = [stretch.kind for stretch in result.anatomy][:4]
    assert kinds == [StretchKind.IVR, StretchKind.SILENCE, StretchKind.RING, StretchKind.SILENCE]


def test_words_that_a_person_must_look_at_first_make_nothing_due() -> None:
    unsure = replace(CALL[3], confidence=0.2)
    without_apology = [replace(u, text="请您稍等") if u.id == 4 else u for u in CALL if u.id != 3]
    result = analysed(*without_apology, unsure)
    apology = next(found for found in result.steps if found.step.id == "apology")
    assert apology.state is StepState.NOT_APPLICABLE
    assert [hit.rule for hit in result.hits] == ["dont-know", "media"]


def test_an_opening_that_nobody_could_understand_takes_nothing() -> None:
    clear = analysed(*(replace(u, text="嗯") if u.id == 0 else u for u in CALL))
    unclear = analysed(*(replace(u, text="", intelligible=False) if u.id == 0 else u for u in CALL))
    assert clear.score is not None
    assert unclear.score is not None
    assert unclear.score.total == analysed(*CALL).score.total > clear.score.total
    assert unclear.steps[0].unheard


def test_of_an_unknown_speaker_the_good_words_count_and_the_bad_ones_do_not() -> None:
    swapped = replace(CALL[0], role=CUSTOMER, role_confidence=0.1)
    rude = replace(CALL[2], role_confidence=0.1)
    result = analysed(swapped, CALL[1], rude, *CALL[3:])
    assert result.score is not None
    assert result.score.total == 100
    assert result.steps[0].state is StepState.DONE


def test_where_nobody_is_known_to_have_spoken_there_is_no_score() -> None:
    result = analysed(*(replace(u, role_confidence=0.0) for u in CALL))
    assert (result.score, result.conclusion.value) == (None, "not_judgeable")
    assert result.judgeable.reason.value == "unknown_speakers"


def test_a_call_that_was_cut_off_has_no_score() -> None:
    analysis = Analysis(PACK, MATCHER)
    for spoken in CALL:
        analysis.feed(spoken)
    analysis.close(90_000)
    cut = analysis.result(Unjudgeable.CUT_OFF)
    assert (cut.score, cut.judgeable.message_zh) == (None, "通话中断，没有听完")
    assert analysis.result().score is not None


@pytest.mark.parametrize("first", ["words", "loss"])
def test_lost_sound_is_a_stretch_of_its_own_and_nobody_s_silence(first: str) -> None:
    lost = Stretch(kind=StretchKind.MISSING, begin_ms=60_000, end_ms=100_000)
    analysis = Analysis(PACK, MATCHER)
    if first == "loss":
        analysis.hear_line([lost])
    for spoken in CALL:
        analysis.feed(spoken)
    analysis.hear_line([lost])
    analysis.close(130_000)
    result = analysis.result()
    assert lost in result.anatomy
    overlaps = [s for s in result.anatomy if s.begin_ms < 100_000 and s.end_ms > 60_000]
    assert StretchKind.SILENCE not in {stretch.kind for stretch in overlaps}
    assert max(s.end_ms - s.begin_ms for s in result.conduct.silences) < 40_000


def test_what_is_lost_survives_a_second_judgement() -> None:
    lost = Stretch(kind=StretchKind.MISSING, begin_ms=0, end_ms=20_000)
    ring = Stretch(kind=StretchKind.RING, channel=0, begin_ms=30_000, end_ms=38_000)
    analysis = Analysis(PACK, MATCHER)
    for spoken in (utterance(20, AGENT, 1, 4, "感谢致电我们公司"), *later(*CALL, by_s=40)):
        analysis.feed(spoken)
    analysis.hear_line([lost])
    analysis.hear_line([lost, ring])
    analysis.close(130_000)
    assert lost in analysis.result().anatomy
