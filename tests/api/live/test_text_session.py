"""A call that comes as text: lines and their revisions become utterances."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from api.live.text_session import LineRead, TextSession
from qa_engine.dialogue import Basis, SpokenLine
from qa_engine.events import Role, UtteranceHeard


def test_each_revision_of_a_line_is_numbered_from_nought() -> None:
    call: Any = SimpleNamespace(is_final=lambda number: False, read=lambda utterance: [])
    session = TextSession(call, Basis.WORDS)

    def revision(number: int, text: str) -> int:
        line = SpokenLine(text=text, speaker="")
        read = LineRead(number=number, role=Role.AGENT, line=line, is_final=False)
        (heard,) = session.read(read)
        assert isinstance(heard, UtteranceHeard)
        return heard.utterance.revision

    assert [revision(0, "您"), revision(0, "您好"), revision(1, "请"), revision(0, "您好啊")] == [
        *(0, 1, 0, 2)
    ]
