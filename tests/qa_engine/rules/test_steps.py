from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook.model import Anchor, AnchorKind, Kind, Phrasebook, Script, Step
from qa_engine.events import HitState, Role, StepState
from qa_engine.rules.steps import StepTracker
from tests.qa_engine.rules.scripted import END, HERE, book, entry, hit, on_hit, on_step, said, step

DONE, LATE, MISSED = StepState.DONE, StepState.LATE, StepState.MISSED
PENDING, NOT_APPLICABLE = StepState.PENDING, StepState.NOT_APPLICABLE


def states(phrasebook: Phrasebook, *, end_s: float = 120, heard: tuple = (), hits: tuple = ()):  # type: ignore[no-untyped-def, type-arg]
    tracker = StepTracker(phrasebook)
    for event in heard:
        tracker.on_heard(event)
    for found in hits:
        tracker.hit(found)
    tracker.close(round(end_s * 1000))
    return {result.step.id: result.state for result in tracker.results()}


@pytest.mark.parametrize(
    ("spoken_at", "expected"),
    [
        pytest.param((3,), DONE, id="in the window"),
        pytest.param((15,), DONE, id="begun at the deadline"),
        pytest.param((15.001,), LATE, id="begun after the deadline"),
        pytest.param((), MISSED, id="never"),
        pytest.param((40, 3), DONE, id="in time and again later"),
    ],
)
def test_an_opening_is_due_within_its_window(
    spoken_at: tuple[float, ...], expected: StepState
) -> None:
    opening = step("opening", within_ms=15_000)
    heard = tuple(said("opening", second) for second in spoken_at)
    assert states(book(opening), heard=heard)["opening"] is expected


@pytest.mark.parametrize(
    ("spoken_at", "expected"),
    [
        pytest.param((115,), DONE, id="in the last half minute"),
        pytest.param((60,), MISSED, id="too early to be a farewell"),
        pytest.param((60, 100), DONE, id="twice"),
    ],
)
@pytest.mark.parametrize(
    "window", [{"within_ms": -30_000}, {"from_ms": -30_000}, {"from_ms": -30_000, "within_ms": 0}]
)
def test_a_closing_is_due_before_the_end(
    spoken_at: tuple[float, ...], expected: StepState, window: dict[str, int]
) -> None:
    closing = step("closing", END, **window)
    heard = tuple(said("closing", second) for second in spoken_at)
    assert states(book(closing), heard=heard)["closing"] is expected


def test_a_step_without_a_window_is_due_by_the_end() -> None:
    phrasebook = book(step("summary"))
    assert states(phrasebook, heard=(said("summary", 110),))["summary"] is DONE
    assert states(phrasebook)["summary"] is MISSED


def test_a_step_whose_anchor_never_happens_is_not_applicable() -> None:
    phrasebook = book(
        step("hold", required=False),
        step("thanks", on_step("hold"), within_ms=60_000),
        step("apology", on_hit("threat"), within_ms=20_000),
    )
    assert set(states(phrasebook).values()) == {NOT_APPLICABLE}


def test_each_hold_asks_for_its_own_thanks() -> None:
    phrasebook = book(
        step("hold", required=False), step("thanks", on_step("hold"), within_ms=90_000)
    )
    holds = (said("hold", 20), said("hold", 60))
    tracker = StepTracker(phrasebook)
    for event in (*holds, said("thanks", 80)):
        tracker.on_heard(event)
    tracker.close(200_000)
    thanks = tracker.results()[1]
    assert [instance.state for instance in thanks.instances] == [MISSED, DONE]
    assert thanks.state is MISSED


def test_asking_to_wait_a_little_longer_is_still_one_hold() -> None:
    phrasebook = book(
        step("hold", required=False), step("thanks", on_step("hold"), within_ms=30_000)
    )
    heard = (said("hold", 20), said("hold", 33), said("thanks", 60))
    assert states(phrasebook, heard=heard)["thanks"] is DONE


def test_one_apology_answers_a_complaint_made_twice() -> None:
    phrasebook = book(step("apology", on_hit("threat"), within_ms=40_000))
    hits = (hit("threat", 20), hit("threat", 40))
    assert states(phrasebook, heard=(said("apology", 50),), hits=hits)["apology"] is DONE


