"""What a piece of a phrasebook holds, in a line of words: titles, never ids."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping

from api.desk.pages import say
from phrasebook import Phrasebook

__all__ = ["brief"]

MOST = 80
_NAMING = ("anatomy", "moods")
"""Sections whose values name rules, steps and lists."""


def brief(book: Phrasebook, section: str, name: str, text: str, words: Mapping[str, str]) -> str:
    """`text`: the piece's own YAML; `words`: of the rules' pages."""
    told = " · ".join(_parts(book, section, name, text, words))
    return told if len(told) <= MOST else told[: MOST - 1] + "…"


def _parts(
    book: Phrasebook, section: str, name: str, text: str, words: Mapping[str, str]
) -> Iterator[str]:
    titles = _titles(book)
    if section == "scripts":
        steps = next((one.steps for one in book.scripts if one.id == name), ())
        yield from (titles.get(step, step) for step in steps)
    elif section == "scorecard":
        yield say(words, "set_pass", n=f"{book.scorecard.pass_score:g}")
        yield from (f"{one.title} {one.bonus or one.points:g}" for one in book.scorecard.items)
    elif section == "pack":
        yield f"{say(words, 'set_version')} {book.version}"
        yield f"{say(words, 'set_default_script')} {titles.get(book.default_script, '')}"
    elif section in ("lists", "conditions"):
        yield from (line.strip().removeprefix("- ") for line in text.splitlines()[1:])
    else:
        for line in text.splitlines()[1:] if text.startswith("id:") else text.splitlines():
            key, _, value = line.strip().partition(": ")
            if section in _NAMING:
                value = _named(value, titles)
            yield f"{say(words, f'set_{key}')} {value}"


def _titles(book: Phrasebook) -> dict[str, str]:
    found = {entry.id: entry.title for entry in book.entries}
    found |= {step.id: step.title for step in book.steps}
    found |= {ask.id: ask.title for ask in book.asks}
    return found | {script.id: script.title for script in book.scripts}


def _named(value: str, titles: Mapping[str, str]) -> str:
    """Ids as titles; of a prefix such as `rude-*` what it stands for."""
    found: list[str] = []
    for one in value.split(", "):
        under = [titles[name] for name in titles if fnmatch.fnmatchcase(name, one)]
        found += under or [one]
    return "、".join(dict.fromkeys(found))
