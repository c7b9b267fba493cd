"""Words to splice in: jieba's dictionary, flattened, and the slots of our own templates."""

from __future__ import annotations

import itertools
import logging
import random
import re
from functools import cache
from pathlib import Path

import jieba

from models.training import grammar
from models.training.vocabulary import spellable

_HAN_WORD = re.compile(r"[\u4e00-\u9fff]{1,4}")
_LEAST_COUNT = 30
_FLATTEN = 0.45


@cache
def _dictionary() -> tuple[list[str], list[float]]:
    words: list[str] = []
    weights: list[float] = []
    path = Path(jieba.__file__).with_name("dict.txt")
    for line in path.read_text("utf-8").splitlines():
        word, count = line.split()[:2]
        if int(count) >= _LEAST_COUNT and _HAN_WORD.fullmatch(word) and spellable(word):
            words.append(word)
            weights.append(float(count) ** _FLATTEN)
    return words, list(itertools.accumulate(weights))


@cache
def _domain() -> list[str]:
    values = {v for vs in grammar.slots().values() for v in vs if "{" not in v}
    values |= {w for line in grammar.lines("words") for w in line.split()}
    return sorted(v for v in values if spellable(v))


def word(r: random.Random) -> str:
    """A word: half from the words of our calls, half from the dictionary."""
    if r.random() < 0.5:
        return r.choice(_domain())
    words, cumulative = _dictionary()
    return r.choices(words, cum_weights=cumulative)[0]


def cut(text: str) -> list[str]:
    """``text`` in words, punctuation kept as items of their own."""
    jieba.setLogLevel(logging.WARNING)
    return list(jieba.cut(text))
