"""An angry customer, or an agent losing patience, is told to supervisors alone."""

from __future__ import annotations

import json
from typing import Any

from api.live.call_info import CallInfo, Playbook
from api.live.call_messages import CallMessages
from api.live.call_state import CallState
from api.live.messages import AlertTold
from api.live.reporting import as_utterance
from api.live.translate import utterance_told
from qa_engine.events import HitState, Role, UtteranceHeard
from qa_engine.prosody.live import MoodChanged
from qa_engine.prosody.moods import Mood, MoodKind
from qa_engine.prosody.tension import Raised
from tests.qa_engine.prosody.voices import said

INFO = CallInfo(call_id="a", roles=(Role.AGENT, Role.CUSTOMER), began_at="")


def messages() -> CallMessages:
    names: dict[str, Any] = {"script": "", "script_title": "", "steps": (), "titles": {}}
    return CallMessages(
        INFO, Playbook(**names, says={}, step_severity={}, versions={}, synthetic_model=False)
    )


def mood(state: HitState) -> MoodChanged:
    found = Mood(
        id="mood-angry-8",
        kind=MoodKind.ANGRY,
        role=Role.CUSTOMER,
        begin_ms=32_000,
        end_ms=35_000,
        tension=0.8,
        raised=(Raised.PITCH,),
        rule="anger",
        hit="h-8",
        utterance=8,
    )
    return MoodChanged(at_ms=35_000, state=state, mood=found, quote="我真的受够了")


def test_a_mood_is_an_alert_on_the_board_until_it_is_taken_back() -> None:
    told = messages()
    (raised,) = told.of(mood(HitState.CONFIRMED), 0.0, prompting=True)
    assert isinstance(raised, AlertTold)
    assert (raised.state, raised.rule, raised.quote) == ("raised", "mood.angry", "我真的受够了")
    assert told.summary(CallState.LIVE).alerts == {"high": 1}
    (withdrawn,) = told.of(mood(HitState.RETRACTED), 0.0, prompting=True)
    assert isinstance(withdrawn, AlertTold)
    assert withdrawn.state == "withdrawn"
    assert told.summary(CallState.LIVE).alerts == {}


def test_the_log_keeps_how_an_utterance_sounded() -> None:
    utterance = said(3)
    wire = json.loads(utterance_told("a", UtteranceHeard(at_ms=0, utterance=utterance)).wire())
    assert as_utterance(wire["utterance"]).contour == utterance.contour
