"""The closed vocabulary: characters, Whisper's special tokens, timestamps of 20 ms to 30 s.

The order is part of the model: characters first, then special tokens, then timestamps, because
CTranslate2 takes everything after ``<|notimestamps|>`` for a timestamp.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from models.training.pronounce import pinyin, toneless

CHARACTERS_FILE = Path(__file__).with_name("characters.txt")

UNKNOWN, END, START = "<unk>", "<|endoftext|>", "<|startoftranscript|>"
CHINESE, TRANSLATE, TRANSCRIBE = "<|zh|>", "<|translate|>", "<|transcribe|>"
START_LM, START_PREVIOUS = "<|startoflm|>", "<|startofprev|>"
NO_SPEECH, NO_TIMESTAMPS = "<|nospeech|>", "<|notimestamps|>"
SPECIAL = (
    END,
    START,
    CHINESE,
    TRANSLATE,
    TRANSCRIBE,
    START_LM,
    START_PREVIOUS,
    NO_SPEECH,
    NO_TIMESTAMPS,
)
PUNCTUATION = ("，", "。", "？")
LAST_TIMESTAMP = 1500


@cache
def known_characters() -> tuple[str, ...]:
    """The Chinese characters the model can write, sorted."""
    return tuple(sorted(set(re.findall(r"[\u4e00-\u9fff]", CHARACTERS_FILE.read_text("utf-8")))))


@cache
def tokens() -> tuple[str, ...]:
    """Every token in id order."""
    times = (f"<|{i * 0.02:.2f}|>" for i in range(LAST_TIMESTAMP + 1))
    return (UNKNOWN, *known_characters(), *PUNCTUATION, *SPECIAL, *times)


@cache
def ids() -> dict[str, int]:
    """Token to id."""
    return {token: i for i, token in enumerate(tokens())}


def timestamp(seconds: float) -> int:
    """Id of the timestamp token nearest to ``seconds`` (0-30)."""
    return ids()["<|0.00|>"] + min(LAST_TIMESTAMP, max(0, round(seconds * 50)))


@cache
def syllable_ids() -> dict[str, int]:
    """Toneless syllable to class; 0 is silence. A reading outside the list counts as its own."""
    from pypinyin import Style
    from pypinyin import pinyin as readings

    found: set[str] = set()
    for c in known_characters():
        for reading in readings(c, style=Style.TONE3, heteronym=True)[0]:
            found.add(toneless(reading)[0])
        found.add(toneless(pinyin(c)[0])[0])
    return {s: i + 1 for i, s in enumerate(sorted(found))}


def spellable(text: str) -> bool:
    """Whether every Chinese character of ``text`` is in the vocabulary."""
    known = ids()
    return all(c in known for c in re.findall(r"[\u4e00-\u9fff]", text))
