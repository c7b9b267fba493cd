"""Numbers as they are said and as they are written: 百分之八 = 8%, 十五 = 15, 八个点 = 8%.

Text is folded digit by digit (15 becomes 一五), because only the writer knows whether 95598 is a
number or a name. So a phrase that holds a number is searched in each of its spellings, and the
built-in slots {数字} {金额} {百分比} {时间} {电话} are regular expressions over folded text.
"""

from __future__ import annotations

import re

from qa_engine.matching.text.characters import DIGITS

_NUMBER = "[零一二三四五六七八九十百千万亿两半几幺]"
_DIGIT_RUN = re.compile(r"\d+")
_SPOKEN_RUN = re.compile("[零一二两三四五六七八九十][零一二两三四五六七八九十百千万亿]+")
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_AMOUNT = f"{_NUMBER}+(?:点{_NUMBER}+)?"

SLOTS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "数字": _AMOUNT,
        "金额": (
            f"{_AMOUNT}[多来几]?(?:块钱|块|元钱|元|毛|角|分钱|万元|亿元|美元|美金)"
            f"|[一二三四五六七八九两][十百千万]+{_NUMBER}*|元{_AMOUNT}|{_NUMBER}+点{_NUMBER}*[万千亿]"
        ),
        "百分比": f"百分之{_AMOUNT}|{_AMOUNT}%|{_AMOUNT}个(?:百分)?点|{_AMOUNT}成",
        "时间": (
            f"{_AMOUNT}[个多来]?(?:工作日|小时|钟头|刻钟|分钟|秒钟|秒|天|日|星期|周|礼拜|月|年)"
            f"|{_NUMBER}+点(?:钟|半|{_NUMBER}+分?)?|今天|明天|后天|昨天"
            "|[下这本上](?:周|个?月|星期)"
        ),
        "电话": f"{_NUMBER}{{3,}}",
    }.items()
}
"""Built-in slots over folded text."""


def spoken(number: int) -> str:
    """15 → 十五, 206 → 二百零六; below a hundred million."""
    if number < 10:
        return DIGITS[number]
    for unit, value in (("万", 10_000), ("千", 1000), ("百", 100), ("十", 10)):
        if number >= value:
            head, rest = divmod(number, value)
            front = "" if unit == "十" and head == 1 else spoken(head)
            gap = "零" if rest and rest < value // 10 else ""
            return front + unit + (gap + spoken(rest) if rest else "")
    raise AssertionError(number)


def value_of(run: str) -> int | None:
    """十五 → 15; None where the characters are no well-formed number (一五, 万一)."""
    total = section = digit = 0
    pending = False
    for character in run:
        if character in _UNITS:
            unit = _UNITS[character]
            if unit >= 10_000:
                total, section, digit = (total + section + digit) * unit, 0, 0
            else:
                section, digit = section + (digit or 1) * unit, 0
            pending = False
        else:
            if pending and digit:
                return None
            digit = 2 if character == "两" else DIGITS.index(character)
            pending = True
    value = total + section + digit
    return value if spelled_back(value, run) else None


def spelled_back(value: int, run: str) -> bool:
    """Whether this is how the number is said (两 counts as 二, a leading 一十 as 十)."""
    if not 0 < value < 100_000_000:
        return False
    said = run.replace("两", "二")
    return spoken(value) in (said, said.removeprefix("一") if said.startswith("一十") else said)


def spellings(typed: str) -> list[str]:
    """Other ways the numbers in a typed phrase may stand in recognised text, unfolded."""
    others = {
        _DIGIT_RUN.sub(lambda m: spoken(int(m[0])) if len(m[0]) < 9 else m[0], typed),
        _SPOKEN_RUN.sub(_as_digits, typed),
    }
    for form in (typed, *others):
        others = others | {
            re.sub(rf"([\d.]+|{_AMOUNT})[%％]", r"百分之\1", form),
            re.sub(rf"百分之([\d.]+|{_AMOUNT})", r"\1%", form),
        }
    for form in tuple(others):
        others = others | {
            _DIGIT_RUN.sub(lambda m: spoken(int(m[0])) if len(m[0]) < 9 else m[0], form),
            _SPOKEN_RUN.sub(_as_digits, form),
        }
    return sorted(others - {typed})


def _as_digits(match: re.Match[str]) -> str:
    value = value_of(match[0])
    return match[0] if value is None else str(value)
