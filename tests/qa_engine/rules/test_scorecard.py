from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from phrasebook.model import ConductLimits, Entry, Kind, Phrasebook, Severity, Step
from phrasebook.scorecard import Scorecard, ScoreItem
from qa_engine.events import Decision, Hit, Role, StepState, Tier, Utterance
from qa_engine.rules.conduct import ConductMeter
from qa_engine.rules.counting import Conclusion
from qa_engine.rules.score import Score
from qa_engine.rules.scorecard import score
from qa_engine.rules.step_result import StepResult
from tests.qa_engine.rules.scripted import HERE, book, entry, hit, step, utterance

SPOKE = utterance(
    1, Role.AGENT, 0, 10, "您好感谢致电星辰公司我是客服小李很高兴为您服务请问有什么可以帮您"
)


def item(name: str, points: float, *feeds: str) -> ScoreItem:
    return ScoreItem(id=name, title=name, group="", points=points, feeds=feeds, where=HERE)


def result(of: Step, state: StepState, *, in_order: bool = True) -> StepResult:
    return StepResult(
        step=of,
        state=state,
        at_ms=1000 if state in (StepState.DONE, StepState.LATE) else None,
        deadline_ms=2000,
        utterance=None,
        in_order=in_order,
        instances=(),
    )


def phrasebook(
    *items: ScoreItem, steps: tuple[Step, ...] = (), entries: tuple[Entry, ...] = ()
) -> Phrasebook:
    return replace(book(*steps, entries=entries), scorecard=Scorecard(items=items))


def scored(
    pack: Phrasebook,
    hits: tuple[Hit, ...] = (),
    steps: tuple[StepResult, ...] = (),
    heard: tuple[Utterance, ...] = (SPOKE,),
) -> Score:
    meter = ConductMeter(ConductLimits())
    for spoken in heard:
        meter.feed(spoken)
    meter.close(20_000)
    return score(pack, hits, steps, meter.result())


RUDE = entry("s1-1-dont-know", points=10.0)
ABUSE = entry("s2-7-abuse", points=30.0, fatal=True)
OPENING, CLOSING = step("opening", points=4.0), step("closing", points=4.0)


def test_each_hit_takes_its_points_and_is_its_own_evidence() -> None:
    pack = phrasebook(item("words", 60, "s1-*"), item("flow", 40, "opening"), entries=(RUDE,))
    hits = tuple(hit("s1-1-dont-know", t, role=Role.AGENT, utterance=t) for t in (3, 9))
    sheet = scored(pack, hits)
    words = sheet.items[0]
    assert words.earned == 40
    assert [d.evidence for d in words.deductions] == [h.id for h in hits]
    assert [d.at_ms for d in words.deductions] == [3000, 9000]


def test_an_item_never_falls_below_zero() -> None:
    pack = phrasebook(item("words", 15, "s1-*"), item("rest", 85, "s2-*"), entries=(RUDE, ABUSE))
    sheet = scored(pack, tuple(hit("s1-1-dont-know", t, utterance=t) for t in range(5)))
    assert sheet.items[0].earned == 0
    assert sheet.total == 85
    assert sheet.passed


def test_one_breath_that_breaks_a_rule_twice_is_one_fault() -> None:
    pack = phrasebook(item("words", 60, "s1-*"), entries=(RUDE,))
    hits = (hit("s1-1-dont-know", 3, utterance=1), hit("s1-1-dont-know", 5, utterance=1))
    assert scored(pack, hits).items[0].earned == 50


@pytest.mark.parametrize(
    ("state", "in_order", "earned"),
    [
        (StepState.DONE, True, 10),
        (StepState.DONE, False, 8),
        (StepState.LATE, True, 8),
        (StepState.MISSED, True, 6),
    ],
    ids=["done", "out of order", "late", "missed"],
)
def test_a_step_costs_by_its_state(state: StepState, in_order: bool, earned: float) -> None:
    pack = phrasebook(item("flow", 10, "opening"), steps=(OPENING,))
    sheet = scored(pack, steps=(result(OPENING, state, in_order=in_order),))
    assert sheet.items[0].earned == earned


def test_a_step_without_points_takes_its_share_of_the_item() -> None:
    a, b = step("a"), step("b")
    pack = phrasebook(item("flow", 10, "*"), steps=(a, b))
    steps = (result(a, StepState.MISSED), result(b, StepState.DONE))
    assert scored(pack, steps=steps).items[0].earned == 5


def test_a_hit_without_points_takes_a_share_by_severity() -> None:
    mild = entry("s2-6-vague", severity=Severity.LOW)
    pack = phrasebook(item("words", 20, "s2-*"), entries=(mild,))
    assert scored(pack, (hit("s2-6-vague", 3),)).items[0].earned == 18


def test_what_was_never_due_leaves_the_denominator() -> None:
    pack = phrasebook(
        item("words", 40, "s1-*"),
        item("hold", 40, "hold-*"),
        item("flow", 20, "opening"),
        entries=(RUDE,),
        steps=(OPENING, step("hold-thanks")),
    )
    steps = (
        result(OPENING, StepState.DONE),
        result(step("hold-thanks"), StepState.NOT_APPLICABLE),
    )
    sheet = scored(pack, (hit("s1-1-dont-know", 3),), steps)
    assert sheet.items[1].earned is None
    assert sheet.total == pytest.approx((30 + 20) / 60 * 100, abs=0.05)


