"""The times written in a ticket: their order, and whether the follow-up is told to the minute."""

from __future__ import annotations

import re
from itertools import pairwise

_STAMP = re.compile(
    r"(?:(?P<date>(?:\d{4}\s*[-/.年]\s*)?\d{1,2}\s*月\s*\d{1,2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
    r"\s*日?[\sT]*)?(?P<hour>[01]?\d|2[0-4])[:：](?P<minute>[0-5]\d)"
)
_FOLLOW_UP = re.compile(
    r"(?:跟进|回访|回复|答复|预约|上门|联系)(?:时间|时限|日期|期限)\s*[:：]?\s*"
)
_SPAN = re.compile(r"[^\n。；;，,]*")
_WITHIN = re.compile(r"\d+\s*(?:小时|分钟|个?工作日)")


def backward_steps(text: str) -> list[tuple[int, int]]:
    """Spans of times earlier than the one before; what is missing of a date is the last one's."""
    stamps: list[tuple[str, int, tuple[int, int]]] = []
    date = ""
    for found in _STAMP.finditer(text):
        date = _plain_date(found["date"], date[:4]) if found["date"] else date
        stamps.append((date, int(found["hour"]) * 60 + int(found["minute"]), found.span()))
    return [now[2] for before, now in pairwise(stamps) if now[:2] < before[:2]]


def follow_up_without_minutes(text: str) -> list[tuple[int, int]]:
    """Spans of follow-up times given without hours and minutes (a span of hours will do)."""
    spans = []
    for label in _FOLLOW_UP.finditer(text):
        said = _SPAN.match(text, label.end())
        if said and not (_STAMP.search(said[0]) or _WITHIN.search(said[0])):
            spans.append((label.start(), said.end()))
    return spans


def _plain_date(text: str, year: str) -> str:
    """`year` holds where the text has none."""
    *written, month, day = re.findall(r"\d+", text)
    return f"{written[0] if written else year:0>4}-{int(month):02}-{int(day):02}"
