"""When a bank card expires, as its front says it: 有效期零八二九, 二零二九年八月, 08 斜杠 29.

With the number it is what a payment needs. The dates of vouchers, contracts and papers are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_engine.privacy.digits import SPOKEN

_ABOUT = re.compile(r"有效期限?|有效日期|有效年月|到期(?:日期?|年月|时间)|失效(?:日期?|年月)")
_OF_A_CARD = re.compile(
    r"信用卡|银行卡|储蓄卡|借记卡|贷记卡|卡号|卡片|卡面|安全码|[cC][vV][vVnN]|背面|正面|签名栏"
    r"|[您你我张这那]卡|卡(?:上|的|有效|到期|失效)"
)
_OF_SOMETHING_ELSE = re.compile(
    r"券|套餐|证|合同|流量|积分|会员|保[单险质修]|质保|活动|驾照|护照|药|食品|优惠|红包|密码|链接"
    r"|(?:电话|手机|流量|购物|加油|礼品|充值|游戏|公交|门禁)卡|卡券|报价|协议|授权|订单"
)
_BEFORE_CHARS, _ASKED_CHARS, _NEAR_CHARS = 40, 36, 12
_MONTH = r"(?:0[1-9]|1[0-2]|[1-9]|十[12]?)"
_YEAR = r"(?:20)?(?:[2-4]\d|[2-4]?十\d?)"
_REST = r"[\s,，的到嗯呃]{0,3}"
_SHORT = re.compile(
    rf"{_MONTH}{_REST}(?:[/／\-－—]|反?斜[杠线]|横?杠){_REST}{_YEAR}(?!\d)"
    rf"|(?<!\d)(?:0[1-9]|1[0-2]){_REST}(?:20)?[2-4]\d(?![\d年月日号元块])"
)
"""08/29, 0829: as it stands on a card."""
_LONG = re.compile(
    rf"{_YEAR}年{_REST}{_MONTH}月(?:份|底|末)?(?!\d)|{_MONTH}月份?{_REST}{_YEAR}年?(?![\d元块])"
)


def card_expiries(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each such date in `text`."""
    plain = "".join(SPOKEN.get(sign, sign) for sign in text)
    for about in _ABOUT.finditer(text):
        before = text[max(0, about.start() - _BEFORE_CHARS) : about.start()]
        near = before[-_NEAR_CHARS:] + about[0]
        if _OF_SOMETHING_ELSE.search(near):
            continue
        forms = [_SHORT, _LONG] if _OF_A_CARD.search(before + about[0]) else [_SHORT]
        end = min(len(text), about.end() + _ASKED_CHARS)
        for form in forms:
            if found := form.search(plain, about.end(), end):
                yield found.span()
                break
