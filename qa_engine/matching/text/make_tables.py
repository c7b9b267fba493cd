"""Makes the data files in `tables/`: `python -m qa_engine.matching.text.make_tables`.

Run by a maintainer, never at run time. Sources: OpenCC (Apache-2.0) for Traditional to Simplified,
pypinyin (MIT) for readings, jieba's word frequencies (MIT) for which reading is usual and for how
likely one character follows another. Only facts are kept (which sound, how often), no sentences.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.text.normalise import fold

TABLES = Path(__file__).parent / "tables"
HAN = [chr(code) for code in range(0x4E00, 0xA000)]
RARE_WORD = 3
"""Words that jieba counted less often than this tell nothing about usual readings."""
RARE_PAIR = 8
USUAL_SHARE = 0.03
SPOKEN_READINGS = {
    "地": ["de"], "得": ["dei"], "还": ["huan"], "都": ["du"], "行": ["hang"], "了": ["liao"],
    "着": ["zhao", "zhuo"], "嗯": ["en"], "给": ["ji"], "谁": ["shei", "shui"], "哪": ["nei"],
    "那": ["nei"], "这": ["zhei"], "一": ["yao"], "幺": ["yi"], "啊": ["ya", "na", "wa"],
    "的": ["di"],
}  # fmt: skip
"""Readings of everyday speech that word lists hide."""


def plain(syllable: str) -> str:
    """The toneless spelling used throughout: `lü` is `lv`, a bare nasal is `en`."""
    spelled = syllable.replace("ü", "v")
    return {"n": "en", "ng": "en", "m": "en", "hm": "en", "hng": "en", "ê": "ei"}.get(
        spelled, spelled
    )


def word_frequencies() -> dict[str, int]:
    """Counts of jieba's dictionary by word."""
    import jieba

    counts: dict[str, int] = {}
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split(" ")
        counts[word] = int(count)
    return counts


def traditional() -> str:
    """Lines `傳传`: each Traditional character and its Simplified form."""
    import opencc

    simple = opencc.OpenCC("t2s").convert("\n".join(HAN)).split("\n")
    return "".join(f"{old}{new}\n" for old, new in zip(HAN, simple, strict=True) if old != new)


def readings(words: dict[str, int]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Each character's usual readings, commonest first, and the words that are read otherwise."""
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    heard: dict[str, Counter[str]] = defaultdict(Counter)
    read: dict[str, list[str]] = {}
    for word in {*words, *(w for w in PHRASES_DICT if len(w) <= 4)}:
        count = words.get(word, 1)
        sounds = [plain(sound) for sound in lazy_pinyin(word)]
        if len(sounds) != len(word) or (count < RARE_WORD and word not in PHRASES_DICT):
            continue
        read[word] = sounds
        for character, sound in zip(word, sounds, strict=True):
            heard[character][sound] += count
    single = {c: [plain(s) for s in lazy_pinyin(c)] for c in HAN if ord(c) in PINYIN_DICT}
    usual: dict[str, list[str]] = {}
    for character, fallback in single.items():
        total = sum(heard[character].values())
        kept = [s for s, n in heard[character].most_common() if n >= USUAL_SHARE * total]
        extra = SPOKEN_READINGS.get(character, [])
        usual[character] = list(dict.fromkeys([*(kept or fallback), *extra]))
    odd = {
        word: sounds
        for word, sounds in read.items()
        if len(word) > 1 and all(c in usual for c in word)
        and any(usual[c][0] != s for c, s in zip(word, sounds, strict=True))
    }  # fmt: skip
    return usual, odd


def neighbours(words: dict[str, int]) -> dict[str, NDArray[np.unsignedinteger]]:
    """How often characters stand at the front, at the end and beside each other in words."""
    single: Counter[str] = Counter()
    first: Counter[str] = Counter()
    last: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for word, count in words.items():
        folded = fold(word)
        if not folded:
            continue
        single.update(dict.fromkeys(folded, 0))
        for character in folded:
            single[character] += count + 1
        first[folded[0]] += count + 1
        last[folded[-1]] += count + 1
        for pair in pairwise(folded):
            beside["".join(pair)] += count + 1
    known = sorted(c for c in single if ord(c) < 0x10000)
    place = {c: i for i, c in enumerate(known)}
    pairs = sorted(
        (place[pair[0]] * len(known) + place[pair[1]], count)
        for pair, count in beside.items()
        if count >= RARE_PAIR and pair[0] in place and pair[1] in place
    )
    return {
        "characters": np.array([ord(c) for c in known], np.uint16),
        "single": np.array([single[c] for c in known], np.uint32),
        "first": np.array([first[c] for c in known], np.uint32),
        "last": np.array([last[c] for c in known], np.uint32),
        "pairs": np.array([key for key, _ in pairs], np.uint32),
        "beside": np.array([count for _, count in pairs], np.uint32),
    }


def main() -> None:
    TABLES.mkdir(exist_ok=True)
    words = word_frequencies()
    usual, odd = readings(words)
    (TABLES / "traditional.txt").write_text(traditional(), "utf-8")
    (TABLES / "readings.txt").write_text(
        "".join(f"{c} {' '.join(s)}\n" for c, s in sorted(usual.items())), "utf-8"
    )
    (TABLES / "polyphones.txt").write_text(
        "".join(f"{w} {' '.join(s)}\n" for w, s in sorted(odd.items())), "utf-8"
    )
    with (TABLES / "neighbours.npz").open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **neighbours(words))


if __name__ == "__main__":
    main()
