"""The matcher again, slow and obvious: what the fast one must equal on every input.

Written from the rules, not from the code: every phrase at every place of the text, every alignment,
every sum spelled out. Shared with the product are only the shipped tables, the weights and the
folding of characters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from qa_engine.matching.patterns.pieces import read_aloud
from qa_engine.matching.sounds import scoring
from qa_engine.matching.sounds.evidence import NEGATIONS, NUMBERS, PARTICLES, PRONOUNS
from qa_engine.matching.sounds.syllables import coarse, parts
from qa_engine.matching.text.characters import TABLES, characters
from qa_engine.matching.text.normalise import Normalised, fold, normalise
from qa_engine.matching.text.readings import other_readings
from qa_engine.matching.tiers.commonplace import Commonplace
from qa_engine.matching.tiers.likelihood import likelihood

IMPOSSIBLE = 10**6
TABLE = characters()


@dataclass(frozen=True)
class Found:
    phrase: str
    begin: int
    end: int
    tier: str
    score: float
    weight: float = field(compare=False)


def find(phrases: list[str], text: str, min_score: float) -> list[Found]:
    """What `Matcher.from_phrases(phrases).find(text, min_score=…)` must tell (phrases ≤ 12 long)."""
    kept: list[Found] = []
    heard = normalise(text)
    for phrase in phrases:
        found = [
            placed
            for reading in (heard, *other_readings(heard))
            for placed in _in_reading(phrase, reading, min_score)
        ]
        found.sort(key=lambda f: (f.tier == "fuzzy", -f.weight, f.begin, f.end))
        for one in found:
            if all(one.end <= k.begin or k.end <= one.begin for k in kept if k.phrase == phrase):
                kept.append(one)
    return sorted(kept, key=lambda f: (f.begin, f.end, f.phrase))


def _in_reading(phrase: str, reading: Normalised, min_score: float) -> Iterator[Found]:
    known: set[tuple[int, int]] = set()
    hits = [
        *_sounding(fold(phrase), reading.text),
        *misheard(fold(phrase), reading.text, min_score),
    ]
    for begin, end, tier, score in hits:
        if (begin, end) in known or score < min_score:
            continue
        known.add((begin, end))
        first, last = reading.span(begin, end)
        weight = min(end - begin, len(fold(phrase))) * score
        yield Found(phrase, first, last, tier, score, weight)


def _sounding(phrase: str, text: str) -> Iterator[tuple[int, int, str, float]]:
    """Places that are written alike, or sound alike character by character."""
    for begin in range(len(text) - len(phrase) + 1):
        heard = text[begin : begin + len(phrase)]
        end = begin + len(phrase)
        as_read = [*read_aloud(phrase, TABLE)]
        as_it_looks = [TABLE.sound_of.get(c, 0) for c in phrase]
        sounds = [TABLE.sound_of.get(c, 0) for c in heard]
        strange = [c for c, s in zip(heard, sounds, strict=True) if not s]
        wanted = [c for c, s in zip(phrase, as_it_looks, strict=True) if not s]
        if heard == phrase:
            yield begin, end, "exact", 1.0
        elif sounds in (as_read, as_it_looks) and strange == wanted and len(phrase) > 1:
            yield begin, end, "homophone", _homophone_score(phrase, text, begin)


SHORTEST, LONGEST = 4, 12


def _homophone_score(phrase: str, text: str, begin: int) -> float:
    if len(phrase) < SHORTEST:
        advantage = _plausibility(phrase, text, begin, begin + len(phrase))
        return scoring.short_homophone_score(len(phrase), advantage)
    known = len(phrase) <= LONGEST and all(read_aloud(phrase, TABLE))
    return scoring.homophone_score(prior_of(phrase) if known else scoring.UNKNOWN_PRIOR)


def misheard(phrase: str, text: str, min_score: float) -> Iterator[tuple[int, int, str, float]]:
    """Places of the fuzzy tier."""
    sounds = read_aloud(phrase, TABLE)
    if not SHORTEST <= len(phrase) <= LONGEST or not all(sounds):
        return
    least = scoring.evidence_for(min_score)
    places = [
        (*_cheapest(phrase, text, offset), offset)
        for offset in range(-LONGEST, len(text))
        if _is_seeded(phrase, text, offset)
    ]
    for cost, begin, end, _ in places:
        room = (prior_of(phrase) + 8 * scoring.PLAUSIBILITY - least) * scoring.UNITS
        if cost > min(int(room), IMPOSSIBLE - 1) or cost >= 1500:
            continue
        nats = prior_of(phrase) - cost / scoring.UNITS
        nats += scoring.PLAUSIBILITY * _plausibility(phrase, text, begin, end)
        if nats >= least and not Commonplace().holds(text[begin:end]):
            yield begin, end, "fuzzy", scoring.score_of(nats)


def _coarse_at(text: str, at: int) -> str:
    sound = TABLE.sound_of.get(text[at], 0) if 0 <= at < len(text) else 0
    return _coarse_name(sound)


def _coarse_name(sound: int) -> str:
    name = TABLE.names[sound]
    return coarse(name) if sound < TABLE.syllables else "sign " + name


def _seeds(phrase: str, text: str, offset: int) -> int:
    """Pairs of phrase syllables, a little apart, that stand in the text at the same distance."""
    sounds = read_aloud(phrase, TABLE)
    reach = 3 if len(phrase) == 4 else 2
    return sum(
        _coarse_name(sounds[i]) == _coarse_at(text, offset + i)
        and _coarse_name(sounds[j]) == _coarse_at(text, offset + j)
        for i in range(len(phrase))
        for j in range(i + 1, min(i + reach + 1, len(phrase)))
    )


def _is_seeded(phrase: str, text: str, offset: int) -> bool:
    wanted = 1 if len(phrase) <= 5 else 2 if len(phrase) <= 7 else 3
    return _seeds(phrase, text, offset) >= wanted


def _cheapest(phrase: str, text: str, offset: int) -> tuple[int, int, int]:
    """Cost, begin and end of the cheapest alignment; the first listed where several are."""
    size = len(phrase)
    sounds = read_aloud(phrase, TABLE)

    def laid(first: int, last: int, shift: int) -> int:
        """The phrase's characters first:last over the text, shifted."""
        return sum(
            replaced(
                text,
                offset + i + shift,
                sounds[i],
                "了" if _is_idle_one(phrase, i) else phrase[i],
            )
            for i in range(first, last)
        )

    options = [(laid(0, size, 0), 0, 0)]
    for i in range(1, size):
        extra = inserted(text, offset + i)
        options.append((laid(0, i, 0) + extra + laid(i, size, 1), 0, 1))
    for i in range(1, size):
        extra = inserted(text, offset + i - 1)
        options.append((laid(0, i, -1) + extra + laid(i, size, 0), -1, 0))
    for i in range(size):
        dropped = deleted(phrase, i)
        options.append((laid(0, i, 0) + dropped + laid(i + 1, size, -1), 0, -1))
    for i in range(size):
        dropped = deleted(phrase, i)
        options.append((laid(0, i, 1) + dropped + laid(i + 1, size, 0), 1, 0))
    cost, begin, end = min(options, key=lambda option: option[0])
    return cost, offset + begin, offset + size + end


