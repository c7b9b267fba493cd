"""What readers said of the corpus's own sentences when they had not learned them.

A judge is calibrated on the sentences that it learns from; the bundled reader knows those already,
so what it says of them is too sure. `logits_of` gives what a reader without the sentence said.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.judging.examples import Example
from models.judging.reader import Reader

__all__ = ["UNSEEN", "save_unseen", "unseen_logits"]

UNSEEN = Path(__file__).parents[1] / "judge_zh" / "unseen.npz"
STEP = 0.1
"""Logits are kept in a byte each."""

Floats = NDArray[np.float32]


def _key(row: Example) -> int:
    return crc32(f"{row.role}\t{row.line}\t{row.said_before}".encode())


def save_unseen(
    path: Path, rows: Sequence[Example], columns: Sequence[tuple[str, str]], logits: Floats
) -> None:
    """`logits` [rows, columns]."""
    keys = np.array([_key(row) for row in rows], np.uint32)
    values = np.clip(np.round(logits / STEP), -127, 127).astype(np.int8)
    told = np.frombuffer(json.dumps(list(columns)).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, keys=keys, values=values, columns=told)


def unseen_logits(
    reader: Reader, rows: Sequence[Example], role: str, families: tuple[str, ...]
) -> Floats:
    """[rows, families]: by a reader that had not learned the row; 0 for unknown families."""
    known: dict[int, NDArray[np.int8]] = {}
    places: dict[tuple[str, str], int] = {}
    if UNSEEN.exists():
        with np.load(UNSEEN, allow_pickle=False) as file:
            known = dict(zip(file["keys"].tolist(), file["values"], strict=True))
            columns = json.loads(file["columns"].tobytes())
            places = {(role, name): at for at, (role, name) in enumerate(columns)}
    kept = [places.get((role, name), -1) for name in families]
    asked = reader.columns(role, families)
    out = np.zeros((len(rows), len(families)), np.float32)
    for at, row in enumerate(rows):
        told = known.get(_key(row))
        if told is not None:
            out[at] = [told[place] * STEP if place >= 0 else 0.0 for place in kept]
        else:
            logits = reader.logits(row.line, row.said_before)
            out[at] = np.where(asked >= 0, logits[asked], 0.0)
    return out
