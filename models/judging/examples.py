"""Labelled sentences, as the corpus beside the phrasebook has them: one JSON object a line.

    {"rule": "dont-know", "breach": true, "role": "agent", "line": "…",
     "before": [["customer", "…"]], "disturbed": true, "also": ["slang"]}

`before`, `disturbed`, `also` and `generated` may be missing. `rule` is `ordinary` for sentences
that were not written for or against any rule. A conversation is `{"id", "about", "lines":
[{"role", "line", "rules"}]}`, where `rules` are the ones that the line breaks (none: may be
missing).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "ORDINARY",
    "Conversation",
    "Example",
    "ExamplesError",
    "SaidLine",
    "conversations",
    "examples",
]

ORDINARY = "ordinary"


class ExamplesError(ValueError):
    """A row that cannot be read; the sentence itself is not told."""

    def __init__(self, path: Path, line: int, found: str) -> None:
        super().__init__(
            f"{path}:{line}: {found}; expected an object with `rule`, `breach`, `role` and `line`"
        )


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One line of a conversation, by `agent` or `customer`, and the rules it breaks."""

    role: str
    line: str
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, what was said before it, and whether it breaks the rule it was written for."""

    rule: str
    breach: bool
    role: str
    line: str
    before: tuple[SaidLine, ...] = ()
    disturbed: bool = False
    """Words that the phrasebook knows, as stutter, dialect or a recogniser changes them."""
    also: frozenset[str] = frozenset()
    """Other rules that the sentence breaks."""
    generated: bool = False
    """Made of a template: too easy to set a threshold by."""

    @property
    def rules(self) -> frozenset[str]:
        """Every rule that the sentence breaks."""
        return self.also | {self.rule} if self.breach else self.also

    @property
    def said_before(self) -> str:
        """What the other side said last; "" where nothing is told."""
        return next((one.line for one in reversed(self.before) if one.role != self.role), "")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole call."""

    id: str
    about: str
    lines: tuple[SaidLine, ...]


def examples(path: Path) -> Iterator[Example]:
    """The rows of a file, in its order. Raises `ExamplesError`, OSError."""
    for number, row in _rows(path):
        try:
            yield Example(
                rule=row["rule"],
                breach=row["breach"],
                role=row["role"],
                line=row["line"],
                before=tuple(SaidLine(role, line) for role, line in row.get("before", ())),
                disturbed=row.get("disturbed", False),
                also=frozenset(row.get("also", ())),
                generated=row.get("generated", False),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ExamplesError(path, number, f"cannot use it ({type(error).__name__})") from None


def conversations(path: Path) -> Iterator[Conversation]:
    """The calls of a file, in its order. Raises `ExamplesError`, OSError."""
    for number, row in _rows(path):
        try:
            lines = (
                SaidLine(one["role"], one["line"], frozenset(one.get("rules", ())))
                for one in row["lines"]
            )
            yield Conversation(row["id"], row.get("about", ""), tuple(lines))
        except (KeyError, TypeError) as error:
            raise ExamplesError(path, number, f"no call ({type(error).__name__})") from None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise ExamplesError(path, number, "it is no JSON") from None
        if not isinstance(row, dict):
            raise ExamplesError(path, number, "it is no JSON object")
        yield number, row
