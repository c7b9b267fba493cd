"""Who forgets to say that a call was an outbound one is told that it begins like one."""

from __future__ import annotations

import pytest

import phrasebook
from benchmarks.language import ROLES
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.matching import Matcher
from qa_engine.rules.script_hint import likelier_script
from qa_engine.text_call import judge_dialogue

BOOK = phrasebook.load(phrasebook.bundled())
MATCHER = Matcher(BOOK)
INBOUND = (
    "您好，感谢致电云帆宽带，我是客服小周，请问有什么可以帮您？",
    "请问是机主本人吗？您现在方便说一下地址吗？",
)
OUTBOUND = ("您好，请问是王先生吗？我是安信保险的客服小李。", "打扰您两分钟，您现在方便吗？")


def hinted(*agent: str, script: str = "") -> str:
    lines = [
        SpokenLine(text=agent[0], speaker="agent"),
        SpokenLine(text="嗯。", speaker="customer"),
    ]
    lines += [SpokenLine(text=text, speaker="agent") for text in agent[1:]]
    dialogue = Dialogue(lines=tuple(lines), shape="corpus", basis=Basis.WORDS)
    call = judge_dialogue(dialogue, ROLES, phrasebook=BOOK, matcher=MATCHER, script=script)
    found = likelier_script(BOOK, call.script, call.utterances, MATCHER)
    return found.id if found else ""


@pytest.mark.parametrize(
    ("agent", "script", "expected"),
    [
        pytest.param(
            OUTBOUND, "inbound", "outbound", id="an outbound call held to the inbound one"
        ),
        pytest.param(OUTBOUND[:1], "inbound", "outbound", id="one that has only begun"),
        pytest.param(OUTBOUND, "outbound", "", id="an outbound call held to its own"),
        pytest.param(INBOUND, "inbound", "", id="an inbound call that asks who is speaking"),
        pytest.param(("喂，说话。", "嗯，我看看。"), "inbound", "", id="a call that opens nothing"),
    ],
)
def test_a_call_that_opens_another_script_is_told(
    agent: tuple[str, ...], script: str, expected: str
) -> None:
    assert hinted(*agent, script=script) == expected
