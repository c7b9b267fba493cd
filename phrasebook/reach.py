"""Where something was said, seen from something else: 前3句, 后30s, 前后1min, 全程; and `within`.

A turn (句) is what one speaker says until the other one does; a 嗯 in between ends none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from phrasebook.durations import read_duration, write_duration
from phrasebook.numerals import with_digits

__all__ = ["ANY_TIME_BEFORE", "MAX_TURNS", "Reach", "Side", "read_reach", "read_turns"]

MAX_TURNS = 99
_TURNS = re.compile(r"(\d{1,9})\s*(?:句话?|轮|turns?)")
_REACH = re.compile(r"(?:之?(前后|前|后)|(around|before|after))(?:(.+?)内?)?", re.IGNORECASE)
_WHOLE = frozenset(("全程", "全通", "整通", "anywhere"))


class Side(StrEnum):
    BEFORE = "前"
    AFTER = "后"
    AROUND = "前后"
    WHOLE = "全程"


_ENGLISH = {"before": Side.BEFORE, "after": Side.AFTER, "around": Side.AROUND}


@dataclass(frozen=True, slots=True)
class Reach:
    """On which side, and how far: in ms, in turns, or any distance where both are None."""

    side: Side = Side.BEFORE
    within_ms: int | None = None
    turns: int | None = None

    @property
    def looks_ahead(self) -> bool:
        return self.side is not Side.BEFORE

    def __str__(self) -> str:
        if self.turns is not None:
            return f"{self.side}{self.turns}句"
        return f"{self.side}{'' if self.within_ms is None else write_duration(self.within_ms)}"


ANY_TIME_BEFORE = Reach()


def read_reach(text: str) -> Reach | None:
    """`前3句`, `后30s内`, `before3turns`, `全程`; None where it is none of them."""
    if text.lower() in _WHOLE:
        return Reach(Side.WHOLE)
    found = _REACH.fullmatch(with_digits(text))
    if found is None:
        return None
    side = Side(found[1]) if found[1] else _ENGLISH[found[2].lower()]
    if not found[3]:
        return Reach(side)
    turns = read_turns(found[3])
    if turns is not None:
        return Reach(side, turns=turns)
    ms = read_duration(found[3])
    return Reach(side, within_ms=ms) if ms is not None and ms > 0 else None


def read_turns(text: str) -> int | None:
    """`3句`, `3 turns`: from 1 to 99; None where it is no number of turns."""
    found = _TURNS.fullmatch(with_digits(text.strip().lower()))
    return int(found[1]) if found and 0 < int(found[1]) <= MAX_TURNS else None
