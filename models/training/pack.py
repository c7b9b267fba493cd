"""What the phrasebook pack says, as training text: its sentences and expansions of its patterns.

The YAML is read as plain data: the recipe needs the words, not the meaning of a rule, and must
not import the phrasebook's room.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from models.training import lexicon
from models.training.pronounce import characters

FOLDER = Path(__file__).parents[2] / "phrasebook" / "zh_call_center"
_SENTENCE_KEYS = ("hit", "miss", "suggest", "prompt", "coach")
_INNERMOST = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_GAP = re.compile(r"\s*\.\.\.\d*\s*|\s*…\s*")
_LEFT_OVER = re.compile(r"[&\"'\s]+")


def _documents() -> Iterator[Any]:
    for path in sorted(FOLDER.rglob("*.yaml")):
        try:
            yield yaml.safe_load(path.read_text("utf-8"))
        except yaml.YAMLError:
            continue


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)


def _under(node: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Every string below one of ``keys``, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _strings(value) if key in keys else _under(value, keys)
    elif isinstance(node, list):
        for item in node:
            yield from _under(item, keys)


@cache
def sentences() -> tuple[str, ...]:
    """Tests, suggestions, prompts and coaching lines of the pack, without duplicates."""
    found = (s for document in _documents() for s in _under(document, _SENTENCE_KEYS))
    return tuple(sorted({s for s in found if characters(s)}))


@cache
def patterns() -> tuple[str, ...]:
    """The ``say`` patterns of entries and steps."""
    found = (s for document in _documents() for s in _under(document, ("say",)))
    return tuple(sorted({s for s in found if characters(s)}))


@cache
def _lists() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for document in _documents():
        if isinstance(document, dict) and isinstance(document.get("lists"), dict):
            table |= {str(k): list(_strings(v)) for k, v in document["lists"].items()}
    return table


def expand(pattern: str, r: random.Random) -> str:
    """One way of saying ``pattern``: options drawn, gaps filled with a word or nothing."""
    text = pattern
    for _ in range(20):
        if not re.search(r"[(\[{]", text):
            break
        text = _INNERMOST.sub(
            lambda m: (
                r.choice(m[1].split("|"))
                if m[1] is not None
                else (r.choice(m[2].split("|")) if r.random() < 0.5 else "")
            ),
            text,
        )
        text = _SLOT.sub(lambda m: r.choice(_lists().get(m[1]) or [""]), text)
    text = _GAP.sub(lambda _: lexicon.word(r) if r.random() < 0.6 else "", text)
    return _LEFT_OVER.sub("", text)


def draw(r: random.Random) -> str:
    """A sentence of the pack, or a pattern said with other words around it; "" without a pack."""
    if not sentences():
        return ""
    if r.random() < 0.6 or not patterns():
        return r.choice(sentences())
    said = expand(r.choice(patterns()), r)
    before = lexicon.word(r) if r.random() < 0.35 else ""
    return before + said + (lexicon.word(r) if r.random() < 0.35 else "")
