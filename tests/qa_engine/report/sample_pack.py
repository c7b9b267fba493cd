"""A small phrasebook for the sample call, independent of the bundled one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from phrasebook import parse
from phrasebook.model import (
    AnatomyNames,
    ConductLimits,
    Entry,
    Kind,
    MoodRules,
    Phrasebook,
    Severity,
    Speaker,
    Step,
)
from phrasebook.scorecard import Scorecard, ScoreItem
from tests.qa_engine.rules.scripted import END, HERE, book, entry, on_hit, on_step, step


def _rule(name: str, title: str, source: str, *say: str, **keys: object) -> Entry:
    return replace(entry(name, title=title, source=source, **keys), say=tuple(map(parse, say)))


def _step(name: str, title: str, source: str, *say: str, **keys: object) -> Step:
    return replace(step(name, title=title, source=source, **keys), say=tuple(map(parse, say)))  # type: ignore[arg-type]


ENTRIES = (
    _rule(
        "s1-1-dont-know",
        "推说不知道",
        "S1.1",
        "我...2不知道",
        points=10.0,
        severity=Severity.HIGH,
        suggest=("让我帮您查询一下相关信息",),
        coach="客户要的是答案，不是谁知道。先接住，再去查：说出您要去哪里查、多久回复。",
    ),
    _rule(
        "s1-2-not-my-job",
        "推说不归我管",
        "S1.2",
        "不归我管",
        "您找...4(营业厅|别人)",
        points=10.0,
        severity=Severity.CRITICAL,
        suggest=("这个问题我需要请专业部门协助您",),
        coach="没有哪个客户打错了电话。您就是公司：说清由谁来办，并亲自把客户交过去。",
    ),
    _rule(
        "s2-3-guarantee",
        "承诺过度",
        "S2.3",
        "我保证",
        points=5.0,
        severity=Severity.MEDIUM,
        suggest=("三个工作日内到账，如果没有收到，您直接联系我",),
        coach="只承诺确定做得到的，给出时间范围。",
    ),
    _rule(
        "s6-1-media",
        "威胁投诉监管或媒体",
        "S6.1",
        "(工信部|媒体)...3(投诉|曝光)",
        who=Speaker.CUSTOMER,
        kind=Kind.TRIGGER,
        severity=Severity.CRITICAL,
        coach="立即致歉并通知主管，二十四小时内专人跟进。",
    ),
    _rule(
        "transfer",
        "转给别人",
        "S4.4",
        "为您转接",
        kind=Kind.TRIGGER,
        severity=Severity.LOW,
        coach="转接前说明原因，征得同意。",
    ),
)
STEPS = (
    _step(
        "opening", "开场问候", "S3.1", "感谢致电", within_ms=20_000, points=4.0,
        prompt="您好，感谢致电，我是客服，很高兴为您服务",
    ),
    _step(
        "offer-help", "表达服务意愿", "S3.2", "有什么...2帮您", within_ms=40_000, points=3.0,
        after=("opening",), prompt="请问有什么可以帮助您的？",
    ),
    _step(
        "identity-check", "核实身份", "S3.3", "核实...4身份", within_ms=60_000, points=4.0,
        prompt="为了保障您的账户安全，请提供您的姓名和手机号码后四位进行验证",
        coach="查询账户前先核实身份，并说明是为了客户的安全。",
    ),
    _step("confirm", "复述确认需求", "S3.7", "您的意思是", within_ms=240_000, points=4.0),
    _step("empathy", "共情", "S3.11", "非常理解您的心情", required=False),
    _step("hold-request", "请客户等待", "S3.5", "请您稍等", required=False),
    _step(
        "hold-reason", "等待前说明原因", "S4.5", "我...6查询", anchor=on_step("hold-request"),
        from_ms=-20_000, within_ms=15_000, points=3.0, prompt="我需要查询相关信息，请您稍等",
    ),
    _step(
        "hold-thanks", "等待后致谢", "S4.5", "感谢您的等待", anchor=on_step("hold-request"),
        from_ms=3000, within_ms=240_000, points=3.0, prompt="感谢您的耐心等待",
    ),
    _step(
        "apology", "安抚并致歉", "S4.6", "(非常抱歉|对不起)", anchor=on_hit("s6-1-media"),
        within_ms=20_000, points=5.0, prompt="给您带来不便，我深表歉意",
    ),
    _step("solution", "告知方案", "S3.8", "我建议您", points=4.0),
    _step(
        "transfer-reason", "转接前说明原因", "S4.4", "需要专业部门", points=3.0,
        anchor=on_hit("transfer"), within_ms=20_000,
    ),
    _step("more-help", "问是否还有需要", "S3.9", "还有其他需要", anchor=END, from_ms=-120_000),
    _step("closing", "结束语", "S3.10", "祝您生活愉快", anchor=END, from_ms=-40_000),
)  # fmt: skip
ITEMS = (
    ("words", "规范用语", "情绪管理", 40, ("s1-*", "s2-*")),
    ("voice", "语速、音量与节奏", "语音表达", 15, ("conduct.*",)),
    ("opening", "开场与身份", "流程掌握", 15, ("opening", "offer-help", "identity-check")),
    ("holding", "等待规范", "流程掌握", 10, ("hold-*",)),
    ("transfer", "转接规范", "流程掌握", 5, ("transfer-*",)),
    ("solving", "理解与方案", "问题解决", 10, ("confirm", "solution", "apology")),
    ("closing", "总结与结束", "流程掌握", 5, ("more-help", "closing")),
)


@cache
def pack() -> Phrasebook:
    items = tuple(
        ScoreItem(id=i, title=t, group=g, points=p, feeds=f, where=HERE) for i, t, g, p, f in ITEMS
    )
    return replace(
        book(*STEPS, entries=ENTRIES),
        name="sample",
        scorecard=Scorecard(items=items),
        moods=MoodRules(angry=("s6-1-media",)),
        conduct=ConductLimits(interruptions=1),
        anatomy=AnatomyNames(hold="hold-request"),
    )
