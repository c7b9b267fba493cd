"""Sentences for people in the language they read: English as written in the code, or Chinese.

`say("{path}: no rows", path=path)` looks the template up in the catalogues (JSON, English template
to Chinese template). Chinese is spoken where `QA_ENGINE_LANG` or else the locale says so. Codes,
file names and line numbers are the same in both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

__all__ = [
    "CHINESE",
    "catalogue",
    "language",
    "report_language",
    "say",
    "speaking",
    "use_catalogue",
]

CHINESE = "zh"
ENGLISH = "en"
_VARIABLES = ("QA_ENGINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

_catalogues: list[Path] = [Path(__file__).parent / "messages_zh.json"]


def use_catalogue(path: Path) -> None:
    """Add a room's own catalogue; it may hold templates that other rooms do not."""
    if path not in _catalogues:
        _catalogues.append(path)
        catalogue.cache_clear()


@cache
def catalogue() -> Mapping[str, str]:
    """Every English template with its Chinese one."""
    found: dict[str, str] = {}
    for path in _catalogues:
        found |= json.loads(path.read_text("utf-8"))
    return found


_asked: ContextVar[str] = ContextVar("language", default="")


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Inside, this reader's language whatever the process speaks: a page is asked for in one."""
    token = _asked.set(wanted)
    try:
        yield
    finally:
        _asked.reset(token)


def language() -> str:
    """`zh` or `en`: what the reader asked for, or by the first of the variables that is set."""
    if asked := _asked.get():
        return asked
    for name in _VARIABLES:
        if value := os.environ.get(name, "").strip().lower():
            return CHINESE if value.startswith(("zh", "cn", "chinese")) else ENGLISH
    return ENGLISH


def report_language() -> str:
    """The language of reports of calls: Chinese, as the calls are, unless English was asked for.

    A locale asks for nothing here: Chinese servers often run in an English one.
    """
    asked = _asked.get() or os.environ.get("QA_ENGINE_LANG", "").strip().lower()
    return ENGLISH if asked.startswith("en") else CHINESE


def say(template: str, /, **values: object) -> str:
    """The sentence with its values filled in; a template without a translation stays English."""
    if language() == CHINESE:
        template = catalogue().get(template, template)
    return template.format(**values) if values else template
