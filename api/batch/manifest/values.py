"""What stands in the cells of an export: moments, lengths and directions, as they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, auto

__all__ = ["DayOrder", "clean", "day_order", "direction", "duration_ms", "is_shortened", "moment"]

_EXCEL_DAY_0 = datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000, 80_000)
"""Day numbers from 1954 to 2119: a bare number in between is a date that lost its format."""

_ISO = re.compile(
    r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?(?:[T\s]*(?P<clock>\d.*|[上下中晚凌]\S.*))?"
)
_SHORT = re.compile(
    r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})(?:[,T\s]+(?P<clock>.+))?"
)
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})[ T_-]?(?:(\d{2})(\d{2})(\d{2})?)?")
_CLOCK = re.compile(
    r"(?P<half>上午|下午|凌晨|中午|晚上)?\s*(?P<h>\d{1,2})[:：时点](?P<min>\d{1,2})分?"
    r"(?:[:：]?(?P<s>\d{1,2})秒?)?(?:[.,](?P<f>\d{1,9}))?\s*(?P<ampm>am|pm|a\.m\.|p\.m\.)?\s*"
    r"(?P<zone>z|utc|gmt|cst|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_ENGLISH = ("%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%d %B %Y")
_LENGTH = re.compile(
    r"(?:(?P<h>\d+)\s*(?:小时|时|h))?\s*(?:(?P<m>\d+)\s*(?:分钟|分|min|m))?\s*"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*(?:秒钟|秒|sec|s))?",
    re.IGNORECASE,
)
_COLONS = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:\.(\d{1,3}))?")
_DIRECTIONS = {
    "inbound": (
        "inbound in incoming callin 呼入 来电 呼进 进线 内呼 呼入通话 呼入电话 被叫 客户来电 "
        "普通来电 接入 入 入呼 ib normalinbound"
    ),
    "outbound": (
        "outbound out outgoing callout 呼出 去电 外呼 拨出 呼出通话 呼出电话 主叫 外拨 预测外呼 "
        "点击外呼 手动外呼 自动外呼 出 出呼 ob dialout clicktodial predictive"
    ),
    "internal": "internal 内部 内部呼叫 内线 内部通话 站内 内部互拨 local",
}
_DIRECTION = {word: name for name, words in _DIRECTIONS.items() for word in words.split()}

_WITHIN = {
    **dict.fromkeys(("呼入", "进线", "inbound", "incoming"), "inbound"),
    **dict.fromkeys(("呼出", "外呼", "outbound", "outgoing"), "outbound"),
}


class DayOrder(Enum):
    """How 3/4/2025 is meant."""

    MONTH_FIRST = auto()
    DAY_FIRST = auto()


def clean(cell: str) -> str:
    """A cell without what keeps Excel from changing it: `="0086"`, a leading ', a trailing tab."""
    text = cell.strip().strip("\u200b\ufeff\u200e\u202a\u202c").strip()
    if len(text) >= 3 and text.startswith('="') and text.endswith('"'):
        text = text[2:-1].replace('""', '"')
    return text.removeprefix("'") if text[:2].strip("'").isdigit() else text


def is_shortened(cell: str) -> bool:
    """A long number of which Excel kept the first digits only: 1.38E+10."""
    return bool(re.fullmatch(r"\d(\.\d+)?[Ee]\+\d+", cell))


def direction(cell: str) -> str | None:
    """inbound, outbound or internal; None where the words are not known."""
    word = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", cell).casefold())
    if word in _DIRECTION:
        return _DIRECTION[word]
    # 语音呼入, 人工外呼任务: one of the plain words among others, and none of the opposite.
    within = {name for plain, name in _WITHIN.items() if plain in word}
    return within.pop() if len(within) == 1 else None


