"""From which confidence on a model's text is believed: measured for each, on human speech.

A confidence is the geometric mean of the tokens' probabilities. Over a syllable or two it says
little, and what it says differs: base is unsure of most single words that people say, and right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from models.manifest import ModelManifest

__all__ = ["ANY", "MEASURED", "Trust", "of"]

_SHORT_TEXT_MARGIN: Final = 0.1
"""Of a model nobody measured on single words: a cough becomes 对 more easily than a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    sentence: float
    """Least confidence of three syllables and more …"""
    word: float
    """… and of one or two that are all there is to hear."""


ANY: Final = Trust(sentence=0.0, word=0.0)
"""Whatever passes the other guards: to measure by."""
MEASURED: Final = {512: Trust(sentence=0.48, word=0.18)}
"""By the width of the network; 512 is base. Over a telephone line: of 40 human sentences one was
below .48 and the next at .54, of 40 sentences played backwards the surest that did not go round had
.44; of 49 single words by another person a seventh is below .18."""


def of(stated: ModelManifest, width: int, least: float | None = None) -> Trust:
    """What was measured for the directory (`least`, of a sentence), what it states, or what was
    measured for its size."""
    trust = _stated(stated, width)
    if least is None:
        return trust
    return Trust(sentence=least, word=trust.word if trust.word < trust.sentence else least)


def _stated(stated: ModelManifest, width: int) -> Trust:
    if stated.min_confidence == ModelManifest().min_confidence and width in MEASURED:
        return MEASURED[width]
    sure = stated.min_confidence
    return Trust(sentence=sure, word=sure + _SHORT_TEXT_MARGIN)
