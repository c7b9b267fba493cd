"""Every construct of the rule language four ways: as written, misheard, across a pause, negated.

The table in `phrasebook/GRAMMAR.md` says what each comes to; here each cell is a call.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phrasebook import Phrasebook, load_text
from tests.qa_engine.rules.worked_calls import judged

PAGE = (Path(__file__).parents[3] / "phrasebook" / "GRAMMAR.md").read_text("utf-8")
HEAD = "| construct | as written | misheard | across a pause | negated |"
PACK = """
lists: {部门: [技术部, 财务部]}
entries:
  - {id: 拒绝, who: 客户, kind: 触发, say: 不需要}
  - id: rule
    suggest: 好
"""
CONSTRUCTS: dict[str, tuple[str, str, str, str, str]] = {
    "words": ("say: 我不知道", "我不知道", "我不之道", "我不/知道", "我没说我不知道"),
    "`[ ]`": (
        "say: 我[真的]不知道",
        *("我真的不知道", "我真的不之道", "我真的/不知道", "我没说我真的不知道"),
    ),
    "`( | )`": (
        "say: (随便您|爱要不要)",
        *("爱要不要", "爱要补要", "爱要/不要", "我没说爱要不要"),
    ),
    "`{list}`": (
        'say: "您去问{部门}"',
        *("您去问技术部", "您去问计数部", "您去问/技术部", "我没让您去问技术部"),
    ),
    "`...`": (
        "say: 这个...3不归我管",
        *("这个事不归我管", "这个事不龟我管", "这个事/不归我管", "我没说这个事不归我管"),
    ),
    "`&`": (
        "say: 返现 & 私下",
        *("私下给您返现", "私下给您反现", "私下给您/返现", "不能私下给您返现"),
    ),
    "`“ ”`": ("say: 加“微信”聊", "加微信聊", "加威信聊", "加/微信聊", "不要加微信聊"),
    "`^`": ("say: ^退不了", "退不了", "推不了", "退/不了", "没说退不了"),
    "`limit` 百分比": (
        'say: "收益 ...6 {百分比}"\n    limit: 百分比 > 3.5',
        *("收益能到百分之五", "收一能到百分之五", "收益能到/百分之五", "收益不会到百分之五"),
    ),
    "`limit` 金额": (
        'say: "赔您 ...4 {金额}"\n    limit: 金额 > 200',
        *("赔您三百块", "陪您三百块", "赔您/三百块", "我没说赔您三百块"),
    ),
    "`limit` 折扣": (
        'say: "打 ...2 {数字} 折"\n    limit: 折扣 < 8',
        *("打七折", "打期折", "打七/折", "不能打七折"),
    ),
    "`times`": (
        "say: 您快一点\n    times: 至少 2 次",
        *(
            "您快一点/您快一点",
            "您快一点/您块一点",
            "您快/一点/您快一点",
            "您快一点/我没让您快一点",
        ),
    ),
    "`if` data": (
        "say: 保证收益\n    if: 产品 = 年金险",
        *("保证收益", "保正收益", "保证/收益", "不能保证收益"),
    ),
    "`if` 命中": (
        "say: 给您推荐\n    if: 命中:拒绝",
        *("客户：不需要/给您推荐", "客户：不需要/给您推见", "客户：不需要/给您/推荐"),
        "客户：不需要/不能给您推荐",
    ),
    "`before`": (
        "say: 您等着吧\n    before: {who: 客户, say: 我要投诉, within: 60s}",
        *("客户：我要投诉/您等着吧", "客户：我要投速/您等着吧", "客户：我要投诉/您等/着吧"),
        "客户：我要投诉/没说您等着吧",
    ),
    "`unless`": (
        "say: 我不知道\n    unless: [我不知道您]",
        *("我不知道", "我不之道", "我不/知道", "我不知道您方便吗"),
    ),
    "`when`": (
        "say: 随便您\n    when: 前2句",
        *("随便您", "随变您", "随便/您", "我没说随便您"),
    ),
}


def table() -> dict[str, list[str]]:
    rows = PAGE.split(HEAD, 1)[1].strip().splitlines()[1:]
    found = {}
    for row in rows:
        if not row.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|")))
        found[name.replace("\\|", "|")] = cells
    return found


def pack(rule: str) -> Phrasebook:
    return load_text(PACK + f"    {rule}\n", "pack")


def is_hit(book: Phrasebook, call: str) -> bool:
    lines = [part if "：" in part else f"坐席：{part}" for part in call.split("/")]
    return any(hit.rule == "rule" for hit in judged(book, "产品=年金险", lines).hits)


def test_the_table_names_every_construct() -> None:
    assert list(table()) == list(CONSTRUCTS)


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_a_construct_comes_to_what_the_table_says(name: str) -> None:
    rule, *calls = CONSTRUCTS[name]
    book = pack(rule)

    found = ["hit" if is_hit(book, call) else "none" for call in calls]

    assert found == [cell.split()[0] for cell in table()[name]]
