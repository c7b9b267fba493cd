"""What the agent sees, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.live.prompt import PromptChange, PromptLimits, PromptState
from api.live.prompts import PromptPolicy
from qa_engine.events import (
    ConductNoticed,
    Decision,
    Hit,
    HitChanged,
    HitState,
    Role,
    StepChanged,
    StepState,
    Tier,
)

PROVISIONAL, CONFIRMED, RETRACTED = HitState.PROVISIONAL, HitState.CONFIRMED, HitState.RETRACTED


def policy(**limits: int) -> PromptPolicy:
    return PromptPolicy({"a": "甲"}, {"opening": ("您好",)}, PromptLimits(**limits))


def hit(
    rule: str = "a",
    *,
    at_ms: int = 1_000,
    state: HitState = CONFIRMED,
    severity: str = "medium",
    confidence: float = 0.9,
    audience: str = "agent",
    id: str = "",
    **more: Any,
) -> HitChanged:
    found = Hit(
        id=id or f"{rule}@{at_ms}",
        rule=rule,
        source="S1.1",
        phrase="我不知道",
        role=Role.AGENT,
        utterance=1,
        begin_char=0,
        end_char=4,
        begin_ms=at_ms - 800,
        end_ms=at_ms,
        heard="我不知道",
        quote="我不知道",
        tier=Tier.EXACT,
        score=1.0,
        why="",
        suggest=("让我帮您查询一下",),
        coach="",
        severity=severity,
        audience=audience,
        kind="forbidden",
        fatal=False,
        confidence=confidence,
    )
    return HitChanged(at_ms=at_ms, state=state, hit=replace(found, **more))


def states(changes: list[PromptChange]) -> list[tuple[str, str]]:
    return [(change.state.value, change.prompt.rule) for change in changes]


def test_a_sure_hit_shows_before_its_sentence_is_final_and_is_then_confirmed() -> None:
    prompts = policy()
    assert states(prompts.hit(hit(state=PROVISIONAL, id="h"))) == [("shown", "a")]
    assert states(prompts.hit(hit(at_ms=1_500, id="h"))) == [("confirmed", "a")]
    assert states(prompts.hit(hit(at_ms=1_600, id="h"))) == []


def test_an_unsure_hit_waits_until_it_is_confirmed() -> None:
    prompts = policy()
    assert prompts.hit(hit(state=PROVISIONAL, confidence=0.48, id="h")) == []
    assert states(prompts.hit(hit(confidence=0.48, id="h"))) == [("shown", "a")]


@pytest.mark.parametrize(
    "event",
    [
        hit(confidence=0.3),
        hit(audience="review"),
        hit(audience="supervisor"),
        hit(decision=Decision.DOUBTFUL),
        hit(role_confidence=0.0),
    ],
    ids=["low confidence", "for review", "for the supervisor", "doubtful", "unknown speaker"],
)
def test_what_is_not_for_the_agent_never_shows(event: HitChanged) -> None:
    assert policy().hit(event) == []


def test_a_retracted_hit_takes_its_prompt_back_and_the_rule_may_fire_again() -> None:
    prompts = policy()
    prompts.hit(hit(state=PROVISIONAL, id="h"))
    gone = hit(at_ms=1_400, state=RETRACTED, id="h")
    assert states(prompts.hit(gone)) == [("withdrawn", "a")]
    assert states(prompts.hit(hit(at_ms=3_000))) == [("shown", "a")]


def test_one_at_a_time_and_the_more_severe_takes_the_place() -> None:
    prompts = policy()
    prompts.hit(hit("a", severity="medium"))
    assert prompts.hit(hit("b", at_ms=1_100, severity="low")) == []
    assert states(prompts.hit(hit("c", at_ms=1_200, severity="critical"))) == [
        ("expired", "a"),
        ("shown", "c"),
    ]


def test_the_same_severity_waits_until_the_one_before_has_been_read() -> None:
    prompts = policy(replace_ms=4_000)
    prompts.hit(hit("a"))
    assert prompts.hit(hit("b", at_ms=2_000)) == []
    assert prompts.tick(4_900) == []
    assert states(prompts.tick(5_000)) == [("expired", "a"), ("shown", "b")]


def test_a_lesser_prompt_waits_longer_and_comes_as_what_has_become_of_it() -> None:
    prompts = policy(lesser_replace_ms=6_000)
    prompts.hit(hit("a", severity="high"))
    assert prompts.hit(hit("b", at_ms=2_000, state=PROVISIONAL, id="b")) == []
    assert prompts.hit(hit("b", at_ms=2_500, id="b")) == []
    assert prompts.tick(6_900) == []
    gone, shown = prompts.tick(7_000)
    assert states([gone, shown]) == [("expired", "a"), ("shown", "b")]
    assert not shown.prompt.provisional


def test_what_waited_too_long_is_not_shown_any_more() -> None:
    prompts = policy(wait_ms=3_000, replace_ms=60_000, shown_ms=60_000)
    prompts.hit(hit("a"))
    prompts.hit(hit("b", at_ms=2_000))
    prompts.tick(5_000)
    assert prompts.tally["waited_too_long"] == 1
    assert states(prompts.tick(61_000)) == [("expired", "a")]


def test_a_prompt_leaves_by_itself() -> None:
    prompts = policy(shown_ms=12_000)
    prompts.hit(hit())
    assert states(prompts.tick(13_000)) == [("expired", "a")]


def test_the_same_rule_rests_and_a_critical_one_does_not() -> None:
    prompts = policy(rest_ms=30_000, shown_ms=1_000)
    prompts.hit(hit("a", at_ms=1_000))
    prompts.tick(2_500)
    assert prompts.hit(hit("a", at_ms=20_000)) == []
    assert prompts.hit(hit("a", at_ms=20_500, severity="critical"))
    prompts.tick(22_000)
    assert prompts.hit(hit("a", at_ms=60_000))


def test_a_call_has_a_budget_that_critical_prompts_pass() -> None:
    prompts = policy(budget=2, shown_ms=100)
    for number in range(4):
        prompts.hit(hit(f"r{number}", at_ms=number * 1_000))
        prompts.tick(number * 1_000 + 500)
    assert prompts.tally["shown"] == 2
    assert prompts.tally["over_budget"] == 2
    assert prompts.hit(hit("x", at_ms=9_000, severity="critical"))


def test_dismissing_makes_room_for_the_next() -> None:
    prompts = policy()
    (shown,) = prompts.hit(hit("a"))
    prompts.hit(hit("b", at_ms=1_500))
    changes = prompts.feedback("dismiss", shown.prompt.id, 2_000)
    assert states(changes) == [("dismissed", "a"), ("shown", "b")]


def test_a_dismissal_that_comes_late_does_not_hit_the_next_prompt() -> None:
    prompts = policy()
    prompts.hit(hit("a"))
    assert prompts.feedback("dismiss", "p99", 2_000) == []


def test_not_right_silences_the_rule_for_the_rest_of_the_call() -> None:
    prompts = policy(rest_ms=0)
    (shown,) = prompts.hit(hit("a"))
    assert states(prompts.feedback("not_right", shown.prompt.id, 1_200)) == [("not_right", "a")]
    assert prompts.hit(hit("a", at_ms=90_000)) == []
    assert prompts.tally["silenced"] == 1


def test_muted_means_nothing_shows_until_unmuted() -> None:
    prompts = policy()
    prompts.hit(hit("a"))
    assert states(prompts.feedback("mute", "", 1_100)) == [("dismissed", "a")]
    assert prompts.hit(hit("b", at_ms=2_000)) == []
    prompts.feedback("unmute", "", 3_000)
    assert prompts.hit(hit("c", at_ms=4_000))


def step(state: StepState, at_ms: int = 20_000) -> StepChanged:
    return StepChanged(at_ms=at_ms, step="opening", state=state, source="S3.1", deadline_ms=20_000)


def test_an_overdue_step_warns_with_its_sentence_until_it_is_said() -> None:
    prompts = policy()
    (change,) = prompts.step(step(StepState.MISSED))
    assert (change.prompt.kind, change.prompt.suggest) == ("step", ("您好",))
    assert states(prompts.step(step(StepState.LATE, 23_000))) == [("withdrawn", "opening")]


@pytest.mark.parametrize("state", [StepState.PENDING, StepState.DONE, StepState.NOT_APPLICABLE])
def test_a_step_in_good_order_says_nothing(state: StepState) -> None:
    assert policy().step(step(state)) == []


def conduct(at_ms: int) -> ConductNoticed:
    return ConductNoticed(
        at_ms=at_ms,
        check="conduct.rate",
        role=Role.AGENT,
        value=300.0,
        limit=260.0,
        begin_ms=0,
        end_ms=at_ms,
    )


def test_conduct_is_hinted_at_sparingly_and_gives_way_to_words() -> None:
    prompts = policy(conduct_rest_ms=60_000, conduct_budget=2, shown_ms=1_000)
    assert states(prompts.conduct(conduct(1_000))) == [("shown", "conduct.rate")]
    assert states(prompts.hit(hit("a", at_ms=1_100, severity="medium")))[-1] == ("shown", "a")
    prompts.tick(10_000)
    assert prompts.conduct(conduct(30_000)) == []
    assert prompts.conduct(conduct(70_000))
    prompts.tick(80_000)
    assert prompts.conduct(conduct(140_000)) == []


def test_the_words_of_a_confirmation_replace_those_shown() -> None:
    prompts = policy()
    prompts.hit(hit(state=PROVISIONAL, id="h"))
    final = hit(at_ms=1_400, id="h")
    changed = replace(final, hit=replace(final.hit, quote="这个我不知道"))
    (change,) = prompts.hit(changed)
    assert change.prompt.heard == "这个我不知道"
    assert not change.prompt.provisional


def test_words_heard_too_late_make_no_prompt_and_are_told_as_late() -> None:
    prompts = policy()
    assert prompts.hit(hit(id="h"), late=True) == []
    assert prompts.tally["late"] == 1
    assert prompts.step(step(StepState.MISSED), late=True) == []
    assert prompts.conduct(conduct(9_000), late=True) == []
    assert prompts.tally["late"] == 3
    assert prompts.current is None


def test_a_prompt_that_is_shown_goes_on_with_its_hit_however_late_that_is_settled() -> None:
    prompts = policy()
    prompts.hit(hit(state=PROVISIONAL, id="h"))
    assert states(prompts.hit(hit(at_ms=9_000, id="h"), late=True)) == [("confirmed", "a")]


def test_a_fatal_hit_that_waits_is_shown_so_that_the_agent_can_mend_it() -> None:
    (shown,) = policy().hit(hit(fatal=True, tier=Tier.FUZZY))
    assert shown.state is PromptState.SHOWN


def test_a_hit_that_turns_out_doubtful_leaves_the_screen() -> None:
    prompts, first = policy(), hit()
    prompts.hit(first)
    doubtful = replace(first, hit=replace(first.hit, decision=Decision.DOUBTFUL), amended=True)
    assert [change.state for change in prompts.hit(doubtful)] == [PromptState.WITHDRAWN]


def test_a_step_that_may_have_been_said_unheard_is_not_prompted() -> None:
    missed = StepChanged(
        at_ms=20_000, step="opening", state=StepState.MISSED, source="S3.1", deadline_ms=15_000
    )
    assert policy().step(replace(missed, unheard=True)) == []
    assert [change.state for change in policy().step(missed)] == [PromptState.SHOWN]
