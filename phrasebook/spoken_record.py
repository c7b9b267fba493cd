"""What of a call's record must be said right: `record: 客户姓名`, `record: 订单号 后4位`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from phrasebook.numerals import with_digits

__all__ = ["SpokenRecord", "read_spoken_record", "write_spoken_record"]

_LAST = re.compile(r"(?:后|末|尾)\s*[一二两三四五六七八九十]+\s*位?$")
_TYPED = re.compile(r"(\S(?:.*?\S)??)(?:\s*(?:后|末|尾|last)\s*([1-9]\d?)\s*位?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SpokenRecord:
    """A heading of the call's data; `last`: only so many of its last characters, 0: all."""

    name: str
    last: int = 0


def read_spoken_record(text: str) -> SpokenRecord | None:
    """None where nothing, or an operator, stands for the heading."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _TYPED.fullmatch(_LAST.sub(lambda last: with_digits(last[0]), plain))
    if found is None or re.search(r"[<>=:]", found[1]):
        return None
    return SpokenRecord(found[1], int(found[2] or 0))


def write_spoken_record(record: SpokenRecord) -> str:
    return f"{record.name} 后{record.last}位" if record.last else record.name
