"""A row of the audit trail in the reader's words: ids stay ids, everything else is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.desk.pages import say
from api.review.scores import rulebook
from qa_engine.report.wording import clock

__all__ = ["TrailWords"]

_ABOUT = re.compile(
    r"(?P<name>queue|scorecard|rules|judge)( (?P<n>\d+))?|(?P<many>\d+) (?P<named>calls)"
)
_MOMENTS = ("at_ms", "begin_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailWords:
    """`words` are the page's; `titles` of rules and steps by their ids."""

    words: Mapping[str, str]
    titles: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, words: Mapping[str, str]) -> TrailWords:
        """With the titles of the newest phrasebook."""
        rules = rulebook.newest(connection).rules.values()
        return cls(words=words, titles={rule.id: rule.title for rule in rules})

    def who(self, login: str) -> str:
        """A login, or which part of the product it was."""
        return self.words.get(f"by_{login}", login)

    def action(self, row: Any) -> str:
        return self.words.get(f"do_{row.action}", str(row.action))

    def subject(self, row: Any) -> str:
        """What a row is about; the few that are no id, such as `scorecard 3`, are worded."""
        if row.action == "search.made":
            return self.detail(row.detail)
        found = _ABOUT.fullmatch(row.subject)
        if found is None:
            return str(row.subject)
        name, n = found["name"] or found["named"], found["n"] or found["many"]
        return say(self.words, f"about_{name}", n=n or "")

    def detail(self, detail: Mapping[str, Any]) -> str:
        """The details of a row; of a list, how long it is."""
        return " · ".join(
            f"{self.words.get(f'key_{key}', key)} {self._value(key, value)}"
            for key, value in detail.items()
            if value not in ("", None)
        )

    def _value(self, key: str, value: Any) -> str:
        if isinstance(value, list):
            return str(len(value))
        if key in _MOMENTS and isinstance(value, int):
            return clock(value)
        text = str(value)
        if key == "rule":
            return self.titles.get(text, text)
        return self.words.get(f"is_{text}") or self.words.get(f"why_{text}") or text
