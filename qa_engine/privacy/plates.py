"""Number plates (GA 36), whole or in pieces: 浙A，然后 6K829; 车牌后面是 6K829.

The sign of a province and a letter begin a plate wherever they stand. What comes behind them, a
breath or a turn of the other one later, is a plate's rest; and so are four signs and more after
somebody spoke of a plate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_engine.privacy.around import MEASURED, NOT_PERSONAL
from qa_engine.privacy.digits import RADIO_ONLY, SPOKEN

_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_FULL = (
    "北京|天津|河北|山西|内蒙古?|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆"
)
_DIGITS = "".join(sign for sign in SPOKEN if not sign.isascii())
_SIGN = f"[A-HJ-NP-Za-hj-np-z0-9{_DIGITS}]"
_CALM = "[A-HJ-NP-Za-hj-np-z0-9" + "".join(c for c in _DIGITS if c not in RADIO_ONLY) + "幺洞拐勾]"
"""Without 要 and 两, which are words of their own where one pauses between the signs."""
_LAST = r"[挂学警港澳]"
_PAUSE = r"(?:[\s·•.,，、。:：\-－—…嗯呃啊哦的是]|然后|接着|后面|后边|再来|再是|横?杠|字母)"
_TURN = r"(?:[^\x00]{0,16}\x00(?:[^\x00]{0,30}\x00)?)"
"""To the next turn of the same speaker, or to the other one's: see `conversation`."""
_BEGIN = rf"(?:[{_PROVINCES}]|(?:{_FULL})[的省市]?)[字\s，,]{{0,2}}"
_TIGHT = re.compile(
    rf"[{_PROVINCES}]\s?[A-Za-z][\s·•.,，]{{0,2}}(?:{_SIGN}[\s·]?){{4,5}}(?:{_SIGN}|{_LAST})"
)
_PIECES = re.compile(
    rf"{_BEGIN}[A-Za-z](?![A-Za-z]{{2}})(?:{_PAUSE}{{0,6}}|{_TURN}{_PAUSE}{{0,6}})"
    rf"{_CALM}(?:(?:{_PAUSE}{{0,4}}|\x00[^\x00]{{0,16}}\x00{_PAUSE}{{0,6}}){_CALM}){{2,4}}"
    rf"(?:{_PAUSE}{{0,4}}(?:{_CALM}|{_LAST}))"
)
_SOUND = (
    "诶|必|比|西|迪|弟|衣|易|艾[福弗夫]|诶[福弗夫]|及|吉|寄|诶池|爱|艾|杰|开|克|诶[欧勒姆恩]|艾[勒姆斯]"
    "|恩|披|屁|丘|阿|提|踢|替|优|威|达不溜|艾克斯|歪|贼"
)
"""A plate's letter as a recogniser writes what it heard: 沪必三二一五六."""
_BY_SOUND = re.compile(
    rf"[{_PROVINCES}](?:{_SOUND})[\s·•.,，点]{{0,2}}(?:{_CALM}[\s·]?){{4}}(?:{_CALM}|{_LAST})"
)
_ABOUT = re.compile(r"车牌|牌照|号牌|车号|牌号|(?:哪|几)[个位]?牌|车尾号")
_TAIL = re.compile(r"尾号|[后末][两三四五六几23456]位|最后|后面")
_ASKED_CHARS = 36
_SIGNS = re.compile(rf"{_CALM}(?:{_PAUSE}{{0,3}}{_CALM}){{2,8}}{_LAST}?")
_NUMERIC = re.compile(rf"[0-9{_DIGITS}]")
_CALLED = re.compile(r"[打拨]|热线|客服|电话")
_SOLE_DIGITS = 4


def plates(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each plate, or of the piece of one, in `text`."""
    for pattern in (_TIGHT, _PIECES, _BY_SOUND):
        for found in pattern.finditer(text):
            if len(_NUMERIC.findall(found[0])) >= 3:
                yield found.span()
    for found in _SIGNS.finditer(text):
        before = text[max(0, found.start() - _ASKED_CHARS) : found.start()]
        about = list(_ABOUT.finditer(before))
        if about and _is_rest(before[about[-1].end() :], found[0], text[found.end() :]):
            yield found.span()


def _is_rest(between: str, signs: str, after: str) -> bool:
    """Signs after 车牌 that are a plate's: not the number of an order, a year, or a hotline."""
    plain = "".join(SPOKEN.get(c, c) for c in signs if c in SPOKEN or (c.isalpha() and c.isascii()))
    numeric = sum(c.isdigit() for c in plain)
    least = 3 if numeric < len(plain) or _TAIL.search(between) else _SOLE_DIGITS
    if not least <= len(plain) <= 8 or numeric < 2:
        return False
    return not (NOT_PERSONAL.search(between) or _CALLED.search(between) or MEASURED.match(after))
