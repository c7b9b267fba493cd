"""Text as syllables, so that a search for 我不知道 finds what was written 我不之道."""

from __future__ import annotations

from functools import cache, lru_cache


@lru_cache(maxsize=20_000)
def syllables(text: str) -> str:
    """Toneless pinyin of each character with a space on both sides: ` wo bu zhi dao `.

    Other signs are dropped; of text without Chinese nothing is left.
    """
    from pypinyin import lazy_pinyin

    parts = lazy_pinyin(text, errors="ignore")
    return f" {' '.join(parts)} " if parts else ""


@lru_cache(maxsize=20_000)
def order(name: str) -> tuple[str, str]:
    """The key by which names stand in a list: 安娜, 陈立, 王芳, Latin letters among them."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name.lower())), name


def any_readings(text: str) -> list[str]:
    """Every way the characters may be read, whatever stands around them.

    了解 is ` liao jie `, and ` le jie ` as in 为了解决, in the form of `syllables`.
    Empty when one of them is no Chinese character, or there are too many ways.
    """
    from pypinyin import Style, pinyin

    ways = [""]
    for character in text:
        # One by one: of two together pypinyin gives only what they are as a word.
        read = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
        ways = [f"{way} {one}" for way in ways for one in dict.fromkeys(read[0] if read else ())]
    return [f"{way} " for way in ways] if len(ways) <= _MOST_WAYS else []


def readings(typed: str) -> list[str]:
    """Latin letters as syllables, every way they can be cut: xian is ` xian ` and ` xi an `.

    Empty when they are no pinyin.
    """
    ways = [""]
    for part in typed.lower().split():
        ways = [f"{way} {cut}" for way in ways for cut in _cuts(part)][:_MOST_WAYS]
    return [f"{way} " for way in ways if way]


_MOST_WAYS = 16
_LONGEST = 6


@lru_cache(maxsize=1024)
def _cuts(letters: str) -> tuple[str, ...]:
    known = _known()
    if not letters:
        return ()
    found = [letters] if letters in known else []
    for size in range(min(_LONGEST, len(letters) - 1), 0, -1):
        if letters[:size] in known:
            found += [f"{letters[:size]} {rest}" for rest in _cuts(letters[size:])]
    return tuple(found[:_MOST_WAYS])


@cache
def _known() -> frozenset[str]:
    """Every syllable of the everyday characters (level 1 of GB 2312), as pypinyin writes them."""
    from pypinyin import Style, pinyin

    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    everyday = b"".join(rows).decode("gb2312", "ignore")
    return frozenset(part for parts in pinyin(everyday, style=Style.NORMAL) for part in parts)
