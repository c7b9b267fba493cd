"""Which way a call went, in the words that people use."""

from __future__ import annotations

DIRECTIONS = {
    **dict.fromkeys(("呼入", "内呼", "来电", "inbound"), "inbound"),
    **dict.fromkeys(("呼出", "外呼", "去电", "outbound"), "outbound"),
    **dict.fromkeys(("内部", "internal"), "internal"),
}


def direction_named(word: str) -> str:
    """inbound, outbound or internal; empty for a word that is none of these."""
    return DIRECTIONS.get(word.strip().lower(), "")
