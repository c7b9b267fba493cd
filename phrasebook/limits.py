"""How often, and how much: `times: 至少 3 次` and `limit: 百分比 > 3.5`, as people type them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from phrasebook.conditions import Op
from phrasebook.numerals import with_digits

__all__ = ["Limit", "Quantity", "Times", "read_limit", "read_times", "write_limit", "write_times"]

_TIMES = re.compile(
    r"(至少|at\s*least|>=|最多|至多|at\s*most|<=)?\s*(\d{1,3})\s*(?:次|times?|x)?", re.I
)
_LIMIT = re.compile(r"([^\s<>=]+)\s*(>=|<=|>|<|=)\s*(.+)")


@dataclass(frozen=True, slots=True)
class Times:
    """`at_most` False: a breach from the `count`-th time on, all of them; True: beyond it only."""

    count: int
    at_most: bool = False


class Quantity(StrEnum):
    """What a number in a hit may measure."""

    PERCENT = "百分比"
    DISCOUNT = "折扣"
    AMOUNT = "金额"
    NUMBER = "数字"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that was said, against one that is known; `name`: of the call's data."""

    quantity: Quantity
    op: Op
    value: float = 0.0
    """Percent, tenths of the price (八折: 8), yuan, or a plain number."""
    name: str = ""


def read_times(text: str) -> Times | None:
    """`3`, `至少 3 次`, `at most 2`; None where it is neither."""
    found = _TIMES.fullmatch(with_digits(unicodedata.normalize("NFKC", text).strip()))
    if found is None or (count := int(found[2])) == 0:
        return None
    word = re.sub(r"\s+", "", (found[1] or "").lower())
    return Times(count, word in ("最多", "至多", "atmost", "<="))


def write_times(times: Times) -> str:
    """As it is typed in YAML and Excel."""
    return f"{'最多' if times.at_most else '至少'} {times.count} 次"


def read_limit(text: str) -> Limit | None:
    """`百分比 > 3.5%`, `折扣 < 8`, `金额 > 权限`; None where it is none of them."""
    plain = unicodedata.normalize("NFKC", text).replace("≥", ">=").replace("≤", "<=").strip()
    found = _LIMIT.fullmatch(plain)
    if found is None or found[1] not in {kind.value for kind in Quantity}:
        return None
    quantity, op, against = Quantity(found[1]), Op(found[2]), found[3].strip()
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:%|折|元|块)?", against)
    if number:
        return Limit(quantity, op, float(number[1]))
    return None if against[0].isdigit() else Limit(quantity, op, name=against)


def write_limit(limit: Limit) -> str:
    """As it is typed in YAML and Excel."""
    return f"{limit.quantity} {limit.op} {limit.name or f'{limit.value:g}'}"
