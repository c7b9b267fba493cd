"""What a carrier's recorded voice says, by the words of the bundled pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from phrasebook import load
from qa_engine.anatomy import StretchKind
from qa_engine.line.recorded import RecordedVoices

VOICES = RecordedVoices(load(Path(__file__).parents[3] / "phrasebook" / "zh_call_center"))


@pytest.mark.parametrize(
    "text",
    [
        "您拨打的用户已关机",
        "对不起，您拨打的号码是空号，请查证后再拨",
        "您拨打的电话已停机",
        "您所拨打的用户正在通话中",
        "您拨打的用户暂时无法接通，请稍后再拨",
        "您拨打的号码已暂停服务",
        "Sorry, the subscriber you dialed is power off.",
        "Sorry! The number you have dialed is busy now, please redial later.",
    ],
)
def test_a_carriers_message_is_known(text: str) -> None:
    mark = VOICES.mark(text)
    assert mark is not None
    assert (mark.kind, mark.alone) == (StretchKind.ANNOUNCEMENT, True)


@pytest.mark.parametrize(
    "text",
    [
        "您的手机已停机，请您先缴费",
        "我的号码怎么停机了",
        "please call me later",
        "您拨打我的分机就可以",
    ],
)
def test_what_people_say_of_such_things_is_theirs(text: str) -> None:
    assert VOICES.mark(text) is None
