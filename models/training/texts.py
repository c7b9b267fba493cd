"""The sentences the model is trained on, and which sentences it must never see.

A sentence is held out by the hash of its characters: the same sentence is held out in every
process and on every machine, whatever order it was drawn in.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from functools import cache

from models.training import grammar, lexicon, pack
from models.training.pronounce import characters
from models.training.vocabulary import spellable

_HELD_OUT_OF = 12


@cache
def _test_only() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What generated and demo calls say: the longest fixed piece, the shape.

    A slot stands for anything; the piece is looked for first because that is quick.
    """
    shapes: list[tuple[str, re.Pattern[str]]] = []
    templates = [template for _, template in grammar.sourced("dialogues")]
    templates += [line.split("|")[-1] for line in grammar.lines("demo")]
    for template in templates:
        pieces = [characters(piece) for piece in re.split(r"\{\w+\}", template)]
        shapes.append((max(pieces, key=len), re.compile(".{1,24}".join(pieces))))
    return tuple(shapes)


def is_held_out(sentence: str) -> bool:
    """Whether ``sentence`` (its characters only) belongs to the evaluation, never to training."""
    text = characters(sentence)
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    if int.from_bytes(digest, "big") % _HELD_OUT_OF == 0:
        return True
    return any(piece in text and shape.fullmatch(text) for piece, shape in _test_only())


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each kind of text is drawn (weights), and the longest fragment, 0 for whole."""

    agent: float = 15
    customer: float = 12
    forbidden: float = 3
    near_miss: float = 7
    chat: float = 6
    pack: float = 14
    spliced: float = 20
    clauses: float = 11
    words: float = 16
    joined: float = 14
    fragment: int = 0


NARROW = Mix(pack=6, spliced=0, clauses=0, joined=0, words=2, fragment=4)
MIDDLE = Mix(pack=8, spliced=6, clauses=6, joined=0, words=8, fragment=9)
WIDE = Mix()
NATURAL = Mix(agent=22, customer=18, pack=18, joined=18, spliced=12, words=7)


def _template(kind: str, r: random.Random) -> str:
    if kind == "forbidden":
        return r.choice(grammar.sourced(kind))[1]
    return r.choice(grammar.lines(kind))


def _domain(r: random.Random) -> str:
    kind = r.choices(("agent", "customer", "near_miss", "chat", "forbidden"), (10, 7, 4, 4, 2))[0]
    return grammar.expand(_template(kind, r), r)


def _spliced(r: random.Random) -> str:
    """A domain sentence with a word changed: what follows cannot be guessed from what went."""
    text = _domain(r)
    words = [w for w in lexicon.cut(text) if w]
    for _ in range(r.randint(1, 2)):
        at = r.randrange(len(words))
        new = lexicon.word(r)
        words[at : at + r.randint(0, 1)] = [new]
    return "".join(words)


def _clauses(r: random.Random) -> str:
    """Clauses of different sentences after each other."""
    parts: list[str] = []
    for _ in range(r.randint(2, 3)):
        whole = pack.draw(r) if r.random() < 0.3 else ""
        pieces = [p for p in (whole or _domain(r)).split("，") if p]
        piece = r.choice(pieces)
        if len(piece) > 6 and r.random() < 0.4:
            at = r.randint(0, len(piece) - 4)
            piece = piece[at : at + r.randint(3, 8)]
        parts.append(piece)
    return r.choice(("", "，", "，")).join(parts)


def _joined(r: random.Random) -> str:
    """Two to four sentences in a row, as long as a window may be."""
    size = r.randint(18, 38)
    text = ""
    while len(characters(text)) < size:
        one = r.choice((_domain, _spliced, pack.draw, _words))(r)
        if len(characters(text + one)) > 40:
            break
        text = f"{text}{r.choice('，。。')}{one}" if text else one
    return text


def _words(r: random.Random) -> str:
    count = r.choice((1, 2, 2, 3, 3, 4, 5, 6))
    return "".join(lexicon.word(r) for _ in range(count))


@cache
def _kinds(mix: Mix) -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = (
        "agent",
        "customer",
        "forbidden",
        "near_miss",
        "chat",
        "pack",
        "spliced",
        "clauses",
        "words",
        "joined",
    )
    return names, tuple(getattr(mix, n) for n in names)


def draw(r: random.Random, mix: Mix = WIDE) -> str:
    """One training sentence: spellable, never held out, 1 to 40 characters."""
    names, weights = _kinds(mix)
    while True:
        kind = r.choices(names, weights)[0]
        if kind == "spliced":
            text = _spliced(r)
        elif kind == "clauses":
            text = _clauses(r)
        elif kind == "words":
            text = _words(r)
        elif kind == "joined":
            text = _joined(r)
        elif kind == "pack":
            text = pack.draw(r)
        else:
            text = grammar.expand(_template(kind, r), r)
        if mix.fragment:
            plain = characters(text)
            size = r.randint(1, mix.fragment)
            at = r.randint(0, max(0, len(plain) - size))
            text = plain[at : at + size]
        elif kind != "joined" and len(text) > 14 and r.random() < 0.25:
            # Endpointing hands over clauses as often as whole sentences.
            pieces = re.split("，", text)
            at = r.randrange(len(pieces))
            text = "，".join(pieces[at : at + r.randint(1, 2)])
        size = len(characters(text))
        if 1 <= size <= 40 and spellable(text) and (mix.fragment or not is_held_out(text)):
            return text


def draw_held_out(r: random.Random, kinds: tuple[str, ...] = ("agent", "customer")) -> str:
    """One evaluation sentence: drawn from the same language, never seen in training."""
    while True:
        text = grammar.expand(_template(r.choice(kinds), r), r)
        if is_held_out(text) and spellable(text) and 3 <= len(characters(text)) <= 36:
            return text
