"""The three signs on a bank card's back (CVV2, CVC2, CVN2; four on some), however they are named.

Nobody says CVV on the telephone: it is 卡背面的三位, 签名栏最后三个数, 安全码. Card schemes forbid
keeping them at all once a payment went through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_engine.privacy.around import MEASURED, NOT_PERSONAL
from qa_engine.privacy.digits import digit_runs

_ABOUT = re.compile(
    r"背面|反面|背后|背部|后背|翻过来|反过来|签名[栏条处区]|安全码|安全代码|验证值|检验码|卡验证码"
    r"|[cCＣ]\s?[vVＶ]\s?[vVcCnNＶ]\s?[2二]?"
    r"|卡[^\x00。？！]{0,12}(?:[后末][面边]?的?[三3]位|最后的?那?[三3](?:位|个))"
)
_ASKED_CHARS = 44
_OF_SOMETHING_ELSE = re.compile(
    r"[路楼栋幢单元层航班第]\s?$|[打拨]|热线|客服|电话|[付扣花还存取]了?$"
)
_COUNTED = re.compile(r"\s?[名张条页万千百款种家人份件层楼路折期笔句]")


def card_codes(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each such code in `text`."""
    for run in digit_runs(text):
        before = text[max(0, run.begin - _ASKED_CHARS) : run.begin]
        about = list(_ABOUT.finditer(before))
        if not about or not 3 <= len(run.digits) <= 4:
            continue
        between, after = before[about[-1].end() :], text[run.end :]
        if NOT_PERSONAL.search(between) or _OF_SOMETHING_ELSE.search(between):
            continue
        if not (MEASURED.match(after) or _COUNTED.match(after)):
            yield run.begin, run.end
