"""Calls written as text with what an inspector would note: at each line, and of the steps.

```call 产品=年金险 时刻=10:20
坐席：这个产品保本的 # 承诺保本
=> 完成 报身份 结束语；遗漏 犹豫期
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from phrasebook import Phrasebook
from phrasebook.model import Entry, Kind
from qa_engine.events import Hit, Role, StepState, Tier
from qa_engine.rules.conduct import Conduct
from qa_engine.rules.record import CallRecord
from qa_engine.rules.score import Score
from qa_engine.rules.scorecard import score
from qa_engine.rules.step_result import StepResult, not_due

ROLES: Mapping[str, Role] = {"坐席": Role.AGENT, "客户": Role.CUSTOMER}
STATES = {"遗漏": StepState.MISSED, "完成": StepState.DONE, "不适用": StepState.NOT_APPLICABLE}
Found = frozenset[tuple[int, str]]
"""Lines, by their number, with the rule that was broken there."""


@dataclass(frozen=True, slots=True)
class Line:
    role: Role
    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledCall:
    record: CallRecord
    lines: tuple[Line, ...]
    steps: Mapping[str, StepState]

    @property
    def truth(self) -> Found:
        return frozenset((n, rule) for n, line in enumerate(self.lines) for rule in line.rules)


def read_calls(page: str) -> Iterator[LabelledCall]:
    for told, body in re.findall(r"```call([^\n]*)\n(.*?)```", page, re.DOTALL):
        *lines, outcome = body.strip().splitlines()
        steps: dict[str, StepState] = {}
        for part in outcome.removeprefix("=>").strip().split("；"):
            word, *names = part.split()
            steps |= dict.fromkeys(names, STATES[word])
        yield LabelledCall(_record(told), tuple(map(_line, lines)), steps)


def _line(typed: str) -> Line:
    said, _, rules = typed.partition(" # ")
    speaker, _, text = said.partition("：")
    return Line(ROLES[speaker], text, tuple(rules.split()))


def _record(told: str) -> CallRecord:
    data = dict(pair.split("=") for pair in told.split())
    clock = data.pop("时刻", "")
    started = datetime.fromisoformat(f"2026-03-02T{clock}").astimezone() if clock else None
    return CallRecord(direction=data.pop("方向", ""), started_at=started, data=data)


def true_score(book: Phrasebook, call: LabelledCall) -> Score:
    """What the scorecard makes of the labels."""
    entries = {entry.id: entry for entry in book.entries}
    hits = [_hit(entries[rule], call.lines[n].role, n, at) for at, (n, rule) in _placed(call)]
    steps = [
        StepResult(
            step=step,
            state=call.steps[step.id],
            at_ms=0,
            deadline_ms=None,
            utterance=None,
            in_order=True,
            instances=(),
        )
        if step.id in call.steps
        else not_due(step)
        for step in book.steps
    ]
    silent = Conduct(
        checks=(),
        silences=(),
        overlaps=(),
        holds=(),
        agent_speech_ms=1_000,
        customer_speech_ms=1_000,
    )
    return score(book, hits, steps, silent)


def _placed(call: LabelledCall) -> Iterator[tuple[int, tuple[int, str]]]:
    yield from enumerate(sorted(call.truth))


def _hit(entry: Entry, role: Role, line: int, at: int) -> Hit:
    """Each on words of its own: which of two on the same words is charged is not asked here."""
    return Hit(
        id=f"h{at}",
        rule=entry.id,
        source=entry.source,
        phrase=entry.title,
        role=role,
        utterance=line,
        begin_char=at * 10,
        end_char=at * 10 + 1,
        begin_ms=line * 1_000,
        end_ms=line * 1_000 + 500,
        heard="",
        quote="",
        tier=Tier.EXACT,
        score=1.0,
        why="",
        suggest=(),
        coach="",
        severity=entry.severity.value,
        audience=entry.audience.value,
        kind=Kind(entry.kind).value,
        fatal=entry.fatal,
        confidence=1.0,
    )
