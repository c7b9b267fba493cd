"""The judge at run time: one file of hashed weights, read once, the same answer every time."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from models.judging.features import BUCKETS, features, plain
from models.judging.heads import Floats, Heads, sigmoid
from models.judging.manner import is_manner
from models.judging.reader import SOME, Reader, bundled_reader

__all__ = ["BUNDLED", "SHORTEST_MEANT", "Blend", "JudgeError", "Part", "SentenceJudge"]

BUNDLED = Path(__file__).parents[1] / "judge_zh" / "judge.npz"
FORMAT = 2
REMEMBERED = 4096
SURE, LIKELY = 0.85, 0.5
"""A family whose words are looked for is as likely as this, where some rule is surely broken as
the second."""
LEAST_NAMED = 0.1
"""Where some rule is broken the likeliest family is named, if it is as likely as this."""
SHORTEST_MEANT = 7
"""Characters; a shorter sentence has too little meaning of its own to be found by it."""


class JudgeError(ValueError):
    """A judge's file that cannot be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """How the reader's logits are added to the heads', and what tells that some rule is broken."""

    slope: float
    """Of the reader's logit of a family, beside the slope of the heads'."""
    some: tuple[float, float, float]
    """Of the likeliest family's logit, of the reader's own for any rule, and the shift."""
    some_from: float
    """So likely some rule is broken where the likeliest is laid before a person …"""
    agreed_from: float
    """… and where words that a likely rule says in some sentences only are enough to keep it."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What judges one role: a head, a slope and a shift a family, and the breaches it learned."""

    families: tuple[str, ...]
    heads: Heads
    slope: float
    shift: Floats
    meaning_from: Floats
    """By family: a sentence that no pattern matches is laid before a person from there on."""
    words_from: Floats
    """By family: from there on words that it says in some sentences only are looked for."""
    examples: Mapping[str, tuple[str, ...]]
    blend: Blend | None = None
    """None: judged by the heads alone."""