def duration_ms(cell: str, *, in_ms: bool = False) -> int | None:
    """`00:03:25`, `3:25`, `205`, `205.5`, `3分25秒`, `205s`; None where it is no length of time."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if colons := _COLONS.fullmatch(text):
        hours, minutes, seconds, part = colons.groups()
        whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        return whole * 1000 + int((part or "0").ljust(3, "0"))
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return round(float(text) * (1 if in_ms else 1000))
    found = _LENGTH.fullmatch(text)
    if not text or found is None:
        return None
    hours, minutes, seconds = (float(found[name] or 0) for name in ("h", "m", "s"))
    return round(((hours * 60 + minutes) * 60 + seconds) * 1000)


def day_order(cells: Iterable[str]) -> DayOrder | None:
    """What all dates of a column allow; None where they allow both, or contradict each other."""
    months = days = False
    for cell in cells:
        if found := _SHORT.fullmatch(unicodedata.normalize("NFKC", cell).strip()):
            months |= int(found["b"]) > 12
            days |= int(found["a"]) > 12
    if months == days:
        return None
    return DayOrder.MONTH_FIRST if months else DayOrder.DAY_FIRST


def moment(cell: str, order: DayOrder | None = None) -> datetime | None:
    """A date with its time of day, naive unless a zone is written; None where it is none.

    `order`: how 3/4/2025 is meant; without it only a day beyond 12 tells.
    """
    text = unicodedata.normalize("NFKC", cell).strip()
    try:
        return (
            _by_number(text)
            or _year_first(text)
            or _year_last(text, order)
            or _with_month_name(text)
        )
    except (ValueError, OverflowError):
        return None


def _by_number(text: str) -> datetime | None:
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if found := _SOLID.fullmatch(text):
        return datetime(*(int(part) for part in found.groups() if part))  # type: ignore[arg-type]
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and _EXCEL_DAYS[0] < float(text) < _EXCEL_DAYS[1]:
        exact = _EXCEL_DAY_0 + timedelta(days=float(text))
        return (exact + timedelta(milliseconds=500)).replace(microsecond=0)
    return None


def _year_first(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    return _at(datetime(int(found["y"]), int(found["m"]), int(found["d"])), found["clock"])


def _year_last(text: str, order: DayOrder | None) -> datetime | None:
    found = _SHORT.fullmatch(text)
    if found is None:
        return None
    first, second, year = int(found["a"]), int(found["b"]), int(found["y"])
    if order is None and (first > 12) != (second > 12):
        order = DayOrder.DAY_FIRST if first > 12 else DayOrder.MONTH_FIRST
    if order is None:
        return None
    month, day = (first, second) if order is DayOrder.MONTH_FIRST else (second, first)
    return _at(datetime(year + (2000 if year < 100 else 0), month, day), found["clock"])


def _with_month_name(text: str) -> datetime | None:
    clock = re.search(r"\s\d{1,2}:\d{2}.*$", text)
    day = text[: clock.start()] if clock else text
    for pattern in _ENGLISH:
        try:
            return _at(datetime.strptime(day.strip().rstrip(","), pattern), clock and clock[0])
        except ValueError:
            continue
    return None


def _at(day: datetime, clock: str | None) -> datetime | None:
    if not clock or not clock.strip():
        return day
    found = _CLOCK.fullmatch(clock.strip())
    if found is None:
        return None
    hour = int(found["h"])
    afternoon = (found["half"] in ("下午", "晚上", "中午")) or (found["ampm"] or " ")[0] in "pP"
    morning = found["half"] in ("上午", "凌晨") or (found["ampm"] or " ")[0] in "aA"
    if afternoon and hour < 12 and not (found["half"] == "中午" and hour == 11):
        hour += 12
    if morning and hour == 12:
        hour = 0
    micro = int((found["f"] or "0")[:6].ljust(6, "0"))
    made = day.replace(
        hour=hour, minute=int(found["min"]), second=int(found["s"] or 0), microsecond=micro
    )
    return made.replace(tzinfo=_zone(found["zone"]))


def _zone(text: str | None) -> timezone | None:
    word = (text or "").lower()
    if not word:
        return None
    if word in ("z", "utc", "gmt"):
        return UTC
    if word == "cst":
        # In exports from China this is its own standard time.
        return timezone(timedelta(hours=8))
    sign = -1 if word[0] == "-" else 1
    digits = word[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
