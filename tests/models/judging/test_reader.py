from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.judging import unseen
from models.judging.examples import ORDINARY, Example
from models.judging.learning import folds_of
from models.judging.pieces import UNKNOWN, Pieces
from models.judging.reader import SOME, ConvolutionFilters, Reader, bundled_reader
from models.judging.reader_lesson import ReaderLesson, joined
from models.judging.unseen import save_unseen, unseen_logits


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = bundled_reader()
    assert found is not None
    return found


def test_a_sentence_is_cut_into_its_likeliest_pieces() -> None:
    pieces = Pieces(["知道", "我", "不", "知", "道"], [-3.0, -2.0, -2.0, -4.0, -4.0])

    assert pieces.cut("我不知道") == [3, 4, 2]
    assert pieces.cut("我x知") == [3, UNKNOWN, 5]
    assert pieces.cut("") == []


def test_a_window_answers_with_its_strongest_place() -> None:
    random = np.random.default_rng(1)
    weights = random.normal(size=(2, 3, 4)).astype(np.float32)
    window = ConvolutionFilters(2, weights, np.zeros(4, np.float32))
    vectors = random.normal(size=(5, 3)).astype(np.float32)

    padded = np.concatenate((np.zeros((1, 3)), vectors, np.zeros((1, 3))))
    places = [sum(padded[at + k] @ weights[k] for k in range(2)) for at in range(6)]

    assert window.strongest(vectors) == pytest.approx(np.maximum(np.max(places, 0), 0), abs=1e-5)


def test_words_that_mean_alike_are_read_alike(reader: Reader) -> None:
    """Not one of these sentences was learned; harmless ones with the same nouns lie far below."""
    place = reader.columns("agent", (SOME,))[0]

    def some(line: str) -> float:
        return float(reader.logits(line)[place])

    blaming = [some(f"这帮{who}干活太不靠谱了") for who in ("护士", "裁缝", "厨子")]
    praising = [some(f"我们的{who}正在赶过来，请您稍等") for who in ("护士", "裁缝", "厨子")]
    assert min(blaming) > max(praising) + 2


def test_what_it_has_not_learned_has_no_column(reader: Reader) -> None:
    assert reader.columns("agent", ("no-such-rule", SOME))[0] == -1
    assert reader.logits("", "").shape == reader.logits("您好", "喂").shape


def test_a_joined_sentence_is_held_out_with_both_its_halves() -> None:
    rows = [Example("vague", True, "agent", f"大概是第{n}种吧") for n in range(40)]
    rows += [Example(ORDINARY, False, "agent", f"您好第{n}位请讲") for n in range(40)]
    folds = folds_of(rows, 2).tolist()
    where = {row.line: fold for row, fold in zip(rows, folds, strict=True)}

    more = joined(rows, folds, 0)

    assert len(more) > 10
    for row, fold in more:
        halves = [line for line in where if line in row.line]
        assert {where[line] for line in halves} == {fold}
        assert row.generated


def test_a_harmless_half_takes_no_breach_away() -> None:
    rows = [Example("vague", True, "agent", f"大概是第{n}种吧") for n in range(20)]
    rows += [Example(ORDINARY, False, "agent", f"您好第{n}位请讲") for n in range(20)]

    lesson = ReaderLesson(rows, {"agent": ("vague",), "customer": ()}, 2, 0)

    for row, wanted in zip(lesson.rows, lesson.wanted, strict=True):
        assert wanted[0] == wanted[1] == ("大概" in row.line)


def test_a_learned_sentence_is_weighed_as_if_it_were_new(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Example("vague", True, "agent", "大概吧"), Example("vague", True, "agent", "兴许吧")]
    path = tmp_path / "unseen.npz"
    columns = [("agent", "vague"), ("agent", SOME)]
    save_unseen(path, rows[:1], columns, np.array([[-1.5, 2.0]], np.float32))
    monkeypatch.setattr(unseen, "UNSEEN", path)

    told = unseen_logits(reader, rows, "agent", ("vague", "no-such-rule", SOME))

    assert told[0] == pytest.approx([-1.5, 0.0, 2.0], abs=0.06)
    places = reader.columns("agent", ("vague", SOME))
    assert told[1][[0, 2]] == pytest.approx(reader.logits("兴许吧")[places], abs=1e-5)
