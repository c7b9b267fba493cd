"""What hearing one character where another was said costs, as one table.

Rows are classes of heard characters (their usual readings and their role), columns are symbols of
phrases (a sound and a role). Hard tokens are where meaning turns: no fuzzy edit may add, drop or
replace a negation; a number or a pronoun may be misheard as a like-sounding plain word, never as
another number or pronoun, and is never added or dropped. A homophone is no edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.sounds import scoring
from qa_engine.matching.sounds.syllables import coarse, parts
from qa_engine.matching.text.characters import TABLES, Characters, characters

NEGATIONS = "不没别未无非莫勿否能可难"
"""能, 可 and 难 too: 能办 misheard as 难办 is the opposite."""
NUMBERS = "零一二三四五六七八九十百千万亿两半几"
PRONOUNS = "我你您他她它咱"
PARTICLES = "了的啊呢吧嘛儿呀哦嗯呃额就"
AFTER_IDLE_ONE = frozenset("下个些点样起直定般会")
_NEGATING_SOUNDS = ("bu", "mei", "bie")
_LIKE_SOUNDING = 0.8
"""A number or a pronoun is never heard as, or for, a word that sounds less alike than this."""
_CLOSE_SOUNDING = 0.5
"""Nor what may be a negation, than this."""
FORBIDDEN = 1500
"""In units of evidence: more than any phrase can lose. Sums stay within int16."""
SEPARATOR = "\n"
CONFUSIONS = TABLES / "confusions.txt"
"""How initials and finals are misheard, as `benchmarks.learn_confusions` writes it."""


class SyllableRole(IntEnum):
    PLAIN = 0
    PARTICLE = 1
    HARD = 2
    NEGATION = 3


def role_of(character: str) -> SyllableRole:
    """How a folded character may be edited."""
    if character in NEGATIONS:
        return SyllableRole.NEGATION
    if character in NUMBERS or character in PRONOUNS:
        return SyllableRole.HARD
    return SyllableRole.PARTICLE if character in PARTICLES else SyllableRole.PLAIN


def symbols_of(sounds: Sequence[int], text: str, literal: Sequence[bool] = ()) -> list[int]:
    """The columns of a phrase's characters, said with these sounds; literal ones admit no edit."""
    found = []
    for at, (sound, character) in enumerate(zip(sounds, text, strict=True)):
        role = SyllableRole.PARTICLE if counts_nothing(text, at) else role_of(character)
        if literal and literal[at]:
            role = SyllableRole.NEGATION
        found.append(1 + sound * len(SyllableRole) + role)
    return found


def counts_nothing(text: str, at: int) -> bool:
    """Whether a 一 is no number: 一下, 一点, 一起, which speech shortens to 下, 点, 起."""
    return text[at] == "一" and text[at + 1 : at + 2] in AFTER_IDLE_ONE


@dataclass(frozen=True, slots=True)
class SoundEvidence:
    """`cost[row + symbol]`, flat, where `row = row_of[UTF-16 code]`. Symbol 0 pads: free."""

    row_of: NDArray[np.int64]
    cost: NDArray[np.int16]
    inserted: NDArray[np.int16]
    """By UTF-16 code: the cost of a heard character that the phrase does not have."""
    least_inserted: np.int16
    least_deleted: np.int16
    """What the cheapest character too many or too few costs: a particle, or a 一 of no weight."""
    deleted: NDArray[np.int16]
    """By symbol: the cost of a phrase's character that was not heard."""
    coarse_of: NDArray[np.int64]
    """By UTF-16 code: the coarse class of the usual sound, 0 where it has none."""
    coarse_of_sound: NDArray[np.uint16]
    coarse_classes: int


@cache
def evidence() -> SoundEvidence:
    """Builds the table from the shipped readings and confusions (about 60 ms, once a process)."""
    table = characters()
    sounds = len(table.names)
    classes: dict[tuple[tuple[int, ...], SyllableRole], int] = {((), SyllableRole.NEGATION): 0}
    class_of = np.full(65536, 1, np.int64)
    classes[(), SyllableRole.PLAIN] = 1
    class_of[ord(SEPARATOR)] = 0
    inserted = np.full(65536, round(scoring.INSERTED * scoring.UNITS), np.int16)
    inserted[ord(SEPARATOR)] = FORBIDDEN
    negating = {table.names.index(name) for name in _NEGATING_SOUNDS}
    for character, readings in table.readings.items():
        role = role_of(character)
        key = (readings, role)
        class_of[ord(character)] = classes.setdefault(key, len(classes))
        if role >= SyllableRole.HARD or readings[0] in negating:
            inserted[ord(character)] = FORBIDDEN
        elif role == SyllableRole.PARTICLE:
            inserted[ord(character)] = round(scoring.INSERTED_PARTICLE * scoring.UNITS)
    symbols = 1 + sounds * len(SyllableRole)
    cost = _costs(classes, negating, unlike(table))
    names = [coarse(n) if i < table.syllables else f"“{n}”" for i, n in enumerate(table.names)]
    coarse_number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    coarse_of_sound = np.array([coarse_number[name] for name in names], np.uint16)
    coarse_of = np.zeros(65536, np.int64)
    for character, sound in table.sound_of.items():
        coarse_of[ord(character)] = coarse_of_sound[sound]
    return SoundEvidence(
        row_of=class_of * symbols,
        cost=cost.reshape(-1),
        inserted=inserted,
        least_inserted=np.int16(round(scoring.INSERTED_PARTICLE * scoring.UNITS)),
        least_deleted=np.int16(round(scoring.DELETED_PARTICLE * scoring.UNITS)),
        deleted=_deleted(sounds),
        coarse_of=coarse_of,
        coarse_of_sound=coarse_of_sound,
        coarse_classes=len(coarse_number),
    )