class SentenceJudge:
    """How likely a sentence breaks a family (a rule's id), by role. Immutable."""

    def __init__(
        self, parts: Mapping[str, Part], version: str = "", reader: Reader | None = None
    ) -> None:
        self._parts = dict(parts)
        self._version = version
        self._reader = reader if reader is not None else bundled_reader()
        self._likely = lru_cache(REMEMBERED)(self._judged)
        self._near = lru_cache(64)(self._learned)

    @property
    def version(self) -> str:
        """The beginning of its file's SHA-256; "" before it was saved."""
        return self._version

    def families(self, role: str) -> tuple[str, ...]:
        part = self._parts.get(role)
        return part.families if part else ()

    def probability(
        self, sentence: str, *, before: str = "", family: str, role: str
    ) -> float | None:
        """In [0, 1], where half of what is asked about breaks it; None for an unknown family."""
        part = self._parts.get(role)
        if part is None or family not in part.families:
            return None
        return float(self._likely(sentence, before, role)[0][part.families.index(family)])

    def meant(self, sentence: str, *, before: str = "", role: str) -> tuple[tuple[str, float], ...]:
        """The families that a sentence breaks by its meaning alone, likeliest first: those that
        are likely enough each, and the likeliest where some rule is broken, whichever."""
        part = self._parts.get(role)
        if part is None:
            return ()
        found = self._from(part.meaning_from, sentence, before, role)
        if part.blend is None or len(plain(sentence)) < SHORTEST_MEANT:
            return found
        likely, some = self._likely(sentence, before, role)
        if some < part.blend.some_from:
            return found
        top = int(np.where(is_manner(part.families), 0, likely).argmax())
        if likely[top] < LEAST_NAMED or any(family == part.families[top] for family, _ in found):
            return found
        return (*found, (part.families[top], float(likely[top])))

    def worded(
        self, sentence: str, *, before: str = "", role: str
    ) -> tuple[tuple[str, float], ...]:
        """The families that it breaks if their words stand in it, too, likeliest first."""
        part = self._parts.get(role)
        if part is None:
            return ()
        agreed = part.blend is not None and part.blend.agreed_from <= self._some(
            sentence, before, role
        )
        least = np.full_like(part.words_from, LIKELY) if agreed else part.words_from
        return self._from(np.maximum(least, LIKELY if agreed else SURE), sentence, before, role)

    def _some(self, sentence: str, before: str, role: str) -> float:
        return self._likely(sentence, before, role)[1]

    def _from(
        self, least: Floats, sentence: str, before: str, role: str
    ) -> tuple[tuple[str, float], ...]:
        if len(plain(sentence)) < SHORTEST_MEANT:
            return ()
        families, (likely, _) = self._parts[role].families, self._likely(sentence, before, role)
        order = np.argsort(-likely, kind="stable")
        return tuple((families[at], float(likely[at])) for at in order if likely[at] >= least[at])

    def nearest(self, sentence: str, *, family: str, role: str) -> str:
        """The learned breach of the family that shares most with the sentence; "" without any."""
        mine = features(sentence)
        best, found = 0.0, ""
        for text, theirs in self._near(role, family):
            shared = len(np.intersect1d(mine, theirs, assume_unique=True))
            likeness = shared / max(1.0, len(mine) * len(theirs)) ** 0.5
            if likeness > best or not found:
                best, found = likeness, text
        return found

    def save(self, path: Path) -> str:
        """Write the file; gives its version."""
        arrays: dict[str, np.ndarray] = {}
        told: dict[str, object] = {"format": FORMAT, "buckets": BUCKETS, "parts": {}}
        for role, part in self._parts.items():
            most = np.maximum(np.abs(part.heads.weights).max(0), 1e-6)
            arrays[f"{role}_weights"] = np.round(part.heads.weights / most * 127).astype(np.int8)
            arrays[f"{role}_scale"] = (most / 127).astype(np.float32)
            arrays[f"{role}_bias"] = part.heads.bias
            arrays[f"{role}_shift"] = part.shift
            arrays[f"{role}_meaning_from"] = part.meaning_from
            arrays[f"{role}_words_from"] = part.words_from
            told["parts"][role] = {  # type: ignore[index]
                "families": part.families,
                "slope": part.slope,
                "examples": part.examples,
            }
            if part.blend is not None:
                told["parts"][role]["blend"] = [  # type: ignore[index]
                    part.blend.slope,
                    part.blend.some,
                    part.blend.some_from,
                    part.blend.agreed_from,
                ]
        if any(part.blend for part in self._parts.values()) and self._reader is not None:
            told["reader"] = self._reader.version
        text = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
        arrays["told"] = np.frombuffer(text, np.uint8)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return _version(path)

    @classmethod
    def load(cls, path: Path = BUNDLED) -> SentenceJudge:
        """Raises `JudgeError` for a file that is no judge, FileNotFoundError without one."""
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                told = json.loads(file["told"].tobytes())
                if told["format"] != FORMAT or told["buckets"] != BUCKETS:
                    raise JudgeError(
                        f"{path}: a judge of format {told['format']}; expected {FORMAT}: "
                        "train it again with this version"
                    )
                reader = bundled_reader()
                if told.get("reader", here := reader and reader.version) != here:
                    raise JudgeError(
                        f"{path}: it was trained beside another reader ({told['reader']}) than "
                        f"this version's ({here or 'none'}): train it again with this version"
                    )
                parts = {
                    role: Part(
                        families=tuple(one["families"]),
                        heads=Heads(
                            file[f"{role}_weights"].astype(np.float32) * file[f"{role}_scale"],
                            file[f"{role}_bias"],
                        ),
                        slope=one["slope"],
                        shift=file[f"{role}_shift"],
                        meaning_from=file[f"{role}_meaning_from"],
                        # A judge that was trained before knows one threshold for both.
                        words_from=file[
                            f"{role}_words_from"
                            if f"{role}_words_from" in file
                            else f"{role}_meaning_from"
                        ],
                        examples={name: tuple(rows) for name, rows in one["examples"].items()},
                        blend=_blend(one.get("blend")),
                    )
                    for role, one in told["parts"].items()
                }
        except (KeyError, TypeError, OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, FileNotFoundError | JudgeError):
                raise
            raise JudgeError(
                f"{path}: it is no judge's file; expected one that `qa-engine judge train` wrote"
            ) from None
        return cls(parts, _version(path))

    def _judged(self, sentence: str, before: str, role: str) -> tuple[Floats, float]:
        """[families], and how likely some rule is broken."""
        part, reader = self._parts[role], self._reader
        logits = part.slope * part.heads.logits([features(sentence, before)])[0] + part.shift
        if part.blend is None or reader is None:
            return sigmoid(logits), 0.0
        read = reader.logits(sentence, before)
        places = reader.columns(role, (*part.families, SOME))
        seen = np.where(places >= 0, read[places], 0.0).astype(np.float32)
        logits = logits + part.blend.slope * seen[:-1]
        top, own, shift = part.blend.some
        most = np.where(is_manner(part.families), -np.inf, logits).max()
        some = sigmoid(np.array([top * most + own * seen[-1] + shift], np.float32))
        return sigmoid(logits), float(some[0])

    def _learned(self, role: str, family: str) -> list[tuple[str, np.ndarray]]:
        part = self._parts.get(role)
        lines = part.examples.get(family, ()) if part else ()
        return [(line, features(line)) for line in lines]


def _blend(kept: list[Any] | None) -> Blend | None:
    if kept is None:
        return None
    slope, (top, own, shift), some_from, agreed_from = kept
    return Blend(slope, (top, own, shift), some_from, agreed_from)


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