def test_words_are_not_judged_where_the_agent_was_never_heard() -> None:
    pack = phrasebook(item("words", 40, "s1-*"), entries=(RUDE,))
    assert scored(pack, heard=()).items[0].earned is None


def test_a_fatal_hit_makes_the_total_zero() -> None:
    pack = phrasebook(item("words", 100, "s*"), entries=(RUDE, ABUSE))
    sheet = scored(pack, (hit("s2-7-abuse", 3),))
    assert (sheet.total, sheet.passed) == (0.0, False)
    assert [d.evidence for d in sheet.fatal] == ["s2-7-abuse@3000"]
    assert sheet.items[0].earned == 70


def test_a_fatal_step_missed_makes_the_total_zero() -> None:
    identity = step("identity", points=4.0, fatal=True)
    pack = phrasebook(item("flow", 100, "*"), steps=(identity,))
    assert scored(pack, steps=(result(identity, StepState.MISSED),)).total == 0
    assert scored(pack, steps=(result(identity, StepState.LATE),)).total == 98


def test_a_trigger_of_the_customer_costs_the_agent_nothing() -> None:
    trigger = entry("s6-1-media", kind=Kind.TRIGGER, points=10.0)
    pack = phrasebook(item("all", 100, "*"), entries=(RUDE, trigger))
    assert scored(pack, (hit("s6-1-media", 3),)).total == 100


def test_a_doubtful_hit_waits_for_an_inspector() -> None:
    pack = phrasebook(item("words", 100, "s*"), entries=(ABUSE,))
    sheet = scored(pack, (hit("s2-7-abuse", 3, audience="review"),))
    assert (sheet.total, sheet.fatal) == (100, ())


@pytest.mark.parametrize(("points", "passed"), [(15.0, True), (15.1, False)])
def test_the_pass_mark_itself_passes(points: float, passed: bool) -> None:
    rule = entry("s1-1-dont-know", points=points)
    pack = phrasebook(item("words", 100, "s1-*"), entries=(rule,))
    assert scored(pack, (hit("s1-1-dont-know", 3),)).passed is passed


def test_conduct_feeds_an_item_and_names_the_place() -> None:
    fast = utterance(1, Role.AGENT, 0, 3, SPOKE.text)
    pack = phrasebook(item("voice", 20, "conduct.rate", "conduct.silence"))
    sheet = scored(pack, heard=(fast,))
    taken = {d.evidence: (d.points, d.at_ms) for d in sheet.items[0].deductions}
    assert taken == {"conduct.rate": (10, 0), "conduct.silence": (10, 3000)}


def test_a_phrasebook_without_a_scorecard_still_scores() -> None:
    sheet = scored(book(OPENING, entries=(RUDE,)), (hit("s1-1-dont-know", 3),))
    assert sheet.out_of == 100
    assert sheet.total == 90


@pytest.mark.parametrize(
    "unsure",
    [{"tier": Tier.FUZZY}, {"decision": Decision.DOUBTFUL}, {"certainty": 0.5}],
    ids=["near in sound", "doubtful", "not certain"],
)
def test_a_fatal_hit_that_is_not_sure_waits_and_the_call_neither_passes_nor_fails(
    unsure: dict[str, Any],
) -> None:
    pack = phrasebook(item("words", 100, "s2-*"), entries=(ABUSE,))
    sheet = scored(pack, (hit("s2-7-abuse", 3, role=Role.AGENT, fatal=True, **unsure),))
    assert (sheet.total, sheet.passed, sheet.fatal) == (100, None, ())
    assert sheet.conclusion is Conclusion.TO_REVIEW
    assert [found.evidence for found in sheet.fatal_waiting] == ["s2-7-abuse@3000"]
    assert [found.points for found in sheet.items[0].waiting] == [30]


def test_a_rule_on_trial_takes_points_only_once_a_person_confirms() -> None:
    pack = phrasebook(item("words", 100, "s1-*"), entries=(RUDE,))
    sheet = scored(pack, (hit("s1-1-dont-know", 3, role=Role.AGENT, audience="review"),))
    assert (sheet.total, sheet.passed) == (100, True)
    assert [found.points for found in sheet.items[0].waiting] == [10]


def test_what_an_unknown_speaker_said_takes_nothing() -> None:
    pack = phrasebook(item("words", 100, "s1-*", "s2-*"), entries=(RUDE, ABUSE))
    hits = (
        hit("s1-1-dont-know", 3, role=Role.AGENT, role_confidence=0.0),
        hit("s2-7-abuse", 9, role=Role.AGENT, fatal=True, role_confidence=0.0),
    )
    sheet = scored(pack, hits)
    assert (sheet.total, sheet.fatal_waiting, sheet.items[0].waiting) == (100, (), ())


def test_a_step_that_may_have_been_said_takes_nothing_and_a_fatal_one_waits() -> None:
    fatal = step("identity", fatal=True)
    pack = phrasebook(item("flow", 100, "opening", "identity"), steps=(OPENING, fatal))
    missed = tuple(replace(result(one, StepState.MISSED), unheard=True) for one in (OPENING, fatal))
    sheet = scored(pack, steps=missed)
    assert (sheet.total, sheet.passed) == (100, None)
    assert [found.evidence for found in sheet.fatal_waiting] == ["identity"]
