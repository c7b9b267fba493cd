"""What was typed, before it means anything: values that know where they stand.

YAML files and sheets both become this tree, and one builder reads it. A scalar is always the text
as typed, so that `say: 12315`, `version: 1.0` and `id: no` mean what they look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from phrasebook.model import Where


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    where: Where
    is_null: bool = False
    """Nothing, `~` or `null` typed without quotes."""


@dataclass(frozen=True, slots=True)
class Items:
    values: tuple[Value, ...]
    where: Where
    is_flow: bool = False
    """Typed as `[a, b]`: a pattern that begins with [ looks like it."""


@dataclass(frozen=True, slots=True)
class Fields:
    values: Mapping[str, Value]
    where: Where
    is_flow: bool = False
    keys: Mapping[str, Where] | None = None
    """Where each key stands; None: where its value does."""

    def place_of(self, key: str) -> Where:
        """Where to point at when the key or its value is wrong."""
        if self.keys and key in self.keys:
            return self.keys[key]
        return self.values[key].where if key in self.values else self.where


Value = Scalar | Items | Fields


def kind_of(value: Value) -> str:
    """What a value is, in words for an error."""
    match value:
        case Scalar(is_null=True):
            return "nothing"
        case Scalar():
            return "a single value"
        case Items():
            return "a list"
        case Fields():
            return "a mapping"
