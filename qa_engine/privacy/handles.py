"""What is not only digits, or short: e-mail, passports, QQ, WeChat, social security, codes.

E-mail is often read out: 王小明艾特一六三点 com. A passport is a letter and seven or eight digits
(GA/T 1179); where nobody says 护照, only the form of the present ones counts (E, G, D, S, P).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_engine.privacy.around import MEASURED
from qa_engine.privacy.digits import PAUSE, RADIO_ONLY, SPOKEN

_DIGIT = "[" + "".join(sign for sign in SPOKEN if sign not in RADIO_ONLY) + "幺]"
_SIGN = rf"(?:[A-Za-z0-9_\-]|{_DIGIT})"
_MAIL_SIGN = rf"(?:{_SIGN}|下划线|[中短]?横[线杠]|减号)"
_AT = r"\s?(?:@|＠|艾特|圈[aA]|小老鼠|[aA][tT])\s?"
_DOT = r"\s?(?:\.|．|点|[dD][oO][tT])\s?"
_EMAIL = re.compile(
    rf"(?:{_MAIL_SIGN}(?:[\s.]|点)?){{2,40}}{_AT}(?:{_SIGN}\s?){{1,20}}(?:{_DOT}(?:[A-Za-z]\s?){{2,6}})+"
)
SPELLED = re.compile(rf"(?:{_MAIL_SIGN}|[.．@＠点]|艾特|\s)+")
"""What is spelled, sign by sign; the last find in a text is what it ends with."""
_GOES_ON = re.compile(
    r"(?:[\s，,。、嗯呃啊哦]|对|好的?|然后|接着|后面|后边|再|下划线|是|的)*"
    rf"(?={_AT}|{_DOT}|[A-Za-z0-9_]|{_DIGIT}{{2}}|[艾特])"
)
_ADDRESS = re.compile(
    r"(?:邮箱|邮件|[eE]-?[mM]ail)(?:地址|账号|号码?)?[是为叫：:，,\s]{0,3}"
    rf"((?=(?:{_SIGN}|[\s.点])*[A-Za-z])(?:{_MAIL_SIGN}[\s.]?){{3,30}})"
)
"""邮箱是 zhangsan, 一六三的: the name is enough to write to."""
_SEVEN = rf"(?:{PAUSE}{_DIGIT}){{7,8}}"
_PASSPORT = re.compile(rf"(?<![A-Za-z0-9])[EGDSPegdsp][A-Za-z]?{_SEVEN}(?![A-Za-z0-9])")
_ABOUT_PASSPORT = re.compile(rf"(?<=护照).{{0,8}}?([A-Za-z]{{1,2}}{_SEVEN})")
_QQ = re.compile(
    rf"(?:[qQＱ]{{2}}|扣扣|企鹅)(?:号码?|邮箱)?[是为：:，,\s]{{0,3}}({_DIGIT}(?:{PAUSE}{_DIGIT}){{4,10}})"
)
_WECHAT = re.compile(
    rf"(?:微信|威信|[vV]信)(?:号码?|账号)?[是叫为：:，,\s]{{0,3}}"
    rf"([A-Za-z](?:[A-Za-z0-9_\-]|\s?{_DIGIT}){{5,19}}|{_DIGIT}(?:{PAUSE}{_DIGIT}){{4,10}})"
)
_SOCIAL = re.compile(
    rf"(?:社保|医保|社会保障|公积金)(?:卡)?(?:号码?|编号|账号|帐号)?[是为：:，,\s]{{0,3}}"
    rf"([A-Za-z]?{_DIGIT}(?:{PAUSE}{_DIGIT}){{6,18}})"
)
_CODE = re.compile(
    rf"(?:收到|发来|发给我|短信)[^。？！]{{0,6}}?[四五六456]位(?:数字?|码)?[是为：:，,\s]{{0,3}}"
    rf"({_DIGIT}(?:{PAUSE}{_DIGIT}){{3,5}})"
    rf"|(?:[四五六456]位数(?:字|码)?|收到的|发来的)就?[是为：:，,\s]{{1,4}}"
    rf"({_DIGIT}(?:{PAUSE}{_DIGIT}){{3,5}})(?!{_DIGIT})"
)


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each address, written or spelled."""
    for found in _EMAIL.finditer(text):
        yield found.span()
    for found in _ADDRESS.finditer(text):
        yield found.span(1)


def goes_on_spelling(text: str) -> int | None:
    """Where the rest of something spelled begins, after what leads to it; None if it is none."""
    found = _GOES_ON.match(text)
    return found.end() if found else None


def passports(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each number."""
    for found in _PASSPORT.finditer(text):
        yield found.span()
    for found in _ABOUT_PASSPORT.finditer(text):
        yield found.span(1)


def contacts(text: str) -> Iterator[tuple[int, int]]:
    """QQ numbers and WeChat names."""
    for pattern in (_QQ, _WECHAT):
        for found in pattern.finditer(text):
            yield found.span(1)


def social_numbers(text: str) -> Iterator[tuple[int, int]]:
    for found in _SOCIAL.finditer(text):
        yield found.span(1)


def received_codes(text: str) -> Iterator[tuple[int, int]]:
    """收到的六位数是…, 六位数是…: nobody says 验证码, and it is one."""
    for found in _CODE.finditer(text):
        if not (found[2] and MEASURED.match(text[found.end() :].lstrip())):
            yield found.span(1 if found[1] else 2)