def replaced(text: str, at: int, sound: int, said: str) -> int:
    """Cost of hearing `text[at]` where `said`, read as `sound`, was said."""
    if not 0 <= at < len(text):
        return 1500
    heard = text[at]
    readings = TABLE.readings.get(heard, ())
    if readings and readings[0] == sound:
        return 0
    like = min(
        (
            _unlike(reading, sound) + (scoring.OTHER_READING / scoring.MISHEARD if n else 0)
            for n, reading in enumerate(readings)
        ),
        default=1.0,
    )
    same = sound in readings
    firm = NUMBERS + PRONOUNS
    if not same:
        if said in NEGATIONS or heard in NEGATIONS or (said in firm and heard in firm):
            return 1500
        may_negate = readings and TABLE.names[readings[0]] in ("bu", "mei", "bie")
        if (said in firm or heard in firm) and like > 0.8:
            return 1500
        if may_negate and like > 0.5:
            return 1500
    like = min(1.0, like)
    return round(scoring.UNITS * (scoring.MISHEARD * like + scoring.MISHEARD_SQUARED * like * like))


def inserted(text: str, at: int) -> int:
    """Cost of a heard character that the phrase does not have."""
    if not 0 <= at < len(text):
        return 1500
    heard = text[at]
    readings = TABLE.readings.get(heard, (0,))
    if _is_idle_one(text, at):
        return round(scoring.INSERTED_PARTICLE * scoring.UNITS)
    if heard in NEGATIONS + NUMBERS + PRONOUNS or TABLE.names[readings[0]] in ("bu", "mei", "bie"):
        return 1500
    nats = scoring.INSERTED_PARTICLE if heard in PARTICLES else scoring.INSERTED
    return round(nats * scoring.UNITS)


