"""Traditional characters as Simplified ones, one for one, so that places in the text stay."""

from __future__ import annotations

from functools import cache

from qa_engine.matching.characters import TABLES

__all__ = ["simplified"]


def simplified(text: str) -> str:
    """Published Whisper models write some Mandarin in Traditional characters, as it comes."""
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    pairs = (TABLES / "traditional.txt").read_text("utf-8").splitlines()
    return {ord(pair[0]): pair[1] for pair in pairs if pair}
