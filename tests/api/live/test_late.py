"""What was recognised too late is told as old, and never shown as if it had just been said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api.live.call import LiveCall
from api.live.call_info import CallInfo
from api.live.call_outcome import CallOutcome
from api.live.message_parts import OfCall
from api.live.messages import AlertTold, HitTold, PromptTold
from qa_engine.events import DecodeWanted, Role
from tests.api.live.speech import Line, record, scripted_hearing

CALL: list[Line] = [(0, 500, "这个我不知道"), (1, 3_000, "我要向媒体曝光你们")]
FRAME = 1_600


def heard(folder: Path, *, decode_after_s: float) -> list[OfCall]:
    """The call in real time, each window answered so long after it was asked for."""
    hearing = scripted_hearing(folder)
    engine = hearing.sessions
    info = CallInfo(call_id="a", roles=(Role.AGENT, Role.CUSTOMER), began_at="")
    live = LiveCall(info, engine.open_session(info), engine.playbook(info))
    told: list[OfCall] = list(live.open(0.0).messages)
    waiting: list[tuple[float, DecodeWanted]] = []

    def take(outcome: CallOutcome, now_s: float) -> None:
        told.extend(outcome.messages)
        waiting.extend((now_s + decode_after_s, w) for w in outcome.wanted if w.final)

    sound = record(CALL, 16_000).reshape(-1, 2).T
    for at in range(0, sound.shape[1], FRAME):
        now_s = (at + FRAME) / 16_000
        while waiting and waiting[0][0] <= now_s:
            _, wanted = waiting.pop(0)
            (transcript,) = hearing.recogniser.transcribe([wanted.samples], final=True)
            take(live.decoded(wanted, transcript, now_s), now_s)
        take(live.hear(np.ascontiguousarray(sound[:, at : at + FRAME]), now_s), now_s)
    return told


def confirmed(told: list[OfCall]) -> list[str]:
    return [m.hit.rule for m in told if isinstance(m, HitTold) and m.state == "confirmed"]


@pytest.mark.parametrize(("decode_after_s", "prompted"), [(0.5, True), (7.0, False)])
def test_a_prompt_is_shown_while_its_words_are_fresh_and_its_hit_counts_in_any_case(
    tmp_path: Path, decode_after_s: float, prompted: bool
) -> None:
    told = heard(tmp_path, decode_after_s=decode_after_s)
    phrases = [m for m in told if isinstance(m, PromptTold) and m.kind == "phrase"]
    assert bool(phrases) is prompted
    assert confirmed(told) == ["dont-know", "media"]


def test_the_supervisor_hears_of_old_words_too_and_how_old_they_are(tmp_path: Path) -> None:
    (alert,) = [m for m in heard(tmp_path, decode_after_s=7.0) if isinstance(m, AlertTold)]
    assert alert.rule == "media"
    assert 7_000 <= alert.age_ms <= 8_000
