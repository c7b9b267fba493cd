"""Runs of digits as people say and recognisers write them: 138, １３８, 一三八, 幺三八, 1 3 8.

A number read digit by digit (一三八零) is a run; a number with units (一百三十八) is an amount and
is none. Between digits may stand the pauses, particles and punctuation of dictation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SPOKEN = {
    **{str(n): str(n) for n in range(10)},
    **{chr(0xFF10 + n): str(n) for n in range(10)},
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("〇○洞壹贰叁肆伍陆柒捌玖", "000123456789", strict=True)),
    **{"幺": "1", "么": "1", "要": "1", "腰": "1", "两": "2", "俩": "2", "拐": "7", "勾": "9"},
}
"""What stands for a digit when a number is read out: the radio words 洞 幺 拐 勾 among them, and 要
and 腰, as recognisers like to write 幺."""

RADIO_ONLY = frozenset("洞么要腰俩拐勾两")
"""Everyday characters too: they count only between digits, never at the edge of a run."""

UNITS = "十百千万亿拾佰仟点"
PAUSE = r"(?:[\s\-－—_.·,，、。:：/…嗯呃啊哦]|然后|后[面边](?:再|是)?|接着|再是?|空格|横?杠){0,6}"
_DIGIT = "[" + "".join(SPOKEN) + "]"
_RUN = re.compile(f"{_DIGIT}(?:{PAUSE}{_DIGIT})*")
_BUILDING = re.compile(r"(?:号楼|号院|栋|幢|单元|号门|座)")
FALTERING = re.compile(PAUSE)
"""What may stand between two digits of one number."""


_TIMES = r"(?:双|[俩两三四五六七八]个)"
"""双零, 三个八; see `unfold`. A breath may come before the digit that it speaks of."""
_FIRST = re.compile(
    rf"{_TIMES}\s?{_DIGIT}|{_DIGIT}(?:[^\u4e00-\u9fff]|{_DIGIT}|[对嗯啊好双百十千]|$)"
)
"""Not the 一 of 一致."""
_TIMES_LAST = re.compile(rf"(?<={_DIGIT}){_TIMES}[\s，,]*$")


def starts_with_digit(text: str) -> bool:
    """True for 嗯，零零一三 and 双零一三: the rest of a number, after whatever hesitation."""
    found = FALTERING.match(text)
    rest = text[found.end() if found else 0 :]
    return _FIRST.match(rest) is not None


def ends_with_digit(text: str) -> bool:
    """True for 我的号码是幺三八， and 一三八双: perhaps not the whole number."""
    text = _TIMES_LAST.sub("", text)
    end = len(text)
    while end and text[end - 1] not in SPOKEN:
        end -= 1
    return bool(end) and len(text) - end <= 3 and FALTERING.fullmatch(text[end:]) is not None


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits read out at `text[begin:end]`; `places` are their offsets, one for each digit."""

    begin: int
    end: int
    digits: str
    places: tuple[int, ...]

    def part(self, first: int, last: int) -> DigitRun:
        """The run of digits `first` to `last` (excluded)."""
        places = self.places[first:last]
        return DigitRun(places[0], places[-1] + 1, self.digits[first:last], places)


def digit_runs(text: str, *, least: int = 3) -> Iterator[DigitRun]:
    """Every run of at least `least` digits read one by one."""
    for found in _RUN.finditer(text):
        places = [i for i in range(*found.span()) if text[i] in SPOKEN]
        while places and text[places[0]] in RADIO_ONLY:
            places.pop(0)
        while places and text[places[-1]] in RADIO_ONLY:
            places.pop()
        if places and _BUILDING.match(text, places[-1] + 1):
            # 八零零零，三号楼: the last digit is the building's.
            places.pop()
        if len(places) < least or _is_amount(text, places):
            continue
        digits = "".join(SPOKEN[text[i]] for i in places)
        yield DigitRun(places[0], places[-1] + 1, digits, tuple(places))


def _is_amount(text: str, places: list[int]) -> bool:
    """True where a unit touches the run on either side, as in 一百三十八 or 三点一四."""
    before = text[places[0] - 1 : places[0]]
    after = text[places[-1] + 1 : places[-1] + 2]
    return bool((before and before in UNITS) or (after and after in UNITS))
