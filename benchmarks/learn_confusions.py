"""How initials and finals are misheard, learned from recogniser output and shrunk hard.

    python -m benchmarks.learn_confusions  →  qa_engine/matching/text/tables/confusions.txt

Each line `initial zh z 0.21`: the cost of hearing one where the other was said, in [0.15, 0.7];
an initial and a final that both differ add up (at most 1). A pair's count is mixed with a prior
from articulation (place, manner, aspiration; medial, vowel, ending) worth 60 observations, so that
only what is plain in the data moves a cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from benchmarks.asr_pairs import Pair, corpora
from qa_engine.matching.sounds.syllables import parts
from qa_engine.matching.text.characters import TABLES, characters

PRIOR_WEIGHT = 60.0
BASE, SCALE, LEAST, MOST = 0.5, 0.12, 0.15, 0.7
Distance = Callable[[str, str], float]

_PLACE_MANNER = {
    **{"b": "lip stop -", "p": "lip stop h", "m": "lip nasal -", "f": "lip fric h"},
    **{"d": "ridge stop -", "t": "ridge stop h", "n": "ridge nasal -", "l": "ridge lateral -"},
    **{"g": "back stop -", "k": "back stop h", "h": "back fric h"},
    **{"j": "hiss1 affr -", "q": "hiss1 affr h", "x": "hiss1 fric h"},
    **{"zh": "hiss2 affr -", "ch": "hiss2 affr h", "sh": "hiss2 fric h", "r": "hiss2 lateral -"},
    **{"z": "hiss3 affr -", "c": "hiss3 affr h", "s": "hiss3 fric h", "": "none none -"},
}
_NEAR_MANNER = ({"nasal", "lateral"}, {"affr", "fric"}, {"stop", "affr"})
_NEAR_VOWEL = (
    *({"a", "e"}, {"e", "o"}, {"i", "v"}, {"i", "ih"}, {"ih", "ic"}, {"i", "ic"}),
    *({"u", "o"}, {"i", "e"}, {"a", "o"}),
)


def initial_distance(a: str, b: str) -> float:
    """0 for the same initial, up to 2.5 for nothing in common."""
    place_a, manner_a, breath_a = _PLACE_MANNER[a].split()
    place_b, manner_b, breath_b = _PLACE_MANNER[b].split()
    hissing = place_a[:4] == place_b[:4] == "hiss"
    place = 0.0 if place_a == place_b else 0.5 if hissing else 1.0
    near = {manner_a, manner_b} in _NEAR_MANNER
    manner = 0.0 if manner_a == manner_b else 0.6 if near else 1.0
    return place + manner + (0.5 if breath_a != breath_b else 0.0)


def final_distance(a: str, b: str) -> float:
    """0 for the same final; medial, vowel and ending count apart."""
    medial_a, vowel_a, ending_a = _final(a)
    medial_b, vowel_b, ending_b = _final(b)
    near = {vowel_a, vowel_b} in _NEAR_VOWEL
    vowel = 0.0 if vowel_a == vowel_b else 0.5 if near else 1.0
    nasals = {ending_a, ending_b} == {"n", "ng"}
    ending = 0.0 if ending_a == ending_b else 0.35 if nasals else 0.6
    return vowel + ending + (0.5 if medial_a != medial_b else 0.0)


def _final(final: str) -> tuple[str, str, str]:
    core, ending = final, ""
    for nasal in ("ng", "n"):
        if core.endswith(nasal):
            core, ending = core.removesuffix(nasal), nasal
            break
    medial = ""
    if len(core) > 1 and core[0] in "iuv" and core not in ("ih", "ic"):
        medial, core = core[0], core[1:]
    if core in ("ai", "ei"):
        core, ending = core[0], "i"
    elif core in ("ao", "ou"):
        core, ending = core[0], "u"
    return medial, core, ending


def aligned(heard: str, said: str) -> Iterator[tuple[str, str]]:
    """Heard and said characters opposite each other (insertions and deletions left out)."""
    rows, columns = len(heard) + 1, len(said) + 1
    cost = np.zeros((rows, columns))
    cost[:, 0], cost[0, :] = np.arange(rows), np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            cost[i, j] = min(
                cost[i - 1, j - 1] + _rough(heard[i - 1], said[j - 1]),
                cost[i - 1, j] + 0.9,
                cost[i, j - 1] + 0.9,
            )
    i, j = rows - 1, columns - 1
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + _rough(heard[i - 1], said[j - 1]):
            i, j = i - 1, j - 1
            yield heard[i], said[j]
        elif cost[i, j] == cost[i - 1, j] + 0.9:
            i -= 1
        else:
            j -= 1


def _rough(heard: str, said: str) -> float:
    if heard == said:
        return 0.0
    a, b = _parts_of(heard), _parts_of(said)
    if a is None or b is None:
        return 1.2
    return 0.1 if a == b else 0.55 if a[0] == b[0] or a[1] == b[1] else 1.2


def _parts_of(character: str) -> tuple[str, str] | None:
    table = characters()
    sound = table.sound_of.get(character)
    return parts(table.names[sound]) if sound else None


def costs(counts: NDArray[np.float64], names: list[str], distance: Distance) -> NDArray[np.float64]:
    """Symmetric costs from counts of (said, heard): low where heard oftener than chance."""
    counts = counts + counts.T
    chance = counts.sum(0) + 5
    chance /= chance.sum()
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    apart = np.array([[distance(a, b) for b in names] for a in names])
    prior = chance * np.exp(-1.2 * apart)
    np.fill_diagonal(prior, 0)
    prior /= prior.sum(1, keepdims=True)
    share = (wrong + PRIOR_WEIGHT * prior) / (wrong.sum(1, keepdims=True) + PRIOR_WEIGHT)
    other = np.tile(chance, (len(names), 1))
    np.fill_diagonal(other, 0)
    other /= other.sum(1, keepdims=True)
    ratio = np.log((share + 1e-6) / (other + 1e-6) + 1e-9)
    found: NDArray[np.float64] = np.clip(BASE - SCALE * (ratio + ratio.T) / 2, LEAST, MOST)
    return found


def learned(corpora: Iterable[list[Pair]]) -> str:
    """The lines of `confusions.txt`, from these corpora alone."""
    table = characters()
    spelled = [split for name in table.names[: table.syllables] if (split := parts(name))]
    initials = sorted({initial for initial, _ in spelled})
    finals = sorted({final for _, final in spelled})
    size = max(len(initials), len(finals))
    seen = np.zeros((2, size, size))
    for pair in chain.from_iterable(corpora):
        for heard, said in opposite(pair):
            a, b = _parts_of(heard), _parts_of(said)
            if a and b:
                seen[0, initials.index(b[0]), initials.index(a[0])] += 1
                seen[1, finals.index(b[1]), finals.index(a[1])] += 1
    lines: list[str] = []
    for kind, names, counts, distance in (
        ("initial", initials, seen[0], initial_distance),
        ("final", finals, seen[1], final_distance),
    ):
        found = costs(counts[: len(names), : len(names)], names, distance)
        lines += [
            f"{kind} {first or '-'} {second} {found[i, j]:.2f}"
            for i, first in enumerate(names)
            for j, second in enumerate(names)
            if i < j
        ]
    return "\n".join(lines) + "\n"


def opposite(pair: Pair) -> Iterable[tuple[str, str]]:
    """Heard and said characters of an utterance, opposite each other."""
    if pair.heard == pair.said:
        return zip(pair.heard, pair.said, strict=True)
    return aligned(pair.heard, pair.said)


def main() -> None:
    (TABLES / "confusions.txt").write_text(learned(corpora().values()), "utf-8")


if __name__ == "__main__":
    main()
