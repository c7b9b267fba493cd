from __future__ import annotations

import numpy as np
import pytest

from models.packing import Pack, packs
from models.recogniser import Samples, Word


def spoken(ms: int, *, from_ms: int = 0, until_ms: int | None = None) -> Samples:
    """Loud from `from_ms` to `until_ms`, silent around it."""
    samples = np.zeros(ms * 16, np.float32)
    samples[from_ms * 16 : (until_ms or ms) * 16] = 0.1
    return samples


def word(text: str, begin_ms: int, end_ms: int) -> Word:
    return Word(text=text, begin_ms=begin_ms, end_ms=end_ms, confidence=0.9)


def texts(pack: Pack, words: list[Word]) -> list[str]:
    return ["".join(w.text for w in own) for own in pack.shared(words)]


@pytest.mark.parametrize(
    ("lengths_ms", "expected"),
    [
        ([], []),
        ([4_000], [(0,)]),
        ([4_000, 4_000, 2_000], [(0, 1, 2)]),
        ([4_000, 4_000, 4_000], [(0, 1), (2,)]),
        ([12_000, 1_000, 9_000, 1], [(0,), (1, 2), (3,)]),
    ],
)
def test_neighbours_fill_a_pack_in_the_order_they_were_said(
    lengths_ms: list[int], expected: list[tuple[int, ...]]
) -> None:
    found = packs([spoken(ms) for ms in lengths_ms], 10_000)
    assert [pack.members for pack in found] == expected


def test_a_packs_sound_is_its_members_end_to_end() -> None:
    windows = [spoken(500), spoken(700), spoken(300)]
    (pack,) = packs(windows, 10_000)
    assert np.array_equal(pack.samples, np.concatenate(windows))


def test_a_word_belongs_to_the_utterance_whose_sound_it_covers() -> None:
    windows = [spoken(2_000, from_ms=400, until_ms=1_500), spoken(2_000, from_ms=600)]
    (pack,) = packs(windows, 10_000)
    # The last word of one runs on into the pause, and the first of the next begins in it.
    words = [word("好", 400, 1_300), word("的", 1_300, 2_200), word("谢", 2_200, 2_900)]
    words += [word("谢", 2_900, 4_000)]
    assert texts(pack, words) == ["好的", "谢谢"]


def test_punctuation_in_a_pause_stays_with_the_word_before_it() -> None:
    windows = [spoken(1_000, until_ms=500), spoken(1_000)]
    (pack,) = packs(windows, 10_000)
    words = [word("好", 0, 500), word("。", 500, 1_600), word("嗯", 1_600, 2_000)]
    assert texts(pack, words) == ["好。", "嗯"]


def test_words_get_the_time_of_their_own_utterance_and_no_more_than_it_has() -> None:
    windows = [spoken(1_000), spoken(1_000)]
    (pack,) = packs(windows, 10_000)
    first, second = pack.shared([word("好", 200, 700), word("嗯", 1_200, 1_600)])
    assert [(w.begin_ms, w.end_ms) for w in first] == [(300, 700)]
    assert [(w.begin_ms, w.end_ms) for w in second] == [(200, 600)]


def test_an_utterance_nobody_heard_a_word_of_gets_none() -> None:
    (pack,) = packs([spoken(1_000), spoken(1_000), spoken(1_000)], 10_000)
    assert texts(pack, [word("好", 100, 900), word("嗯", 2_100, 2_900)]) == ["好", "", "嗯"]


def test_together_the_utterances_have_all_the_words() -> None:
    rng = np.random.default_rng(3)
    (pack,) = packs([spoken(1_000), spoken(2_000), spoken(500)], 10_000)
    edges = np.sort(rng.integers(0, 3_500, 21)).tolist()
    words = [word(chr(0x4E00 + i), edges[i], edges[i + 1]) for i in range(20)]
    assert "".join(texts(pack, words)) == "".join(w.text for w in words)


def test_a_number_goes_on_in_the_next_utterance_as_a_number_of_its_own() -> None:
    (pack,) = packs([spoken(1_000), spoken(1_000)], 10_000)
    words = [word("13", 0, 400), word("0025", 400, 1_000), word("98", 1_000, 1_500)]
    words += [word("48", 1_500, 2_000)]
    assert [[w.text for w in own] for own in pack.shared(words)] == [["130025"], ["9848"]]
