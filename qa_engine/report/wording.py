"""The page's own words, Chinese and English, from one catalogue a language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Key to sentence; `{n}` stands for what the page fills in."""
    text = files(__package__).joinpath("assets", f"{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return words


def say(language: str, key: str, **values: object) -> str:
    """Raises KeyError for a key that the catalogue lacks: a page must not invent words."""
    return catalogue(language)[key].format(**values)


def clock(ms: int) -> str:
    """01:23, or 1:02:03 from an hour on."""
    seconds = ms // 1000
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes:02}:{second:02}"


def number(value: float) -> str:
    """12, 7.5: no more digits than needed."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def english_name(code: str) -> str:
    """A rule, step or item of a Chinese pack for an English reader: the words of its id.

    Rows of a standard in it are left out: `s1-1-dont-know` is "dont know"; `rule-7` says nothing.
    """
    words = [word for word in code.replace("_", "-").split("-") if word.isalpha()]
    return " ".join(words) if code.isascii() and words != ["rule"] else ""


def named(language: str, code: str, title: str) -> str:
    """Its title, in an English report behind the words of its id."""
    english = english_name(code) if language == "en" else ""
    return f"{english} · {title}" if english and english != title else title
