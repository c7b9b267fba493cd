"""How sure a recogniser is that tells no probability: heard twice, does it say the same again?

The second time the window comes a little later and quieter, which changes no word of what was said.
Speech that a model knows gives the same text; over noise, music and languages it does not know it
says something else each time.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from models.recogniser import Samples

__all__ = ["agreement", "once_more"]

_LATER_SAMPLES: Final = 330
"""20.6 ms: half of the frame that most networks count in."""
_QUIETER: Final = np.float32(0.6)
_SPOKEN: Final = re.compile(r"[\w]")


def once_more(window: Samples) -> Samples:
    """The window for the second time."""
    return np.concatenate([np.zeros(_LATER_SAMPLES, np.float32), window * _QUIETER])


def agreement(first: str, second: str) -> float:
    """From 0 to 1: 1 where both say the same syllables, tones not counted."""
    from pypinyin import lazy_pinyin
    from rapidfuzz.distance import Levenshtein

    said, again = (lazy_pinyin("".join(_SPOKEN.findall(text))) for text in (first, second))
    return float(Levenshtein.normalized_similarity(said, again)) if said else 0.0
