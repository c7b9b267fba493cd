"""Fields of a result file, taken where they are there: labels, times, timed characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from models.recogniser import Word

TranscriptRow = Mapping[str, Any]


def has_rows(rows: Any, *keys: str) -> TypeGuard[list[dict[str, Any]]]:
    """Whether it is a list of objects that all have these keys."""
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(isinstance(row, dict) and all(key in row for key in keys) for row in rows)
    )


def label_of(row: TranscriptRow, *keys: str) -> str:
    """The first of these fields that says something, else ""."""
    return next((str(row[key]) for key in keys if row.get(key) not in (None, "")), "")


def int_of(row: TranscriptRow, *keys: str) -> int | None:
    """The first of these fields that is there, as a whole number."""
    return next((int(row[key]) for key in keys if row.get(key) is not None), None)


def ms_of(seconds: Any) -> int:
    """Raises TypeError or ValueError for what is no number of seconds."""
    return round(float(seconds) * 1000)


def timed_characters(said: Iterable[str], spans: Iterable[Any]) -> tuple[Word, ...]:
    """Characters with their times; punctuation has none and is passed over."""
    spoken = [sign for sign in said if sign.strip() and sign not in "，。？！、,.?!；："]
    return tuple(
        Word(text=sign, begin_ms=int(span[0]), end_ms=int(span[1]), confidence=1.0)
        for sign, span in zip(spoken, spans, strict=False)
    )
