"""The small sentence language of ``text/*.txt``: ``{slot}`` and ``(this|that|)``.

A template is expanded by drawing; every draw comes from the ``random.Random`` passed in, so the
same seed gives the same sentences.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("text")
_INNERMOST = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")
_LOOSE_COMMAS = re.compile(r"，{2,}")


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of ``text/<name>.txt`` without comments and blank lines."""
    raw = (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(line.strip() for line in raw if line.strip() and not line.startswith("#"))


@cache
def slots() -> dict[str, tuple[str, ...]]:
    """Slot name to its values, in file order."""
    pairs = (line.split(":", 1) for line in lines("slots"))
    return {name.strip(): tuple(values.strip().split("/")) for name, values in pairs}


def expand(template: str, r: random.Random) -> str:
    """One sentence of ``template``; commas left loose by an empty choice are tidied."""
    text = template
    while "(" in text or "{" in text:
        text = _INNERMOST.sub(lambda m: r.choice(m[1].split("|")), text)
        text = _SLOT.sub(lambda m: r.choice(slots()[m[1]]), text)
    return _LOOSE_COMMAS.sub("，", text).strip("，")


@cache
def sourced(name: str) -> tuple[tuple[str, str], ...]:
    """Lines of the form ``S1.1 | template`` as (source row, template)."""
    pairs = (line.split("|", 1) for line in lines(name))
    return tuple((source.strip(), template.strip()) for source, template in pairs)
