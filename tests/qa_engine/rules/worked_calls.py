"""Calls as the pages about rules tell them: data, dialogue, and a line with what it comes to.

```call 产品=年金险 时长=90s
坐席：这个产品保本的
=> 保本；遗漏 犹豫期；得分 75
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from phrasebook import Phrasebook
from phrasebook.durations import read_duration
from qa_engine.analysis_result import AnalysisResult
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.record import CallRecord
from qa_engine.text_call import judge_dialogue

STATES = {
    "遗漏": StepState.MISSED,
    "完成": StepState.DONE,
    "迟到": StepState.LATE,
    "不适用": StepState.NOT_APPLICABLE,
}


def calls_of(page: str) -> Iterator[tuple[str, str]]:
    """The call's data, and its lines with the outcome."""
    for told, body in re.findall(r"```call([^\n]*)\n(.*?)```", page, re.DOTALL):
        yield told.strip(), body


def outcome_mistakes(book: Phrasebook, told: str, body: str) -> list[str]:
    """In what the call comes to something else than its last line says."""
    *lines, outcome = body.strip().splitlines()
    result = judged(book, told, lines)
    hits, *rest = outcome.removeprefix("=>").strip().split("；")
    found = [hit.rule for hit in result.hits]
    expected = [] if hits == "无" else hits.split()
    mistakes = [] if sorted(found) == sorted(expected) else [f"hits {found}, expected {expected}"]
    return mistakes + [wrong for said in rest if (wrong := _wrong(result, said))]


def _wrong(result: AnalysisResult, said: str) -> str:
    word, _, what = said.partition(" ")
    if word == "未知":
        return "" if what in result.unknown else f"{result.unknown} lacks {what}"
    if word == "流程":
        return "" if result.script and result.script.id == what else f"script is not {what}"
    if word == "得分":
        total = result.score.total if result.score else None
        return "" if total == float(what) else f"score {total}, expected {what}"
    states = {step.step.id: step.state for step in result.steps}
    return "" if states[what] is STATES[word] else f"{what} is {states[what]}, expected {word}"


def judged(book: Phrasebook, told: str, lines: list[str]) -> AnalysisResult:
    data = dict(pair.split("=") for pair in told.split())
    lasted = data.pop("时长", "0s")
    clock = data.pop("时刻", "")
    spoken = tuple(map(_line, lines))
    timed = any(line.begin_ms is not None for line in spoken)
    return judge_dialogue(
        Dialogue(
            lines=spoken,
            shape="text",
            basis=Basis.TIMES if timed else Basis.WORDS,
        ),
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


def _line(typed: str) -> SpokenLine:
    """`坐席：…`, or `坐席@12s：…` for one whose begin is known."""
    told, _, text = typed.partition("：")
    speaker, _, at = told.partition("@")
    begin_ms = read_duration(at) if at else None
    end_ms = None if begin_ms is None else begin_ms + 230 * len(text)
    return SpokenLine(text=text, speaker=speaker, begin_ms=begin_ms, end_ms=end_ms)
