"""A call is judged only where enough of it was heard, of people who are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from phrasebook.model import JudgeableLimits
from qa_engine.events import Role, Utterance
from qa_engine.rules.judgeable import MESSAGE_ZH, Unjudgeable, judge_call
from tests.qa_engine.rules.scripted import utterance

HELLO = utterance(1, Role.AGENT, 0, 4, "您好很高兴为您服务")
ANSWER = utterance(2, Role.CUSTOMER, 5, 9, "我想查一下我的订单")
CALL = (HELLO, ANSWER)


def reason(*heard: Utterance, duration_ms: int = 10_000, **keys: object) -> Unjudgeable:
    return judge_call(heard, duration_ms, JudgeableLimits(), **keys).reason  # type: ignore[arg-type]


def test_two_people_who_were_understood_can_be_judged() -> None:
    assert judge_call(CALL, 10_000, JudgeableLimits())


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        pytest.param((), Unjudgeable.NO_SPEECH, id="nobody"),
        pytest.param((HELLO,), Unjudgeable.ONE_PARTY, id="no customer"),
        pytest.param((ANSWER,), Unjudgeable.ONE_PARTY, id="no agent"),
        pytest.param(
            (HELLO, replace(ANSWER, intelligible=False, end_ms=9_500)),
            Unjudgeable.UNINTELLIGIBLE,
            id="more than half unclear",
        ),
        pytest.param(
            tuple(replace(u, role_confidence=0.0) for u in CALL),
            Unjudgeable.UNKNOWN_SPEAKERS,
            id="nobody knows who",
        ),
        pytest.param(
            (replace(HELLO, end_ms=900), replace(ANSWER, end_ms=5_900)),
            Unjudgeable.TOO_SHORT,
            id="hardly a word",
        ),
    ],
)
def test_what_cannot_be_judged_has_its_reason(
    heard: tuple[Utterance, ...], expected: Unjudgeable
) -> None:
    assert reason(*heard) is expected


def test_a_call_of_two_seconds_is_too_short() -> None:
    assert reason(*CALL, duration_ms=2_000) is Unjudgeable.TOO_SHORT


def test_a_recording_of_one_side_that_says_so_is_judged() -> None:
    assert reason(HELLO, expected=frozenset({Role.AGENT})) is Unjudgeable.NONE


def test_an_end_that_forbids_a_verdict_comes_first() -> None:
    assert reason(*CALL, ending=Unjudgeable.CUT_OFF) is Unjudgeable.CUT_OFF
    assert reason(ending=Unjudgeable.FAILED) is Unjudgeable.FAILED


def test_limits_of_nothing_judge_everything_that_was_said() -> None:
    none = JudgeableLimits(call_ms=0, speech_ms=0, party_ms=0, unclear_share=1, unknown_share=1)
    assert judge_call((replace(HELLO, intelligible=False),), 100, none)


def test_every_reason_has_its_words() -> None:
    assert set(MESSAGE_ZH) == set(Unjudgeable)
