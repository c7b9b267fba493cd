"""How much was said: 百分之三点五, 3.5%, 三个半点, 八五折, 两千三, 1.2万 as numbers.

Numbers are read out of the words of a hit and what continues them; one that could be read in two
ways (二百五) is taken as it is mostly meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from phrasebook.limits import Quantity

__all__ = ["quantities", "read_number"]

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "幺": 1, "两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5}
_DIGITS |= {"陆": 6, "柒": 7, "捌": 8, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
_WORDS = "".join((*_DIGITS, *_UNITS, *_BIG, "半"))
_ONES = "".join(_DIGITS)
_N = rf"(?:\d[\d,]*(?:\.\d+)?[万亿千百]*|[{_WORDS}]+(?:点[{_WORDS}]+)?)"
_PATTERNS = {
    Quantity.PERCENT: re.compile(
        rf"百分之(?P<a>{_N})|千分之(?P<mille>{_N})|万分之(?P<tenk>{_N})|(?P<b>{_N})\s*[%％]"
        rf"|(?P<c>{_N})个(?P<half>半)?(?:百分)?点(?![钟半])|(?P<tenth>{_N})(?:成|分利)"
    ),
    Quantity.DISCOUNT: re.compile(rf"(?P<a>{_N})\s*折"),
    Quantity.AMOUNT: re.compile(
        rf"(?P<a>{_N})\s*(?:多|来)?(?:块钱|块|元钱|元整|元|圆|人民币)(?P<jiao>[{_WORDS}\d])?"
        rf"|[¥￥](?P<b>{_N})"
        rf"|(?P<c>(?:\d[\d,]*(?:\.\d+)?|[{_ONES}][{_WORDS}]*?(?:点[{_ONES}]+)?)[百千万亿][{_WORDS}]*)"
    ),
    Quantity.NUMBER: re.compile(rf"(?P<a>{_N})"),
}


def quantities(text: str, kind: Quantity, begin: int, end: int) -> Iterator[float]:
    """Every quantity of a kind that the characters from `begin` to `end` take part in."""
    plain = "".join(map(_folded, text))
    for found in _PATTERNS[kind].finditer(plain):
        if found.start() < end and found.end() > begin:
            value = _value(found, kind)
            if value is not None:
                yield value


def _folded(char: str) -> str:
    """Half width, where that is one character: offsets must hold."""
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def _value(found: re.Match[str], kind: Quantity) -> float | None:
    name = next((name for name, text in found.groupdict().items() if text and name != "half"), "")
    number = read_number(found[name]) if name else None
    if number is None:
        return None
    if kind is Quantity.PERCENT:
        scale = {"mille": 0.1, "tenk": 0.01, "tenth": 10.0}.get(name, 1.0)
        return round(number * scale + (0.5 if found["half"] else 0.0), 6)
    if kind is Quantity.DISCOUNT:
        # 八五折 is 85 % of the price, as 8.5 折 is.
        digits = re.fullmatch(rf"[{''.join(_DIGITS)}]{{2}}|\d{{2}}", found[name])
        return number / 10 if digits and number >= 10 else number
    if kind is Quantity.AMOUNT and name == "a" and found["jiao"]:
        return number + (read_number(found["jiao"]) or 0.0) / 10
    return number


def read_number(text: str) -> float | None:
    """3.5, 1,200, 1.2万, 三点五, 一千二, 两万五, 三百零六, 一二三; None where it is no number."""
    plain = text.replace(",", "")
    if written := re.fullmatch(r"(\d+(?:\.\d+)?)([百千万亿]*)", plain):
        number = float(written[1])
        for unit in written[2]:
            number *= {**_UNITS, **_BIG}[unit]
        return number
    whole, point, part = plain.partition("点")
    number_or_none = _whole(whole)
    if number_or_none is None or not point:
        return number_or_none
    if any(char not in _DIGITS for char in part.rstrip("万亿")) or not part.rstrip("万亿"):
        return None
    fraction = float("0." + "".join(str(_DIGITS[char]) for char in part.rstrip("万亿")))
    scale = _BIG.get(part[-1], 1)
    return (number_or_none + fraction) * scale


def _whole(text: str) -> float | None:
    if not text:
        return None
    if all(char in _DIGITS for char in text):
        return float("".join(str(_DIGITS[char]) for char in text))
    half = text.endswith("半")
    total = section = 0.0
    digit: int | None = None
    last_unit = 1
    for char in text.removesuffix("半"):
        if char in _DIGITS:
            digit = _DIGITS[char]
            if char in "零〇":
                last_unit = 10
        elif char in _UNITS:
            section += (1 if digit is None else digit) * _UNITS[char]
            digit, last_unit = None, _UNITS[char]
        elif char in _BIG:
            total = (total + section + (digit or 0)) * _BIG[char]
            section, digit, last_unit = 0.0, None, _BIG[char]
        else:
            return None
    if digit:
        # 一千二 is 1,200; after 零 the digit is itself.
        section += digit * (last_unit // 10 if last_unit >= 100 else 1)
    if half:
        section += last_unit / 2 if last_unit > 1 else 0.5
    return total + section
