"""A dialogue that is text already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from phrasebook import parse
from phrasebook.model import Anchor, AnchorKind
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.text_call import judge_dialogue
from tests.qa_engine.rules.scripted import book, step

CLOSING = replace(
    step("closing", Anchor(kind=AnchorKind.CALL_END), within_ms=-30_000), say=(parse("再见"),)
)
PACK = book(CLOSING)


@pytest.mark.parametrize("basis", list(Basis)[1:])
def test_what_is_due_at_the_end_of_a_call_without_times_is_due_at_its_last_lines(
    basis: Basis,
) -> None:
    at_ms = 170_000 if basis is Basis.TIMES else None
    dialogue = Dialogue(
        shape="plain",
        basis=basis,
        lines=(
            SpokenLine(text="您好请讲", speaker="a", begin_ms=0),
            SpokenLine(text="我想问一下账单", speaker="c", begin_ms=at_ms and 4_000),
            SpokenLine(text="好的感谢来电再见", speaker="a", begin_ms=at_ms),
        ),
    )
    result = judge_dialogue(
        dialogue,
        {"a": Role.AGENT, "c": Role.CUSTOMER},
        phrasebook=PACK,
        matcher=Matcher(PACK),
        duration_ms=180_000,
    )
    assert [found.state for found in result.steps] == [StepState.DONE]
    assert result.duration_ms == 180_000
