"""Errors in the reader's language: what a room below says in English, found again by its template.

A reason is kept as it was raised (a batch's ledger outlives whoever started it), so it is worded
where somebody reads it. A sentence that no template fits stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from phrasebook.messages import CHINESE, language

__all__ = ["in_chinese", "worded"]

_PLACE = re.compile(r"\\{(\w+)\\}")


def worded(sentence: str) -> str:
    """In the language of whoever reads."""
    return in_chinese(sentence) if language() == CHINESE else sentence


def in_chinese(sentence: str) -> str:
    """The Chinese one, with what stood in its places worded as well."""
    for shape, template in _templates():
        if found := shape.fullmatch(sentence):
            places = {name: in_chinese(told) for name, told in found.groupdict().items()}
            return template.format(**places)
    return sentence


@cache
def _templates() -> Sequence[tuple[re.Pattern[str], str]]:
    """The longest first: a shorter one may fit by swallowing half of a sentence in a place."""
    told: dict[str, str] = json.loads(files("api").joinpath("errors_zh.json").read_text("utf-8"))
    longest = sorted(told.items(), key=lambda pair: -len(_PLACE.sub("", re.escape(pair[0]))))
    return [
        (re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL), chinese)
        for english, chinese in longest
    ]