def test_the_worst_of_several_occasions_is_the_state() -> None:
    phrasebook = book(step("apology", on_hit("threat"), within_ms=20_000))
    hits = (hit("threat", 10), hit("threat", 80))
    assert states(phrasebook, heard=(said("apology", 85),), hits=hits)["apology"] is LATE


def test_thanks_in_the_greeting_do_not_tick_the_farewell_of_a_call_that_runs() -> None:
    tracker = StepTracker(book(step("closing", END, from_ms=-40_000, within_ms=0)))
    assert tracker.on_heard(said("closing", 2))[0].state is PENDING
    assert tracker.on_heard(said("closing", 55))[0].state is DONE


def test_in_a_call_of_few_seconds_they_do_once_it_has_ended() -> None:
    tracker = StepTracker(book(step("closing", END, from_ms=-40_000, within_ms=0)))
    tracker.on_heard(said("closing", 2))
    assert tracker.close(9_000)[0].state is DONE


def test_nobody_can_answer_what_is_said_as_the_call_ends() -> None:
    phrasebook = book(step("apology", on_hit("threat"), within_ms=20_000))
    assert states(phrasebook, hits=(hit("threat", 117.5),))["apology"] is NOT_APPLICABLE
    assert states(phrasebook, hits=(hit("threat", 110),))["apology"] is MISSED


def test_a_window_may_lie_before_its_anchor() -> None:
    phrasebook = book(
        step("transfer", required=False),
        step("reason", on_step("transfer"), from_ms=-30_000, within_ms=0),
    )
    told = (said("reason", 40), said("transfer", 50))
    untold = (said("reason", 5), said("transfer", 50))
    assert states(phrasebook, heard=told)["reason"] is DONE
    assert states(phrasebook, heard=untold)["reason"] is MISSED


def test_an_opening_said_twice_makes_its_followers_due_once() -> None:
    phrasebook = book(
        step("opening", within_ms=15_000), step("identity", on_step("opening"), within_ms=60_000)
    )
    heard = (said("opening", 1), said("identity", 10), said("opening", 90))
    assert states(phrasebook, heard=heard)["identity"] is DONE


def test_a_solution_worded_twice_is_agreed_to_once() -> None:
    phrasebook = book(step("solution"), step("consent", on_step("solution"), within_ms=30_000))
    heard = (said("solution", 10), said("solution", 60), said("consent", 70))
    assert states(phrasebook, heard=heard)["consent"] is DONE
    assert states(phrasebook, heard=heard[:2])["consent"] is MISSED


def test_an_optional_step_is_never_missed() -> None:
    assert states(book(step("empathy", required=False)))["empathy"] is NOT_APPLICABLE


def test_steps_out_of_order_are_done_but_marked() -> None:
    phrasebook = book(step("opening"), step("solution", after=("opening",)))
    tracker = StepTracker(phrasebook)
    tracker.on_heard(said("solution", 5))
    tracker.on_heard(said("opening", 20))
    tracker.close(60_000)
    opening, solution = tracker.results()
    assert (solution.state, solution.in_order) == (DONE, False)
    assert opening.in_order


def test_a_step_after_one_that_was_missed_is_in_order() -> None:
    tracker = StepTracker(book(step("opening"), step("solution", after=("opening",))))
    tracker.on_heard(said("solution", 5))
    tracker.close(60_000)
    assert [result.in_order for result in tracker.results()] == [True, True]


def test_only_the_script_s_steps_are_tracked() -> None:
    phrasebook = book(step("a"), step("b"))
    assert len(StepTracker(phrasebook, "unknown").results()) == 2
    short = Phrasebook(
        name="t",
        version="1",
        entries=(),
        steps=phrasebook.steps,
        scripts=(Script(id="s", title="s", steps=("b",), where=HERE),),
    )
    assert [result.step.id for result in StepTracker(short, "s").results()] == ["b"]


