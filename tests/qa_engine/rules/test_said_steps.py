from __future__ import annotations

from itertools import permutations

import pytest

import phrasebook
from phrasebook.model import Kind, Severity
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.steps import StepTracker
from qa_engine.text_call import judge_dialogue
from tests.qa_engine.rules.scripted import END, book, entry, hit, said, step

CLOSING = step("closing", END, within_ms=-30_000)
CONTEMPT = entry("contempt", severity=Severity.HIGH, voids_steps=True)
REFUSAL = entry("refusal", severity=Severity.HIGH)
TRIFLE = entry("trifle", severity=Severity.LOW)
BOOK = book(CLOSING, entries=(CONTEMPT, REFUSAL, TRIFLE, entry("anger", kind=Kind.TRIGGER)))


def state(*found: object, taken_back: bool = False) -> StepState:
    tracker = StepTracker(BOOK)
    tracker.on_heard(said("closing", 110, utterance=7))
    for one in found:
        tracker.hit(one)  # type: ignore[arg-type]
    if taken_back:
        for one in found:
            tracker.hit_withdrawn(one)  # type: ignore[arg-type]
    tracker.close(120_000)
    return tracker.results()[0].state


def breach(rule: str, at_s: float, utterance: int = 7, role: Role = Role.AGENT) -> object:
    return hit(rule, at_s, role=role, utterance=utterance)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(breach("refusal", 111), StepState.MISSED, id="a breach runs through it"),
        pytest.param(breach("refusal", 105), StepState.DONE, id="a breach stands beside it"),
        pytest.param(breach("contempt", 105), StepState.MISSED, id="contempt stands beside it"),
        pytest.param(breach("contempt", 111, 6), StepState.DONE, id="contempt in other words"),
        pytest.param(breach("trifle", 111), StepState.DONE, id="a trifle runs through it"),
        pytest.param(
            breach("anger", 111, role=Role.CUSTOMER), StepState.DONE, id="what a customer says"
        ),
    ],
)
def test_words_that_break_a_rule_do_nothing_for_a_step(found: object, expected: StepState) -> None:
    assert state(found) is expected
    assert state(found, taken_back=True) is StepState.DONE


def test_a_step_said_again_in_good_words_is_done() -> None:
    tracker = StepTracker(BOOK)
    tracker.on_heard(said("closing", 110, utterance=7))
    tracker.on_heard(said("closing", 115, utterance=8))
    tracker.hit(breach("contempt", 109))  # type: ignore[arg-type]
    tracker.close(120_000)
    (result,) = tracker.results()
    assert (result.state, result.utterance, result.spoiled_by) == (StepState.DONE, 8, ())


def test_what_spoiled_a_step_is_told_whatever_came_first() -> None:
    first, second = breach("contempt", 109), breach("refusal", 111)
    for order in permutations(("step", first, second)):
        tracker = StepTracker(BOOK)
        for one in order:
            if one == "step":
                tracker.on_heard(said("closing", 110, utterance=7))
            else:
                tracker.hit(one)  # type: ignore[arg-type]
        tracker.close(120_000)
        (result,) = tracker.results()
        assert result.state is StepState.MISSED
        assert set(result.spoiled_by) == {first.id, second.id}  # type: ignore[attr-defined]


BUNDLED = phrasebook.load(phrasebook.bundled())
MATCHER = Matcher(BUNDLED)


@pytest.mark.parametrize(
    ("line", "step_id"),
    [
        ("您爱投诉投诉去，还有别的事吗", "more-help"),
        ("您听不懂人话吗，请问还有什么可以帮您", "more-help"),
        ("您到底想怎么样，请问还有别的问题吗", "more-help"),
    ],
)
def test_contempt_earns_no_step_of_the_bundled_script(line: str, step_id: str) -> None:
    def became(text: str) -> dict[str, StepState]:
        lines = ("您好，这里是星辰电信", text)
        dialogue = Dialogue(
            shape="plain",
            basis=Basis.WORDS,
            lines=tuple(SpokenLine(text=one, speaker="a") for one in lines),
        )
        result = judge_dialogue(dialogue, {"a": Role.AGENT}, phrasebook=BUNDLED, matcher=MATCHER)
        return {one.step.id: one.state for one in result.steps}

    good = line.split("，", 1)[1]
    assert became(good)[step_id] is StepState.DONE
    assert became(line)[step_id] is not StepState.DONE
