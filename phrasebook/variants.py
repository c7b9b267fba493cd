"""A pattern → the flat ways of saying it: options and choices multiplied out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from phrasebook.pattern import (
    AnyOrder,
    Choice,
    Literal,
    Node,
    Optional_,
    Pattern,
    PatternGap,
    Sequence,
    Slot,
)

MAX_VARIANTS = 64


@dataclass(frozen=True, slots=True)
class Unordered:
    """All parts in any order, neighbours at most `max_chars` apart; each part is itself flat."""

    parts: tuple[Variant, ...]
    max_chars: int


Atom = Literal | Slot | PatternGap | Unordered
Variant = tuple[Atom, ...]


class TooManyVariants(ValueError):
    """One line stands for more variants than are compiled."""

    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(f"the line stands for {count} variants; at most {limit} may stand")


def count_variants(node: Pattern | Sequence | Node) -> int:
    """How many variants `expand` multiplies out, counted without doing it."""
    match node:
        case Pattern(root=root):
            return count_variants(root)
        case Sequence(items):
            return prod(map(count_variants, items))
        case Choice(branches):
            return sum(map(count_variants, branches))
        case Optional_(body):
            return 1 + count_variants(body)
        case AnyOrder(parts):
            return prod(map(count_variants, parts))
        case _:
            return 1


def expand(pattern: Pattern, limit: int = MAX_VARIANTS) -> tuple[Variant, ...]:
    """Every variant once, in the order typed, fullest first.

    In a variant no two literals of one kind touch, no two gaps touch (they add up), and no gap
    stands at an edge. Raises `TooManyVariants` before any work is done.
    """
    if (count := count_variants(pattern)) > limit:
        raise TooManyVariants(count, limit)
    return tuple(dict.fromkeys(map(_tidy, _flatten(pattern.root))))


def _flatten(sequence: Sequence) -> Iterator[Variant]:
    for choice in product(*map(_alternatives, sequence.items)):
        yield tuple(atom for part in choice for atom in part)


def _alternatives(node: Node) -> Iterable[Variant]:
    match node:
        case Choice(branches):
            return [variant for branch in branches for variant in _flatten(branch)]
        case Optional_(body):
            return [*_flatten(body), ()]
        case AnyOrder(parts, max_chars):
            return [
                (Unordered(tuple(map(_tidy, choice)), max_chars),)
                for choice in product(*map(_flatten, parts))
            ]
        case _:
            return [(node,)]


def _tidy(variant: Variant) -> Variant:
    atoms: list[Atom] = []
    for atom in variant:
        last = atoms[-1] if atoms else None
        match last, atom:
            case (Literal(before, a), Literal(text, b)) if a == b:
                atoms[-1] = Literal(before + text, a)
            case (PatternGap(before_chars), PatternGap(max_chars)):
                atoms[-1] = PatternGap(before_chars + max_chars)
            case (None, PatternGap()):
                continue
            case _:
                atoms.append(atom)
    if atoms and isinstance(atoms[-1], PatternGap):
        atoms.pop()
    return tuple(atoms)
