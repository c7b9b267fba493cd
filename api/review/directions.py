"""呼入 and 呼出, however the telephone system writes them."""

from __future__ import annotations

from collections.abc import Mapping

_KNOWN = {
    "inbound": ("inbound", "in", "incoming", "call_in", "呼入", "来电", "进线"),
    "outbound": ("outbound", "out", "outgoing", "call_out", "呼出", "外呼", "去电"),
    "internal": ("internal", "内部", "内呼"),
}
_BY_WORD = {word: name for name, words in _KNOWN.items() for word in words}


def direction_of(told: str, words: Mapping[str, str]) -> str:
    """In the reader's words; what nobody knows stays as it was told."""
    name = _BY_WORD.get(told.strip().lower())
    return words[f"direction_{name}"] if name else told