def test_events_tell_pending_then_missed_then_late() -> None:
    tracker = StepTracker(book(step("opening", within_ms=15_000)))
    told = [
        *tracker.tick(100),
        *tracker.begins(0),
        *tracker.tick(15_000),
        *tracker.tick(15_001),
        *tracker.tick(16_000),
        *tracker.on_heard(said("opening", 20)),
        *tracker.close(60_000),
    ]
    assert [event.state for event in told] == [PENDING, PENDING, MISSED, LATE]
    assert [event.deadline_ms for event in told[:2]] == [None, 15_000]


def test_words_that_a_revision_took_away_no_longer_count() -> None:
    tracker = StepTracker(book(step("opening", within_ms=15_000)))
    tracker.on_heard(said("opening", 2, utterance=7, state=HitState.PROVISIONAL))
    assert tracker.results()[0].state is DONE
    tracker.on_heard(said("opening", 2, utterance=7, state=HitState.RETRACTED))
    assert tracker.results()[0].state is PENDING


def test_a_withdrawn_hit_takes_its_obligation_with_it() -> None:
    tracker = StepTracker(book(step("apology", on_hit("threat"), within_ms=20_000)))
    threat = hit("threat", 10)
    assert tracker.hit(threat)[0].state is PENDING
    assert tracker.hit_withdrawn(threat)[0].state is NOT_APPLICABLE


def test_a_farewell_said_long_before_the_end_is_due_again() -> None:
    tracker = StepTracker(book(step("closing", END, from_ms=-30_000)))
    told = [*tracker.tick(10), *tracker.on_heard(said("closing", 20))]
    for second in range(23, 80):
        told += tracker.tick(second * 1000)
    told += tracker.close(80_000)
    assert [event.state for event in told] == [PENDING, DONE, PENDING, MISSED]


WIDE = book(
    step("opening", within_ms=15_000),
    step("identity", on_step("opening"), within_ms=40_000, after=("opening",)),
    step("hold", required=False),
    step("reason", on_step("hold"), from_ms=-10_000, within_ms=5_000),
    step("thanks", on_step("hold"), within_ms=60_000),
    step("apology", on_hit("threat"), within_ms=20_000),
    step("sorry", on_hit("ours"), within_ms=20_000),
    step("closing", END, from_ms=-30_000, after=("opening", "identity")),
)

_names = st.sampled_from([s.id for s in WIDE.steps])
_seconds = st.integers(0, 180)


@settings(max_examples=60, deadline=None)
@given(
    heard=st.lists(st.tuples(_names, _seconds), max_size=14),
    hits=st.lists(st.tuples(st.sampled_from(["threat", "ours"]), _seconds), max_size=5),
    ticks=st.lists(_seconds, max_size=6),
    seed=st.integers(0, 2**16),
)
def test_any_order_of_arrival_ends_with_the_same_states(
    heard: list[tuple[str, int]],
    hits: list[tuple[str, int]],
    ticks: list[int],
    seed: int,
) -> None:
    roles = {"threat": Role.CUSTOMER, "ours": Role.AGENT}
    items: list[tuple[str, object]] = [("on_heard", said(*pair)) for pair in heard]
    items += [("hit", hit(rule, at, role=roles[rule])) for rule, at in hits]
    ordered = StepTracker(WIDE)
    for name, item in items:
        getattr(ordered, name)(item)
    ordered.close(180_000)

    shuffled = StepTracker(WIDE)
    mixed = items + [("tick", second * 1000) for second in ticks]
    random.Random(seed).shuffle(mixed)
    events = [event for name, item in mixed for event in getattr(shuffled, name)(item)]
    events += shuffled.close(180_000)
    told = [(event.step, event.state) for event in events]
    assert shuffled.results() == ordered.results()
    assert dict(told) == {r.step.id: r.state for r in ordered.results() if r.step.id in dict(told)}
    assert all(result.state is not PENDING for result in shuffled.results())


def test_step_objects_are_the_phrasebook_s_own() -> None:
    opening: Step = step("opening")
    assert StepTracker(book(opening)).results()[0].step is opening


OPENING = step("opening", within_ms=15_000)


