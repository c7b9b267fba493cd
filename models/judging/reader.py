"""The second reader: a small network over word vectors, beside the heads over characters.

    这我哪知道 ─> pieces 这|我|哪|知道 ─> vectors ─> windows of 1, 2, 3 pieces ─> the strongest of
    each filter, the mean vector, what the other side said last ─> a logit a family, and one for
    "this breaks some rule" a role                  (Y. Kim, EMNLP 2014)

Words that mean alike have vectors that are alike (师傅 and 骑手), so it understands wording that
nobody wrote down; the heads over characters know best what was. `reader_training` makes its file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.judging.features import BEFORE_CHARS, plain
from models.judging.pieces import PADDING, UNKNOWN, Pieces

__all__ = ["BUNDLED_READER", "LONGEST", "SOME", "Reader", "bundled_reader"]

BUNDLED_READER = Path(__file__).parents[1] / "judge_zh" / "reader.npz"
SOME = "*"
"""The column that tells whether the sentence breaks any rule at all."""
LONGEST = 90
"""Characters of a sentence that are read."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionFilters:
    """Filters over `width` pieces: `weights` [width, vector, filters], `bias` [filters]."""

    width: int
    weights: Floats
    bias: Floats

    def strongest(self, vectors: Floats) -> Floats:
        """[filters]: how strongly each filter answers anywhere in `vectors` [pieces, vector]."""
        edge = np.zeros((self.width - 1, vectors.shape[1]), np.float32)
        padded = np.concatenate((edge, vectors, edge))
        count = len(padded) - self.width + 1
        found = np.zeros((count, self.weights.shape[2]), np.float32)
        for at in range(self.width):
            found += padded[at : at + count] @ self.weights[at]
        return np.asarray(np.maximum(found.max(0) + self.bias, 0), np.float32)


class Reader:
    """How much a sentence speaks for each family of each role, as logits. Immutable."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, KeyError, ValueError for a file that is none."""
        self.version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(file["told"].tobytes())
            self._columns = {tuple(one): at for at, one in enumerate(told["columns"])}
            self._pieces = Pieces(told["pieces"], file["scores"].astype(float).tolist())
            self._vectors = file["vectors"].astype(np.float32) * file["vectors_scale"]
            self._windows = [self._window(file, f"window{at}") for at in range(told["windows"])]
            self._before = self._window(file, "before")
            self._head = file["head"].astype(np.float32) * file["head_scale"]
            self._bias = file["bias"]

    @staticmethod
    def _window(file: np.lib.npyio.NpzFile, name: str) -> ConvolutionFilters:
        weights = file[name].astype(np.float32) * file[f"{name}_scale"]
        return ConvolutionFilters(weights.shape[0], weights, file[f"{name}_bias"])

    @lru_cache(8)  # noqa: B019  (one reader lives as long as its process)
    def columns(self, role: str, families: tuple[str, ...]) -> NDArray[np.int64]:
        """Where in `logits` the families stand; -1 for what it has not learned."""
        return np.array([self._columns.get((role, name), -1) for name in families], np.int64)

    def logits(self, sentence: str, before: str = "") -> Floats:
        """[columns]; `before`: what the other side said last."""
        vectors = self._vectors[self._pieces.cut(plain(sentence)[:LONGEST]) or [UNKNOWN]]
        tail = self._pieces.cut(plain(before)[-BEFORE_CHARS:])
        said = self._vectors[tail] if tail else self._vectors[[PADDING]]
        context = self._before.strongest(said) * bool(tail)
        seen = [window.strongest(vectors) for window in self._windows]
        whole = np.concatenate((*seen, vectors.mean(0), context))
        return np.asarray(whole @ self._head + self._bias, np.float32)


@cache
def bundled_reader() -> Reader | None:
    """The reader that comes with the product, read once; None where its file is missing."""
    try:
        return Reader(BUNDLED_READER)
    except FileNotFoundError:
        return None
