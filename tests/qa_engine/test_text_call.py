"""A dialogue that is text already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from phrasebook import parse
from phrasebook.model import Anchor, AnchorKind, Kind, Speaker
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.text_call import judge_dialogue
from tests.qa_engine.rules.scripted import book, entry, on_hit, on_step, step

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


SORRY = replace(step("sorry", on_hit("angry"), within_ms=10_000), say=(parse("非常抱歉"),))
CHECKED = replace(
    step("checked", on_step("thanks"), from_ms=-10_000, within_ms=0), say=(parse("核对一下"),)
)
THANKS = replace(
    step("thanks", Anchor(kind=AnchorKind.CALL_START), within_ms=10_000), say=(parse("感谢接听"),)
)
ANGRY = replace(
    entry("angry", who=Speaker.CUSTOMER, kind=Kind.TRIGGER), say=(parse("我要投诉你们"),)
)
TALK = "麻烦您把整个过程从头到尾完完整整地讲一遍我这边一边听一边帮您登记在系统里面"


@pytest.mark.parametrize("basis", list(Basis)[1:])
def test_no_deadline_runs_out_where_nobody_knows_the_times(basis: Basis) -> None:
    said = (
        ("a", TALK),
        ("a", "感谢接听"),
        ("c", "我要投诉你们"),
        ("a", TALK),
        ("c", TALK),
        ("a", "非常抱歉"),
    )
    times = [n * 20_000 if basis is Basis.TIMES else None for n in range(len(said))]
    lines = tuple(
        SpokenLine(text=text, speaker=who, begin_ms=at)
        for (who, text), at in zip(said, times, strict=True)
    )
    pack = book(SORRY, THANKS, entries=(ANGRY,))
    result = judge_dialogue(
        Dialogue(shape="plain", basis=basis, lines=lines),
        {"a": Role.AGENT, "c": Role.CUSTOMER},
        phrasebook=pack,
        matcher=Matcher(pack),
    )
    due = StepState.LATE if basis is Basis.TIMES else StepState.DONE
    assert {found.step.id: found.state for found in result.steps} == dict.fromkeys(
        ("sorry", "thanks"), due
    )


@pytest.mark.parametrize(("before", "state"), [(True, StepState.DONE), (False, StepState.LATE)])
def test_the_order_is_judged_without_times(before: bool, state: StepState) -> None:
    said = ["核对一下", "感谢接听"] if before else ["感谢接听", "核对一下"]
    pack = book(THANKS, CHECKED)
    result = judge_dialogue(
        Dialogue(
            shape="plain",
            basis=Basis.WORDS,
            lines=tuple(
                SpokenLine(text=text, speaker=who)
                for who, text in (("c", TALK), *(("a", one) for one in said))
            ),
        ),
        {"a": Role.AGENT, "c": Role.CUSTOMER},
        phrasebook=pack,
        matcher=Matcher(pack),
    )
    assert {found.step.id: found.state for found in result.steps}["checked"] is state
