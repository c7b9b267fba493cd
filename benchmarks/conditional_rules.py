"""Rules that use every construct of the rule language, over what agents must not say."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice, product

from phrasebook import load_text
from phrasebook.model import Phrasebook
from phrasebook.version import with_version

__all__ = ["RECORD", "with_rules"]

RECORD = {"产品": "年金险", "客户等级": "4", "权限": "200", "订单号": "88013302", "挂机方": "坐席"}
WORDS = (
    *("我不知道", "不太清楚", "没办法", "办不了", "不归我管", "您搞错了", "肯定没问题", "马上就好"),
    *("您自己看", "公司规定", "听不懂吗", "您快一点", "我说过了", "随便您", "不可能", "您找别人"),
    *("回头再说", "大概吧", "差不多", "请您稍等"),
)
CONSTRUCTS = (
    "say: WORD",
    "say: WORD[一下]",
    "say: (WORD|保证) ...4 (您|我)",
    "say: WORD & 您",
    "say: ^WORD",
    'say: "{部门} ...6 WORD"',
    "say: WORD\n    times: 至少 2 次",
    "say: WORD\n    times: 最多 1 次",
    'say: "WORD ...8 {金额}"\n    limit: 金额 > 权限',
    "say: WORD\n    if: 产品 = 年金险 且 客户等级 >= 3",
    "say: WORD\n    if: 命中:asked 前3句",
    "say: WORD\n    if: 命中:asked 后30s 或 命中:asked 全程 >= 2",
    "say: WORD\n    if: 非 完成:greeted 且 时长 >= 10s",
    "say: WORD\n    if: 常用 或 挂机方 = 坐席",
    "say: WORD\n    before: {who: 客户, say: (喂|退), within: 2句}",
    "say: WORD\n    after: {who: 客户, say: (好|嗯), within: 30s}",
    "say: WORD\n    when: 前3句",
    "say: WORD\n    unless: [WORD谢谢]",
    "say: WORD\n    frames: 无",
    'say: "WORD{数字}"\n    record: 订单号 后4位',
)
HEAD = """
lists: {部门: [技术部, 财务部]}
conditions:
  常用: 方向 = 呼出 或 (产品 = 年金险 且 非 命中:asked 前30s)
entries:
  - {id: asked, who: 客户, kind: 触发, say: (退款|怎么|什么|不知道)}
"""
STEPS = """
steps:
  - {id: greeted, say: 您好, within: 2句}
  - {id: calmed, say: (抱歉|理解), anchor: hit:asked, within: 2句}
  - {id: told-number, say: 订单, record: 订单号}
"""


def with_rules(book: Phrasebook, count: int) -> Phrasebook:
    """The pack with `count` more rules, every construct in turn over every word."""
    wanted = islice(cycle(product(WORDS, CONSTRUCTS)), count)
    rules = "".join(
        f"  - id: rule-{number}\n    suggest: 好\n    {rule.replace('WORD', word)}\n"
        for number, (word, rule) in enumerate(wanted)
    )
    more = load_text(HEAD + rules + STEPS, "rules")
    return with_version(
        replace(
            book,
            entries=(*book.entries, *more.entries),
            steps=(*book.steps, *more.steps),
            conditions={**book.conditions, **more.conditions},
            lists={**more.lists, **book.lists},
        )
    )