def deleted(phrase: str, at: int) -> int:
    """Cost of a phrase's character that was not heard."""
    said = phrase[at]
    if _is_idle_one(phrase, at):
        return round(scoring.DELETED_PARTICLE * scoring.UNITS)
    if said in NEGATIONS + NUMBERS + PRONOUNS:
        return 1500
    nats = scoring.DELETED_PARTICLE if said in PARTICLES else scoring.DELETED
    return round(nats * scoring.UNITS)


def _is_idle_one(text: str, at: int) -> bool:
    """The 一 of 一下 and 一个 counts nothing."""
    return text[at] == "一" and at + 1 < len(text) and text[at + 1] in "下个些点样起直定般会"


def _confusions() -> dict[tuple[str, str, str], float]:
    lines = (TABLES / "confusions.txt").read_text("utf-8").splitlines()
    rows = [line.replace(" - ", "  ").split(" ") for line in lines]
    return {(kind, *pair): float(cost) for kind, a, b, cost in rows for pair in ((a, b), (b, a))}


CONFUSIONS = _confusions()


def _unlike(heard: int, said: int) -> float:
    """0 for one sound, 1 for sounds with nothing in common."""
    if heard == said:
        return 0.0
    split = [parts(TABLE.names[s]) if s < TABLE.syllables else None for s in (heard, said)]
    if split[0] is None or split[1] is None:
        return 1.0
    (first, rest), (wanted_first, wanted_rest) = split[0], split[1]
    cost = 0.0
    if first != wanted_first:
        cost += CONFUSIONS["initial", first, wanted_first]
    if rest != wanted_rest:
        cost += CONFUSIONS["final", rest, wanted_rest]
    return min(1.0, cost)


def prior_of(phrase: str) -> float:
    """Evidence of the phrase heard without fault."""
    sound_nats = sum(float(likelihood().sound_nats[s]) for s in read_aloud(phrase, TABLE))
    text_nats = -_begins(phrase[0]) - _inner(phrase)
    return scoring.phrase_prior(len(phrase), sound_nats, text_nats)


def _plausibility(phrase: str, text: str, begin: int, end: int) -> float:
    def in_place(words: str) -> float:
        opens = _follows(text[begin - 1], words[0]) if begin else _begins(words[0])
        closes = _follows(words[-1], text[end]) if end < len(text) else 0.0
        return opens + _inner(words) + closes

    return max(-8.0, min(8.0, in_place(phrase) - in_place(text[begin:end])))


def _inner(words: str) -> float:
    return sum(_follows(a, b) for a, b in pairwise(words))


def _follows(before: str, after: str) -> float:
    number = likelihood().number
    return float(likelihood().follows(number[[ord(before)]], number[[ord(after)]])[0])


def _begins(character: str) -> float:
    return float(likelihood().begins(likelihood().number[[ord(character)]])[0])


assert math.isclose(scoring.phrase_prior(0, 0, 0), scoring.INTERCEPT)
