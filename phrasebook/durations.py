"""Times as people type them: `30s`, `2min`, `500ms`, `30秒`, `2分钟`; and `when`, made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from phrasebook.numerals import with_digits
from phrasebook.terms import When

_UNIT_MS: Mapping[str, int] = {
    "ms": 1,
    "毫秒": 1,
    "s": 1_000,
    "sec": 1_000,
    "秒": 1_000,
    "秒钟": 1_000,
    "min": 60_000,
    "m": 60_000,
    "分": 60_000,
    "分钟": 60_000,
    "h": 3_600_000,
    "小时": 3_600_000,
}
_ONE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+|[\u4e00-\u9fff]+)")
_WHEN = re.compile(
    r"(first|last|前|后|开头|开始|最后|结尾)\s*"
    r"(\d{1,9}(?:\.\d{1,3})?)\s*(turns?|句话?|轮|[a-z]+|[\u4e00-\u9fff]+)"
)
_FIRST = frozenset(("first", "前", "开头", "开始"))
_TURNS = frozenset(("turn", "turns", "句", "句话", "轮"))

MAX_MS = 24 * 3_600_000


def read_duration(text: str) -> int | None:
    """Milliseconds, or None when it is not a time; `1min 30s` adds up and a minus is allowed."""
    text = with_digits(text.strip().lower())
    negative = text.startswith(("-", "−"))
    rest = text[1:].lstrip() if negative else text
    total = Fraction(0)
    while rest:
        if not (found := _ONE.match(rest)) or found[2] not in _UNIT_MS:
            return None
        total += Fraction(found[1]) * _UNIT_MS[found[2]]
        rest = rest[found.end() :].lstrip()
    if not text or total > MAX_MS or total != int(total) or text in ("-", "−"):
        return None
    return -int(total) if negative else int(total)


def write_duration(ms: int) -> str:
    """The shortest spelling that reads back exactly: `2min`, `90s`, `1500ms`."""
    for unit, size in (("min", 60_000), ("s", 1_000)):
        if ms and ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms" if ms else "0s"


def read_when(text: str) -> When | None:
    """`first 30s`, `last 2 turns`, `前30秒`, or several parted by commas; None when not."""
    found: dict[str, int] = {}
    for part in re.split(r"[,，、;；]", with_digits(text.strip().lower())):
        match = _WHEN.fullmatch(part.strip())
        if not match:
            return None
        end = "first" if match[1] in _FIRST else "last"
        unit = "turns" if match[3] in _TURNS else "ms"
        amount = _turns(match[2]) if unit == "turns" else read_duration(match[2] + match[3])
        if amount is None or f"{end}_{unit}" in found:
            return None
        found[f"{end}_{unit}"] = amount
    return When(**found)


def _turns(digits: str) -> int | None:
    return int(digits) if digits.isdigit() else None


def write_when(when: When) -> str:
    """Spell it so that `read_when` reads it back."""
    parts = []
    if when.first_ms is not None:
        parts.append(f"first {write_duration(when.first_ms)}")
    if when.last_ms is not None:
        parts.append(f"last {write_duration(when.last_ms)}")
    if when.first_turns is not None:
        parts.append(f"first {when.first_turns} turns")
    if when.last_turns is not None:
        parts.append(f"last {when.last_turns} turns")
    return ", ".join(parts)
