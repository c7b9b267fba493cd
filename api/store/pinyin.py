"""Text as syllables, so that a search for 我不知道 finds what was written 我不之道."""

from __future__ import annotations


def syllables(text: str) -> str:
    """Toneless pinyin of each character, each with a space after it; other signs are dropped."""
    from pypinyin import lazy_pinyin

    return "".join(f"{part} " for part in lazy_pinyin(text, errors="ignore"))
