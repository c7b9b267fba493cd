"""A call goes only where the table lets it, and nothing follows its last message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.live.call import LiveCall
from api.live.call_info import CallInfo, Playbook
from api.live.call_outcome import CallOutcome
from api.live.call_state import LEGAL, CallState, checked
from models.recogniser import Samples, Transcript
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.events import CallEnded, DecodeWanted, Role, SessionEvent, UtteranceHeard
from qa_engine.hearing.accounting import Account
from qa_engine.rules.judgeable import Unjudgeable
from tests.qa_engine.report.sample import analysed, utterances

SAID = utterances()[0]
WANTED = DecodeWanted(
    at_ms=100,
    window_id=0,
    utterance=0,
    channel=0,
    begin_ms=0,
    samples=np.zeros(16_000, np.float32),
    final=True,
)
HEARD = Transcript(text="", confidence=0.0)


class Talkative:
    """A session that says something at every turn, also after its end."""

    def __init__(self, *, late: bool) -> None:
        self._late = late
        self._closed = False
        self.ended = False

    def hear(self, samples: Samples) -> list[SessionEvent]:
        return self._say()

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]:
        return self._say() + self._end(self._closed)

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        return self._say()

    def missing(self, stretches: Sequence[Stretch]) -> list[SessionEvent]:
        return self._say()

    def finalize(self) -> list[SessionEvent]:
        return self._say()

    def close(self) -> list[SessionEvent]:
        self._closed = True
        return self._say() + self._end(not self._late)

    def result(self, ending: Unjudgeable) -> AnalysisResult:
        return analysed([], 1_000)

    @property
    def known_ms(self) -> Sequence[int]:
        return (0,)

    @property
    def accounts(self) -> Sequence[Account]:
        return ()

    def _say(self) -> list[SessionEvent]:
        return [UtteranceHeard(at_ms=100, utterance=SAID)]

    def _end(self, now: bool) -> list[SessionEvent]:
        if not now or self.ended:
            return []
        self.ended = True
        return [CallEnded(at_ms=1_000, duration_ms=1_000)]


def call(*, late: bool = True) -> LiveCall:
    info = CallInfo(call_id="a", roles=(Role.AGENT,), began_at="")
    playbook = Playbook(
        script="",
        script_title="",
        steps=(),
        titles={},
        says={},
        step_severity={},
        versions={},
        synthetic_model=True,
    )
    return LiveCall(info, Talkative(late=late), playbook)


INPUTS: dict[str, Callable[[LiveCall], CallOutcome]] = {
    "hear": lambda live: live.hear(np.zeros((1, 160), np.float32), 1.0),
    "decoded": lambda live: live.decoded(WANTED, HEARD, 1.0),
    "decode failed": lambda live: live.decoded(WANTED, HEARD, 1.0, failed=True),
    "overtaken": lambda live: live.overtaken(WANTED, 1.0),
    "finalize": lambda live: live.finalize(1.0),
    "lost": lambda live: live.lost("", 1.0),
    "found": lambda live: live.found("", 1.0),
    "resumed": lambda live: live.found("", 1.0, resumed=True),
    "close": lambda live: live.close("closed", 1.0),
    "give up": lambda live: live.close("lost", 1.0, gone="nobody"),
    "fail": lambda live: live.fail(1.0),
    "suspend": lambda live: live.suspend(5_000, 1.0),
    "feedback": lambda live: live.feedback("mute", ""),
    "notice": lambda live: live.notice("a", "b"),
    "stats": lambda live: live.stats(),
}


@pytest.mark.parametrize(("before", "after"), list(product(CallState, CallState)))
def test_only_the_ways_of_the_table_are_gone(before: CallState, after: CallState) -> None:
    if after in LEGAL[before]:
        assert checked(before, after) is after
    else:
        with pytest.raises(AssertionError, match=f"{before} to {after}"):
            checked(before, after)


def test_nothing_leads_out_of_ended_and_everything_leads_there() -> None:
    final = {state for state in CallState if not LEGAL[state]}
    assert final == {CallState.ENDED, CallState.SUSPENDED, CallState.KEPT}
    assert all(CallState.ENDED in LEGAL[state] for state in CallState if state not in final)


@given(names=st.lists(st.sampled_from(sorted(INPUTS)), max_size=25), late=st.booleans())
def test_whatever_comes_in_messages_are_numbered_and_nothing_follows_ended(
    names: list[str], late: bool
) -> None:
    live = call(late=late)
    told = live.open(0.0).messages
    for name in names:
        told += INPUTS[name](live).messages
    assert [message.seq for message in told] == list(range(1, len(told) + 1))
    kinds = [message.type for message in told]  # type: ignore[attr-defined]
    assert kinds.count("ended") == (live.state is CallState.ENDED)
    assert "ended" not in kinds[:-1]
    if live.state is CallState.SUSPENDED:
        assert told[-1].code == "restart"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_after_a_failure_every_input_is_discarded(name: str) -> None:
    live = call()
    live.open(0.0)
    assert live.fail(1.0).messages[-1].reason == "failed"  # type: ignore[attr-defined]
    seq = live.told.seq
    outcome = INPUTS[name](live)
    assert (outcome.messages, outcome.wanted, live.told.seq) == ([], [], seq)


def test_the_first_reason_to_close_stands() -> None:
    live = call()
    live.open(0.0)
    live.close("too_long", 1.0)
    assert not live.close("server_stopped", 2.0).messages
    ended = live.decoded(WANTED, HEARD, 3.0).messages[-1]
    assert ended.reason == "too_long"  # type: ignore[attr-defined]


def test_lost_again_is_waited_for_from_then_on() -> None:
    live = call()
    live.open(0.0)
    live.lost("nothing was sent", 10.0)
    live.lost("the connection broke", 70.0)
    assert live.since_s == 70.0
    live.found("", 80.0)
    live.found("", 90.0)
    assert live.since_s == 80.0
