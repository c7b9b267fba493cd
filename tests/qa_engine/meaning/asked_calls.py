"""Calls that were judged from text, by a pack with questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import phrasebook
from phrasebook.model import Phrasebook
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.report import Report, compose
from qa_engine.report.model import CallFacts
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord
from qa_engine.text_call import judge_dialogue

PACK = """
pack: {name: asking, version: "1"}
entries:
  - {id: 同意, who: 客户, kind: 触发, say: 你说吧}
  - {id: 不知道, say: 我不知道, suggest: 我帮您查一下, points: 5}
asks:
  - id: 讲清犹豫期
    ask: 坐席是否讲清了犹豫期有多少天？
    if: 命中:同意
    yes: 说了天数
    no: 没有说天数
    points: 20
  - {id: 问过需求, ask: 坐席是否先问客户想要什么？, yes: 问了, no: 没有问, points: 10}
  - {id: 催促, ask: 坐席是否催促客户？, yes: 催了, no: 没有催, wrong: 是, severity: 高}
  - {id: 安抚, ask: 客户着急时坐席是否安抚？, yes: 安抚了, no: 没有, na: 客户不着急, points: 10}
scorecard:
  total: 100
  pass: 80
  items:
    - {id: 用语, title: 用语, points: 40, feeds: [不知道]}
    - {id: 说明, title: 说明, points: 40, feeds: [讲清犹豫期, 问过需求]}
    - {id: 态度, title: 态度, points: 20, feeds: [催促, 安抚, 不知道]}
"""
AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
SAID: Sequence[tuple[Role, str]] = (
    (AGENT, "您好请问您想了解哪一方面"),
    (CUSTOMER, "你说吧"),
    (AGENT, "这款产品有犹豫期签收后十五天内可以全额退"),
    (CUSTOMER, "这个钱什么时候到"),
    (AGENT, "这个我不知道您赶紧定吧"),
    (CUSTOMER, "我再想想"),
)


def pack(folder: Path, text: str = PACK) -> Phrasebook:
    path = folder / "asking.yaml"
    path.write_text(text, "utf-8")
    return phrasebook.load(path)


_NAMES = {AGENT: "坐席", CUSTOMER: "客户"}


class _Words:
    name, version, synthetic = "transcript", "1", False


def judged(
    book: Phrasebook,
    said: Sequence[tuple[Role, str]] = SAID,
    *,
    call_id: str = "c-1",
    record: CallRecord = NOTHING_KNOWN,
    matcher: Matcher | None = None,
) -> Report:
    lines = tuple(
        SpokenLine(speaker=_NAMES[role], text=text, begin_ms=2_000 * n, end_ms=2_000 * n + 1_800)
        for n, (role, text) in enumerate(said)
    )
    result = judge_dialogue(
        Dialogue(lines=lines, basis=Basis.TIMES, shape="test"),
        {name: role for role, name in _NAMES.items()},
        phrasebook=book,
        matcher=matcher or Matcher(book),
        record=record,
    )
    facts = CallFacts(id=call_id, file=f"{call_id}.txt", duration_ms=result.duration_ms)
    return compose(result, phrasebook=book, recogniser=_Words(), call=facts)
