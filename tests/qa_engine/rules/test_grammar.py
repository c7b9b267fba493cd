"""The worked examples of `phrasebook/GRAMMAR.md`, run as they stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from phrasebook import load
from phrasebook.durations import read_duration
from qa_engine.analysis import AnalysisResult
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.record import CallRecord
from qa_engine.text_call import judge_dialogue

PAGE = Path(__file__).parents[3] / "phrasebook" / "GRAMMAR.md"
WORDS = {"遗漏": StepState.MISSED, "完成": StepState.DONE, "不适用": StepState.NOT_APPLICABLE}


def examples() -> Iterator[tuple[str, str, str]]:
    """Pack, the call's data, dialogue with what it comes to."""
    pack = ""
    for kind, told, body in re.findall(
        r"```(yaml|call)([^\n]*)\n(.*?)```", PAGE.read_text("utf-8"), re.S
    ):
        if kind == "yaml":
            pack = body
        else:
            yield pack, told.strip(), body


def judged(pack: str, told: str, lines: list[str], folder: Path) -> AnalysisResult:
    (folder / "pack.yaml").write_text(pack, "utf-8")
    book = load(folder / "pack.yaml")
    data = dict(pair.split("=") for pair in told.split())
    lasted = data.pop("时长", "60s")
    clock = data.pop("时刻", "")
    dialogue = Dialogue(
        lines=tuple(
            SpokenLine(text=text, speaker=speaker)
            for speaker, _, text in (line.partition("：") for line in lines)
        ),
        shape="text",
        basis=Basis.WORDS,
    )
    return judge_dialogue(
        dialogue,
        {"坐席": Role.AGENT, "客户": Role.CUSTOMER},
        phrasebook=book,
        matcher=Matcher(book),
        duration_ms=read_duration(lasted) or 0,
        record=CallRecord(
            direction=data.pop("方向", ""),
            started_at=datetime.fromisoformat(f"2026-03-01T{clock}").astimezone()
            if clock
            else None,
            data=data,
        ),
    )


@pytest.mark.parametrize(("pack", "told", "body"), list(examples()))
def test_an_example_comes_to_what_the_page_says(
    pack: str, told: str, body: str, tmp_path: Path
) -> None:
    *lines, outcome = body.strip().splitlines()
    result = judged(pack, told, lines, tmp_path)

    hits, *rest = outcome.removeprefix("=>").strip().split("；")
    assert [hit.rule for hit in result.hits] == ([] if hits == "无" else hits.split())
    for said in rest:
        word, _, what = said.partition(" ")
        if word == "未知":
            assert what in result.unknown
        elif word == "流程":
            assert result.script is not None
            assert result.script.id == what
        elif word == "得分":
            assert result.score is not None
            assert result.score.total == float(what)
        else:
            [state] = [step.state for step in result.steps if step.step.id == what]
            assert state is WORDS[word]


def test_every_construct_has_two_examples() -> None:
    sections = PAGE.read_text("utf-8").split("\n### ")[1:]
    assert len(sections) >= 7
    assert all(section.count("```call") >= 2 for section in sections)
