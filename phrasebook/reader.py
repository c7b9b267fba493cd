"""Typed values out of one mapping; everything wrong is told, and reading goes on with a default."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import TypeVar

from phrasebook.context import Context
from phrasebook.durations import read_duration
from phrasebook.errors import Code, PatternError
from phrasebook.model import Where
from phrasebook.nodes import Fields, Items, Scalar, Value, kind_of
from phrasebook.parse import parse
from phrasebook.pattern import Pattern
from phrasebook.slots import slots
from phrasebook.variants import MAX_VARIANTS, count_variants
from phrasebook.words import FLAGS, nearest

Meaning = TypeVar("Meaning")

MAX_TEXT_CHARS = 5_000


class FieldReader:
    """Reads the fields of one mapping. `owner` names it in errors: `entry 'promise'`."""

    def __init__(
        self, fields: Fields, owner: str, allowed: Collection[str], context: Context
    ) -> None:
        self.fields = fields
        self.owner = owner
        self.context = context
        for key in fields.values:
            if key not in allowed:
                message = f"{owner}: unknown key '{key[:40]}'{nearest(key, allowed)}"
                if "：" in key:
                    message = (
                        f"{owner}: the colon is full-width; expected ': ' with a space after it"
                    )
                context.problems.add(fields.place_of(key), Code.UNKNOWN_KEY, message)

    def get(self, key: str) -> Value | None:
        """The value as typed; None when absent or typed as nothing."""
        value = self.fields.values.get(key)
        return None if isinstance(value, Scalar) and value.is_null else value

    def place(self, key: str) -> Where:
        return self.fields.place_of(key)

    def tell(self, where: Where, code: Code, message: str) -> None:
        self.context.problems.add(where, code, f"{self.owner}: {message}")

    def missing(self, key: str) -> None:
        self.tell(self.place(key), Code.MISSING_KEY, f"'{key}' is missing; expected a value")

    def text(self, key: str, default: str = "") -> str:
        """Free text, stripped; may hold several lines."""
        value = self.get(key)
        if value is None:
            return default
        return self._free(key, value) or default

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or a list of them, each on one line."""
        found = (self._free(key, value) for value in self.items(key))
        return tuple(" ".join(text.split("\n")) for text in found if text)

    def items(self, key: str) -> tuple[Value, ...]:
        """The values of a list; a single value is a list of one."""
        value = self.get(key)
        if value is None:
            return ()
        if isinstance(value, Items):
            if not value.values:
                self.tell(value.where, Code.EMPTY, f"'{key}' is an empty list; expected a value")
            return value.values
        return (value,)

    def number(self, key: str, default: float, low: float = 0.0, high: float = 10_000.0) -> float:
        scalar = self.scalar(key)
        if scalar is None:
            return default
        try:
            number = float(scalar.text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            message = f"'{key}' is '{scalar.text[:20]}'; expected a number from {low:g} to {high:g}"
            self.tell(scalar.where, Code.BAD_NUMBER, message)
            return default
        return number

    def integer(self, key: str, default: int, low: int = 0, high: int = 100_000) -> int:
        number = self.number(key, default, low, high)
        if number != int(number):
            message = f"'{key}' is {number:g}; expected a whole number"
            self.tell(self.place(key), Code.BAD_NUMBER, message)
        return int(number)

    def flag(self, key: str, default: bool) -> bool:
        scalar = self.scalar(key)
        if scalar is None:
            return default
        if (word := scalar.text.strip().lower()) not in FLAGS:
            message = f"'{key}' is '{scalar.text[:20]}'; expected true or false (是 or 否)"
            self.tell(scalar.where, Code.BAD_FLAG, message)
            return default
        return FLAGS[word]

    def choice(self, key: str, words: Mapping[str, Meaning], default: Meaning) -> Meaning:
        """One of a closed set of words."""
        scalar = self.scalar(key)
        return default if scalar is None else self.word(key, scalar, words, default)

    def word(
        self, key: str, value: Value, words: Mapping[str, Meaning], default: Meaning
    ) -> Meaning:
        """What one word of a closed set means, alone or in a list."""
        if not isinstance(value, Scalar):
            message = f"'{key}' holds {kind_of(value)}; expected one of {', '.join(words)}"
            self.tell(value.where, Code.WRONG_TYPE, message)
            return default
        word = value.text.strip()
        if (found := words.get(word, words.get(word.lower()))) is None:
            message = f"'{key}' is '{word[:20]}'; expected one of {', '.join(words)}"
            self.tell(value.where, Code.UNKNOWN_CHOICE, message + nearest(word, words))
            return default
        return found

    def duration(self, key: str, default: int | None = None) -> int | None:
        """Milliseconds."""
        scalar = self.scalar(key)
        if scalar is None:
            return default
        if (ms := read_duration(scalar.text)) is None:
            message = f"'{key}' is '{scalar.text[:20]}'; expected a time such as 30s, 2min, 30秒"
            self.tell(scalar.where, Code.BAD_DURATION, message)
            return default
        return ms

    def patterns(self, key: str, *, required: bool = False) -> tuple[Pattern, ...]:
        """Lines of the pattern language; one line or a list of them."""
        if required and self.get(key) is None:
            self.missing(key)
        found = (self.pattern(key, value) for value in self.items(key))
        return tuple(pattern for pattern in found if pattern)

    def pattern(self, key: str, value: Value) -> Pattern | None:
        """One line of the pattern language, its lists known and its variants not too many."""
        if not isinstance(value, Scalar):
            message = f"'{key}' holds {kind_of(value)} where a line was expected"
            if value.is_flow:
                message += "; a line that begins with [ or { needs '…' around it"
            code = Code.QUOTED_BY_YAML if value.is_flow else Code.WRONG_TYPE
            self.tell(value.where, code, message)
            return None
        if not (text := self._free(key, value)):
            return None
        try:
            pattern = parse(text)
        except PatternError as error:
            self.tell(value.where, Code.PATTERN, f"'{key}', {error}")
            return None
        for name in dict.fromkeys(slots(pattern)):
            self.context.knows_list(name, value.where, self.owner)
        if (count := count_variants(pattern)) > MAX_VARIANTS:
            message = f"a line of '{key}' stands for {count} variants; at most {MAX_VARIANTS} may"
            self.tell(value.where, Code.TOO_MANY_VARIANTS, f"{message}: write it as several lines")
        return pattern

    def scalar(self, key: str) -> Scalar | None:
        """A single value, or None when absent or of another kind (which is told)."""
        value = self.get(key)
        if value is None or isinstance(value, Scalar):
            return value
        message = f"'{key}' is {kind_of(value)}; expected a single value"
        self.tell(value.where, Code.WRONG_TYPE, message)
        return None

    def _free(self, key: str, value: Value) -> str:
        if not isinstance(value, Scalar):
            code = Code.QUOTED_BY_YAML if value.is_flow else Code.WRONG_TYPE
            hint = "; a text that begins with [ or { needs '…' around it" if value.is_flow else ""
            self.tell(value.where, code, f"'{key}' holds {kind_of(value)}; expected text{hint}")
            return ""
        text = value.text.replace("\t", " ").strip()
        if not text:
            self.tell(value.where, Code.EMPTY, f"'{key}' holds an empty text; expected words")
        elif len(text) > MAX_TEXT_CHARS:
            message = f"'{key}' has {len(text)} characters; at most {MAX_TEXT_CHARS} may stand"
            self.tell(value.where, Code.TOO_LARGE, message)
        for char in text:
            if char != "\n" and unicodedata.category(char) in ("Cc", "Cs"):
                message = f"'{key}' holds the unprintable character U+{ord(char):04X}"
                self.tell(value.where, Code.BAD_CHARACTER, message)
                break
        return text


def reader_of(
    outer: FieldReader, key: str, value: Value, allowed: tuple[str, ...]
) -> FieldReader | None:
    """A reader of the mapping under a key; None (and told) when there is no mapping."""
    if not isinstance(value, Fields):
        message = f"'{key}' is no mapping; expected keys such as {allowed[0]}:"
        outer.tell(value.where, Code.WRONG_TYPE, message)
        return None
    return FieldReader(value, f"{outer.owner}, {key}", allowed, outer.context)
