"""Every character's folded form and sound, from the shipped tables.

    fold     Ａ→a  說→说  ８→八  ，→(dropped)      one rule for text and phrases alike
    sound    一个音节 = 一个编号; letters and % are sounds of their own
    readings 行 → xing, hang                       the usual one first

All lookups are `str.translate` tables or arrays: no Python per character of text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
DIGITS = "零一二三四五六七八九"
SOUND_BASE = 0xE000
"""Sound number n travels inside strings as `chr(SOUND_BASE + n)`, in the private use area."""
UNKNOWN = "\ufffd"
"""A character that was said but not understood, such as a recogniser's `<unk>`."""
PLAIN_SYMBOLS = "abcdefghijklmnopqrstuvwxyz%"


class FoldTable(dict[int, str]):
    """`str.translate` table that learns each new character on first sight."""

    def __init__(self, simplified: dict[str, str]) -> None:
        super().__init__()
        self._simplified = simplified
        self.growing: set[str] = set()
        """Characters met so far that fold to several: ㎏ → kg."""

    def __missing__(self, code: int) -> str:
        folded = "".join(
            self._fold_one(c) for c in unicodedata.normalize("NFKC", chr(code)).lower()
        )
        if len(folded) > 1:
            self.growing.add(chr(code))
        self[code] = folded
        return folded

    def _fold_one(self, character: str) -> str:
        if character in "%" + UNKNOWN:
            return character
        if character.isdecimal():
            return DIGITS[unicodedata.decimal(character)]
        if not character.isalnum():
            return "零" if character in "○〇" else ""
        if ord(character) > 0xFFFF:
            return UNKNOWN
        return self._simplified.get(character, "零" if character == "〇" else character)


class SoundTable(dict[int, str]):
    """`str.translate` table from raw text straight to sounds, one code a folded character."""

    def __init__(self, fold: FoldTable, sound_of: dict[str, int]) -> None:
        super().__init__()
        self._fold = fold
        self._sound_of = sound_of

    def __missing__(self, code: int) -> str:
        sounds = "".join(map(self.spell, self._fold[code]))
        self[code] = sounds
        return sounds

    def spell(self, folded: str) -> str:
        """One folded character's code; a character without a sound stands for itself."""
        sound = self._sound_of.get(folded, 0)
        return chr(SOUND_BASE + sound) if sound else folded


@dataclass(frozen=True, slots=True)
class Characters:
    """The tables, loaded once. Sound 0 is any symbol without a sound we know."""

    fold: FoldTable
    sound: SoundTable
    sound_of: dict[str, int]
    """Folded character to its usual sound."""
    readings: dict[str, tuple[int, ...]]
    """Folded character to all its usual sounds, commonest first."""
    names: tuple[str, ...]
    """Sound number to its spelling: `zhi`, `v`, `%`; the first `syllables` are pinyin."""
    syllables: int
    words: dict[str, tuple[int, ...]]
    """Words read otherwise than character by character: 银行 → yin hang."""
    longest_word: int

    def sounds_in_text(self, folded: str) -> tuple[int, ...]:
        """The usual sound of each character of folded text."""
        return tuple(self.sound_of.get(c, 0) for c in folded)


@cache
def characters() -> Characters:
    """Reads `tables/` (about 20 ms, once a process)."""
    spelled = _spelled_lines("readings.txt")
    names = ("", *sorted({s for sounds in spelled.values() for s in sounds}))
    number = {name: i for i, name in enumerate(names)}
    symbols = {c: len(names) + i for i, c in enumerate(PLAIN_SYMBOLS)}
    readings = {c: tuple(number[s] for s in sounds) for c, sounds in spelled.items()}
    readings |= {c: (i,) for c, i in symbols.items()}
    sound_of = {c: sounds[0] for c, sounds in readings.items()}
    words = {
        w: tuple(number[s] for s in sounds)
        for w, sounds in _spelled_lines("polyphones.txt").items()
        if all(s in number for s in sounds)
    }
    pairs = (TABLES / "traditional.txt").read_text("utf-8").split("\n")
    fold = FoldTable({pair[0]: pair[1] for pair in pairs if pair})
    return Characters(
        fold=fold,
        sound=SoundTable(fold, sound_of),
        sound_of=sound_of,
        readings=readings,
        names=(*names, *PLAIN_SYMBOLS),
        syllables=len(names),
        words=words,
        longest_word=max(map(len, words)),
    )


def _spelled_lines(name: str) -> dict[str, list[str]]:
    lines = (TABLES / name).read_text("utf-8").splitlines()
    return {key: sounds for key, *sounds in (line.split(" ") for line in lines)}