def _costs(
    classes: dict[tuple[tuple[int, ...], SyllableRole], int],
    negating: set[int],
    misheard: NDArray[np.float64],
) -> NDArray[np.int16]:
    """One row for each class of heard character, one column for each symbol of a phrase."""
    cost = np.zeros((len(classes), 1 + len(misheard) * len(SyllableRole)), np.int16)
    for (readings, role), number in classes.items():
        may_negate = bool(readings) and readings[0] in negating
        cost[number, 1:] = _row(readings, role, may_negate, misheard).reshape(-1)
    cost[0, 1:] = FORBIDDEN
    return cost


def _deleted(sounds: int) -> NDArray[np.int16]:
    by_role = np.zeros(len(SyllableRole), np.int16)
    by_role[SyllableRole.PLAIN] = round(scoring.DELETED * scoring.UNITS)
    by_role[SyllableRole.PARTICLE] = round(scoring.DELETED_PARTICLE * scoring.UNITS)
    by_role[[SyllableRole.HARD, SyllableRole.NEGATION]] = FORBIDDEN
    return np.concatenate([np.array([FORBIDDEN], np.int16), np.tile(by_role, sounds)])


def _row(
    readings: tuple[int, ...], role: SyllableRole, may_negate: bool, misheard: NDArray[np.float64]
) -> NDArray[np.int16]:
    """Costs of one class of heard character against every (sound, role) of a phrase.

    `may_negate`: written otherwise, but it sounds like 不, 没 or 别 and may have been one.
    """
    sounds = len(misheard)
    usual = readings[0] if readings else 0
    plain = misheard[usual].copy()
    for other in readings[1:]:
        plain = np.minimum(plain, misheard[other] + scoring.OTHER_READING / scoring.MISHEARD)
    units = scoring.misheard(np.minimum(1.0, plain))
    same = np.zeros(sounds, bool)
    same[list(readings)] = True
    like = same | (plain <= _LIKE_SOUNDING)
    row = np.tile(units[:, None], (1, len(SyllableRole)))
    row[~same, SyllableRole.NEGATION] = FORBIDDEN
    row[~like, SyllableRole.HARD] = FORBIDDEN
    if role == SyllableRole.NEGATION:
        row[~same, :] = FORBIDDEN
    elif role == SyllableRole.HARD:
        row[~same, SyllableRole.HARD] = FORBIDDEN
        row[~like, :] = FORBIDDEN
    if may_negate:
        row[~same & (plain > _CLOSE_SOUNDING), :] = FORBIDDEN
    if usual:
        row[usual, :] = 0
    row[0, :] = FORBIDDEN
    return row


def unlike(spelled: Characters) -> NDArray[np.float64]:
    """Cost in [0, 1] of hearing one sound (row) where another (column) was said."""
    learned: dict[str, dict[tuple[str, str], float]] = {"initial": {}, "final": {}}
    for line in CONFUSIONS.read_text("utf-8").splitlines():
        kind, a, b, cost = line.split(" ")
        a = a.removeprefix("-")
        learned[kind][a, b] = learned[kind][b, a] = float(cost)
    split = [parts(name) for name in spelled.names[1 : spelled.syllables]]
    syllables = [(initial, final) for initial, final in filter(None, split)]
    total = _between(learned["initial"], [i for i, _ in syllables])
    total += _between(learned["final"], [f for _, f in syllables])
    found = np.ones((len(spelled.names), len(spelled.names)))
    known = 1 + np.array([n for n, both in enumerate(split) if both is not None])
    found[np.ix_(known, known)] = np.minimum(1.0, total)
    np.fill_diagonal(found[1:, 1:], 0)
    return found


def _between(cost: dict[tuple[str, str], float], values: list[str]) -> NDArray[np.float64]:
    """The pairwise costs of a list of initials or of finals."""
    names = sorted(set(values))
    small = np.array([[0.0 if a == b else cost[a, b] for b in names] for a in names])
    at = np.array([names.index(value) for value in values])
    pairwise: NDArray[np.float64] = small[np.ix_(at, at)]
    return pairwise
