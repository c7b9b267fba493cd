"""What people say of a call's findings: right or wrong, and what the machine did not find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.review.scores.answers import StoredPlace

Said = Mapping[str, bool]
"""Finding → a person judged it right; what is not in it was not judged. A hit by its id, a step and
a conduct check by the keys below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody said of a finding."""

    right: bool
    by: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Words that a rule should have found (漏检)."""

    utterance: int
    begin_char: int
    end_char: int
    rule: str

    @property
    def stored(self) -> StoredPlace:
        return {
            "utterance": self.utterance,
            "begin_char": self.begin_char,
            "end_char": self.end_char,
            "rule": self.rule,
        }

    @property
    def id(self) -> str:
        """The id of the finding that it becomes."""
        parts = (self.rule, self.utterance, self.begin_char, self.end_char)
        return ":".join((_MISSED, *map(str, parts)))[:160]


_MISSED = "missed"


def step_key(step: str) -> str:
    return f"step:{step}"


def check_key(check: str) -> str:
    return f"check:{check}"