@pytest.mark.parametrize(
    ("begin_s", "end_s", "role", "unheard"),
    [
        pytest.param(3, 5, Role.AGENT, True, id="the agent in the window"),
        pytest.param(3, 5, None, True, id="somebody in the window"),
        pytest.param(3, 5, Role.CUSTOMER, False, id="the customer"),
        pytest.param(3, 3.4, Role.AGENT, False, id="too short for the words"),
        pytest.param(40, 60, Role.AGENT, False, id="after the window"),
    ],
)
def test_a_step_may_have_been_said_where_its_speaker_was_not_understood(
    begin_s: float, end_s: float, role: Role | None, unheard: bool
) -> None:
    tracker = StepTracker(book(OPENING))
    tracker.unheard(round(begin_s * 1000), round(end_s * 1000), role)
    tracker.close(120_000)
    (opening,) = tracker.results()
    assert (opening.state, opening.unheard) == (MISSED, unheard)


CLOSING = step("closing", END, within_ms=-30_000)


@pytest.mark.parametrize(
    ("begin_s", "end_s", "role", "lost"),
    [
        pytest.param(
            0, 5, None, {"opening", "anywhere"}, id="the beginning, with the agent's first word"
        ),
        pytest.param(0, 5, Role.AGENT, {"opening", "anywhere"}, id="the agent's channel"),
        pytest.param(0, 5, Role.CUSTOMER, set(), id="the customer's channel"),
        pytest.param(40, 60, None, {"anywhere"}, id="the middle"),
        pytest.param(100, 110, None, {"closing", "anywhere"}, id="near the end"),
        pytest.param(120, 400, None, {"closing", "anywhere"}, id="all behind the end"),
        pytest.param(3, 3.4, None, set(), id="too short for the words"),
    ],
)
def test_a_step_may_have_been_said_where_the_sound_is_lost(
    begin_s: float, end_s: float, role: Role | None, lost: set[str]
) -> None:
    tracker = StepTracker(book(OPENING, CLOSING, step("anywhere")))
    tracker.begins(6_000)
    tracker.missing([(round(begin_s * 1000), round(end_s * 1000), role)])
    tracker.close(120_000)
    assert {r.step.id for r in tracker.results() if r.unheard} == lost
    assert {r.state for r in tracker.results()} == {MISSED}


def test_the_live_step_says_that_it_may_have_been_said() -> None:
    tracker = StepTracker(book(OPENING))
    tracker.begins(0)
    tracker.unheard(3_000, 6_000, Role.AGENT)
    told = tracker.tick(20_000)
    assert [(one.state, one.unheard) for one in told] == [(MISSED, True)]


def test_a_step_that_was_heard_is_done_whatever_else_was_not() -> None:
    tracker = StepTracker(book(OPENING))
    tracker.unheard(6_000, 9_000, Role.AGENT)
    tracker.on_heard(said("opening", 3))
    tracker.close(120_000)
    (opening,) = tracker.results()
    assert (opening.state, opening.unheard) == (DONE, False)


def test_an_opening_counts_from_the_agents_first_word() -> None:
    tracker = StepTracker(book(step("opening", within_ms=15_000)))
    assert [one.state for one in tracker.tick(43_000)] == [PENDING]
    tracker.begins(43_000)
    tracker.on_heard(said("opening", 45))
    tracker.close(90_000)
    (opening,) = tracker.results()
    assert (opening.state, opening.deadline_ms) == (DONE, 58_000)


def test_an_agent_who_opens_with_something_else_is_late_all_the_same() -> None:
    tracker = StepTracker(book(step("opening", within_ms=15_000)))
    tracker.begins(43_000)
    tracker.on_heard(said("opening", 60))
    tracker.close(90_000)
    assert tracker.results()[0].state is LATE


@pytest.mark.parametrize("rule", ["escalation", "danger"])
def test_a_step_may_hang_on_the_hits_of_several_rules(rule: str) -> None:
    anchor = Anchor(kind=AnchorKind.HIT, ref="escalation", also=("danger",))
    handover = step("handover", anchor, within_ms=20_000)
    entries = tuple(entry(name, kind=Kind.TRIGGER) for name in ("escalation", "danger"))
    pack = book(handover, entries=entries)
    occasion = (hit(rule, 10),)

    assert states(pack)["handover"] is NOT_APPLICABLE
    assert states(pack, hits=occasion)["handover"] is MISSED
    assert states(pack, hits=occasion, heard=(said("handover", 15),))["handover"] is DONE
