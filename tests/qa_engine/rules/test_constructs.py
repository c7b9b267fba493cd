"""Every construct of the rule language four ways: as written, misheard, across a pause, negated.

The table in `phrasebook/GRAMMAR.md` says what each comes to; here each cell is a call.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phrasebook import Phrasebook, load_text
from qa_engine.events import StepState
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
STEP = """
entries:
  - {id: 抱怨, who: 客户, kind: 触发, say: 等了好久}
steps:
  - id: rule
"""
DATA = "产品=年金险 挂机方=坐席 订单号=8801 姓名=张薇"
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
        "say: 随便您\n    when: 前30秒",
        *("随便您", "随变您", "随便/您", "我没说随便您"),
    ),
    "`when` turns": (
        "say: 随便您\n    when: 前2句",
        *("随便您", "随变您", "随便/您", "我没说随便您"),
    ),
    "`before` turns": (
        "say: 您等着吧\n    before: {who: 客户, say: 我要投诉, within: 1句}",
        *("客户：我要投诉/您等着吧", "客户：我要投速/您等着吧", "客户：我要投诉/您等/着吧"),
        "客户：我要投诉/没说您等着吧",
    ),
    "`after` turns": (
        "say: 您等着吧\n    after: {who: 客户, say: 我要投诉, within: 1句}",
        *("您等着吧/客户：我要投诉", "您等着吧/客户：我要投速", "您等/着吧/客户：我要投诉"),
        "没说您等着吧/客户：我要投诉",
    ),
    "`命中` 前 N句": (
        "say: 给您推荐\n    if: 命中:拒绝 前1句",
        *("客户：不需要/给您推荐", "客户：不需要/给您推见", "客户：不需要/给您/推荐"),
        "客户：不需要/不能给您推荐",
    ),
    "`命中` 后 N s": (
        "say: 给您推荐\n    if: 命中:拒绝 后30s",
        *("给您推荐/客户：不需要", "给您推见/客户：不需要", "给您/推荐/客户：不需要"),
        "不能给您推荐/客户：不需要",
    ),
    "`命中` 全程": (
        "say: 给您推荐\n    if: 命中:拒绝 全程",
        *("给您推荐/客户：不需要", "给您推见/客户：不需要", "给您/推荐/客户：不需要"),
        "不能给您推荐/客户：不需要",
    ),
    "`完成`": (
        "say: 您的余额是\n    if: 非 完成:核实",
        *("您的余额是", "您的鱼额是", "您的余/额是", "我没说您的余额是"),
    ),
    "`且` `或` `非`": (
        "say: 给您推荐\n    if: (命中:拒绝 或 产品 = 车险) 且 非 完成:核实",
        *("客户：不需要/给您推荐", "客户：不需要/给您推见", "客户：不需要/给您/推荐"),
        "客户：不需要/不能给您推荐",
    ),
    "`record` of an entry": (
        'say: "订单号是{数字}"\n    record: 订单号',
        *("您的订单号是三三零一", "您的定单号是三三零一", "您的订单号是/三三零一"),
        "我没说订单号是三三零一",
    ),
    "`if` 挂机方": (
        "say: 先这样吧\n    if: 挂机方 = 坐席",
        *("先这样吧", "先这洋吧", "先这/样吧", "我没说先这样吧"),
    ),
    "`frames` 无": (
        "say: 给您返现\n    frames: 无",
        *("给您返现", "给您反现", "给您/返现", "不能给您返现"),
    ),
    "`frames` 条件": (
        "say: 给您返现\n    frames: 条件",
        *("给您返现", "给您反现", "给您/返现", "不能给您返现"),
    ),
    "`bonus`": (
        "kind: 触发\n    say: 注意身体",
        *("您注意身体", "您注意身题", "您注意/身体", "我没说注意身体"),
    ),
    "step `within` turns": (
        "say: 非常抱歉\n    anchor: hit:抱怨\n    within: 1句",
        *("客户：等了好久/非常抱歉", "客户：等了好久/非常抱欠", "客户：等了好久/非常/抱歉"),
        "客户：等了好久/您说/客户：没人管/订单号",
    ),
    "step `record` number": (
        "say: 订单号\n    record: 订单号",
        *("订单号是八八零一", "定单号是八八零一", "订单号是/八八零一", "订单号不清楚"),
    ),
    "step `record` name": (
        "say: 请问是\n    record: 姓名",
        *("请问是张薇女士吗", "请问是张威女士吗", "请问是/张女士吗", "请问是李敏吗"),
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


def pack(name: str, rule: str) -> Phrasebook:
    if name.startswith("step"):
        return load_text(STEP + f"    {rule}\n", "pack")
    checked = "steps:\n  - {id: 核实, say: 后四位, required: 否}\n"
    return load_text(PACK + f"    {rule}\n" + checked, "pack")


def is_hit(book: Phrasebook, call: str) -> bool:
    """Whether the entry was hit, or the step done."""
    lines = [part if "：" in part else f"坐席：{part}" for part in call.split("/")]
    result = judged(book, DATA, lines)
    done = any(step.step.id == "rule" and step.state is StepState.DONE for step in result.steps)
    return done or any(hit.rule == "rule" for hit in result.hits)


def test_the_table_names_every_construct() -> None:
    assert list(table()) == list(CONSTRUCTS)


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_a_construct_comes_to_what_the_table_says(name: str) -> None:
    rule, *calls = CONSTRUCTS[name]
    book = pack(name, rule)

    found = ["hit" if is_hit(book, call) else "none" for call in calls]

    assert found == [cell.split()[0] for cell in table()[name]]
