"""How well does the ticket check see what is wrong with a ticket, and leave a good one alone?

Corpus: tickets put together by lot from sentences written for this benchmark (none is a test of the
`zh_ticket` pack), each with the six elements of service-standard S9.1. A bad one lacks one element,
or holds one thing that S9.2, S9.3 or S7.3 forbid.

    python -m benchmarks.ticket_check [--tickets 2000] [--json FILE]

`recall` is the share of bad tickets whose own fault is told, by kind; `false_remarks` the share of
good tickets with any remark or a missing element; `precision` counts, over all tickets, the remarks
and missing elements that were put in. The peer in the same run looks for the forbidden words and
the elements' headings as plain strings (`plain`).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import phrasebook
from qa_engine.matching import Matcher
from qa_engine.ticket import check_ticket

RESULT = Path(__file__).parent / "results" / "ticket_check.json"
LINES: dict[str, tuple[str, ...]] = {
    "ticket-customer": (
        "客户姓名：李女士，已核身", "来电人：陈先生，会员号尾号 3321", "用户信息：周小姐（金卡）",
        "客户资料：吴先生，本人来电", "赵女士来电，身份已核实",
    ),
    "ticket-type": (
        "工单类型：账单争议 紧急程度：中", "问题分类：物流查询，优先级：低",
        "投诉类，优先级高", "业务类别：退货退款 优先级：中", "诉求分类：设备报修 严重程度：高",
    ),
    "ticket-description": (
        "问题描述：2026-11-20 19:40 起客厅无信号，重启后仍不行",
        "情况说明：10 月账单多出一笔 30 元的点播费，本人未订购",
        "客户来电反映包裹显示签收但没有拿到，要求查明去向",
        "事件经过：11 月 18 日 18:15 付款两次，要求退回一笔",
        "故障描述：打印机 10:20 开始卡纸，更换纸张后相同",
    ),
    "ticket-actions": (
        "已采取措施：20:05 核对订购记录；20:09 暂停该业务",
        "处理步骤：查询签收底单，20:31 致电快递网点",
        "已为客户查询近三个月扣费明细", "已向客户致歉，并为其登记",
        "已采取措施：20:12 远程检测端口，指标正常",
    ),
    "ticket-next": (
        "处理方案：退回多扣款项 30 元", "下一步处理：网点核实后由专人致电",
        "解决办法：更换机顶盒", "转至财务部门核对后入账", "后续安排：由装维班组到场检修",
    ),
    "ticket-follow-up": (
        "跟进时间：2026-11-23 10:30", "回复时限：2026-11-22 17:00", "48 小时内电话回复客户",
        "联系时间：2026-11-24 09:15", "处理时限：3 个工作日内",
    ),
}  # fmt: skip
FAULTS: dict[str, tuple[str, ...]] = {
    "ticket-judging": (
        "该客户非常难缠", "用户胡搅蛮缠，拒绝挂机", "对方态度很差", "客户自己没看清说明",
        "疑为职业打假人",
    ),
    "ticket-guessing": (
        "我觉得是线路老化", "可能是用户误点", "估计没事", "不清楚为什么扣费", "好像是系统延迟",
    ),
    "ticket-vague-time": ("尽快处理", "改天再联系", "下周回访", "过几天再答复", "回头跟进"),
    "ticket-half-day-clock": (
        "下午2点到场", "约定上午十点回电", "晚上7时检修", "中午12点前", "早上九点送达",
    ),
    "ticket-jargon": ("ONU 光衰偏大", "需割接后恢复", "请尽早闭环", "丢包率偏高", "CRM 已回单"),
    "ticket-order": ("09:02 再次核对账单", "2026-11-01 08:00 首次登记", "2026-10-31 12:30 补记"),
    "ticket-follow-up-minutes": ("回访时间：周五", "预约时间：11月25日", "答复期限：月底"),
    "ticket-clear-phone": ("联系电话 13912345678", "回拨 一三九一二三四五六七八"),
    "ticket-clear-id_card": ("身份证 110101199003074578", "证件号 44030619851212003X"),
    "ticket-clear-bank_card": ("银行卡 6222020200112233445", "退至卡号 6217 0001 2345 6789 012"),
    "ticket-clear-code": ("验证码 482913 已提供", "客户报密码 778899"),
}  # fmt: skip
PLAIN_FAULTS = (
    *("难缠", "胡搅蛮缠", "态度恶劣", "不讲理", "我觉得", "可能是", "估计", "尽快", "改天"),
    *("回头", "下午", "上午", "晚上", "割接", "光衰", "闭环", "丢包率"),
)
PLAIN_ELEMENTS = {
    "ticket-customer": "客户信息", "ticket-type": "问题类型", "ticket-description": "问题描述",
    "ticket-actions": "已采取措施", "ticket-next": "解决方案", "ticket-follow-up": "跟进时间",
}  # fmt: skip

Told = Callable[[str], set[str]]


def good(random: Random) -> list[str]:
    return [random.choice(variants) for variants in LINES.values()]


def bad(random: Random) -> tuple[list[str], str]:
    """The lines, and the element that is missing or the rule that is broken."""
    lines = good(random)
    if random.random() < 1 / 3:
        place = random.randrange(len(lines))
        del lines[place]
        return lines, list(LINES)[place]
    fault = random.choice(list(FAULTS))
    return [*lines, f"备注：{random.choice(FAULTS[fault])}"], fault


def ours() -> Told:
    book = phrasebook.load(phrasebook.bundled("zh_ticket"))
    matcher = Matcher(book)

    def told(text: str) -> set[str]:
        report = check_ticket(text, book=book, matcher=matcher)
        absent = {element.id for element in report.elements if not element.present}
        return absent | {remark.rule for remark in report.remarks}

    return told


def plain(text: str) -> set[str]:
    absent = {rule for rule, heading in PLAIN_ELEMENTS.items() if heading not in text}
    return absent | {word for word in PLAIN_FAULTS if word in text}


def measure(told: Told, count: int) -> dict[str, object]:
    random = Random(1)
    kinds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    touched = remarks = right = characters = 0
    began = time.process_time()
    for _ in range(count):
        text = "\n".join(good(random))
        said = told(text)
        touched += bool(said)
        remarks += len(said)
        lines, fault = bad(random)
        said = told("\n".join(lines))
        kinds[fault] += 1
        # A plain word is no rule: any that is told counts for the peer.
        met = fault in said or (told is plain and fault in FAULTS and bool(said & {*PLAIN_FAULTS}))
        found[fault] += met
        remarks += len(said)
        right += met
        characters += len(text) + sum(map(len, lines))
    seconds = time.process_time() - began
    return {
        "recall": round(found.total() / kinds.total(), 4),
        "recall_by_kind": {kind: round(found[kind] / kinds[kind], 3) for kind in sorted(kinds)},
        "false_remarks": round(touched / count, 4),
        "precision": round(right / max(remarks, 1), 4),
        "tickets_per_s": round(2 * count / seconds),
        "characters_per_s": round(characters / seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=2_000)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "good_tickets": options.tickets,
        "bad_tickets": options.tickets,
        "check": measure(ours(), options.tickets),
        "plain": measure(plain, options.tickets),
    }
    print(json.dumps(result, indent=2))
    options.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
