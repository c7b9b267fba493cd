"""What a finding does, and whether a call passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa_engine.events import Decision, Hit, Role, Tier
from qa_engine.rules.counting import (
    REASON_ZH,
    Conclusion,
    Effect,
    Reason,
    Standing,
    conclude,
    conclusion_of,
    is_told_live,
    standing_of_hit,
    standing_of_step,
    with_verdict,
)
from tests.qa_engine.rules.scripted import hit

RUDE = hit("rude", 3, role=Role.AGENT, audience="agent", kind="forbidden")
FATAL = replace(RUDE, fatal=True)


def test_a_kept_hit_of_a_known_speaker_counts() -> None:
    assert standing_of_hit(RUDE) == Standing(Effect.COUNTED)
    assert standing_of_hit(FATAL).counts


@pytest.mark.parametrize(
    ("found", "effect", "reason"),
    [
        (replace(RUDE, decision=Decision.DROPPED), Effect.NOT_COUNTED, Reason.DROPPED),
        (replace(RUDE, decision=Decision.DOUBTFUL), Effect.WAITING, Reason.DOUBTFUL),
        (replace(RUDE, confidence=0.44), Effect.WAITING, Reason.DOUBTFUL),
        (replace(RUDE, audience="review"), Effect.WAITING, Reason.REVIEW_ONLY),
        (replace(RUDE, role_confidence=0.49), Effect.NOT_COUNTED, Reason.UNKNOWN_SPEAKER),
        (replace(FATAL, role_confidence=0.0), Effect.NOT_COUNTED, Reason.UNKNOWN_SPEAKER),
    ],
)
def test_what_does_not_simply_count_says_why(found: Hit, effect: Effect, reason: Reason) -> None:
    assert standing_of_hit(found) == Standing(effect, reason)


@pytest.mark.parametrize(
    "unsure",
    [{"tier": Tier.FUZZY}, {"certainty": 0.89}, {"confidence": 0.69}],
    ids=["not as it sounds", "the decision", "the words"],
)
def test_a_fatal_hit_that_is_not_certain_waits_and_is_still_shown(
    unsure: dict[str, object],
) -> None:
    standing = standing_of_hit(replace(FATAL, **unsure))  # type: ignore[arg-type]

    assert standing == Standing(Effect.WAITING, Reason.FATAL_UNSURE)
    assert is_told_live(standing)


def test_a_homophone_that_is_certain_is_fatal() -> None:
    assert standing_of_hit(replace(FATAL, tier=Tier.HOMOPHONE)).counts


def test_in_a_call_that_cannot_be_judged_nothing_counts() -> None:
    assert standing_of_hit(FATAL, judgeable=False).reason is Reason.NOT_JUDGEABLE
    assert standing_of_step(unheard=False, judgeable=False).reason is Reason.NOT_JUDGEABLE


def test_unheard_is_not_unsaid() -> None:
    assert standing_of_step(unheard=False).counts
    assert standing_of_step(unheard=True) == Standing(Effect.NOT_COUNTED, Reason.UNHEARD)
    assert standing_of_step(unheard=True, fatal=True).waits


@pytest.mark.parametrize("reason", [Reason.DOUBTFUL, Reason.REVIEW_ONLY, Reason.FATAL_UNSURE])
def test_a_person_decides_what_waits(reason: Reason) -> None:
    waits = Standing(Effect.WAITING, reason)

    assert with_verdict(waits, None) == waits
    assert with_verdict(waits, True).counts
    assert with_verdict(waits, False) == Standing(Effect.NOT_COUNTED, Reason.OVERTURNED)


def test_no_verdict_makes_a_call_judgeable() -> None:
    never = Standing(Effect.NOT_COUNTED, Reason.NOT_JUDGEABLE)
    assert with_verdict(never, True) == never


@pytest.mark.parametrize(
    ("total", "fatal", "waits", "expected"),
    [
        (85.0, False, False, Conclusion.PASSED),
        (84.9, False, False, Conclusion.FAILED),
        (100.0, False, True, Conclusion.TO_REVIEW),
        (10.0, False, True, Conclusion.TO_REVIEW),
        (0.0, True, True, Conclusion.FAILED),
        (None, False, True, Conclusion.NOT_JUDGEABLE),
    ],
)
def test_a_call_passes_by_one_rule(
    total: float | None, fatal: bool, waits: bool, expected: Conclusion
) -> None:
    assert conclude(total, 85, fatal=fatal, fatal_waits=waits) is expected


def test_a_kept_score_and_flag_say_the_same_as_the_conclusion() -> None:
    kept = [(None, None), (90.0, None), (90.0, True), (10.0, False)]
    assert [conclusion_of(*one).value for one in kept] == [
        "not_judgeable",
        "to_review",
        "passed",
        "failed",
    ]


def test_every_reason_has_its_words() -> None:
    assert set(REASON_ZH) == set(Reason)
