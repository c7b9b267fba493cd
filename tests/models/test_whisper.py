"""The adapter over a random model: shapes, times, batches and guards; no sense in the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import manifest, window_policy
from models.errors import CorruptModel
from models.manifest import ModelManifest
from models.recogniser import Samples
from models.trust import Trust
from models.whisper import WhisperOptions, WhisperRecogniser
from models.window_policy import WindowPolicy


def noise(ms: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.1, ms * 16).astype(np.float32)


def recogniser(path: Path, **options: Any) -> WhisperRecogniser:
    return WhisperRecogniser(path, WhisperOptions(device="cpu", threads=1, **options))


@pytest.fixture(scope="module")
def short(whole_model: Path) -> WhisperRecogniser:
    return recogniser(whole_model, short_windows=True)


def test_each_window_gets_a_transcript_in_its_place(short: WhisperRecogniser) -> None:
    windows = [noise(ms, ms) for ms in (900, 300, 2_500, 900)]
    heard = short.transcribe(windows, final=True)
    assert heard == [short.transcribe([window], final=True)[0] for window in windows]


def test_no_windows_give_no_transcripts(short: WhisperRecogniser) -> None:
    assert short.transcribe([], final=True) == []


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_less_than_a_hundredth_of_a_second_says_nothing(
    short: WhisperRecogniser, samples: int
) -> None:
    (heard,) = short.transcribe([np.zeros(samples, np.float32)], final=True)
    assert heard.text == ""


@pytest.mark.parametrize("final", [True, False], ids=["final", "partial"])
@pytest.mark.parametrize("ms", [60, 210, 1_000, 3_300])
def test_words_tile_the_text_and_stay_in_the_window(
    short: WhisperRecogniser, ms: int, final: bool
) -> None:
    (heard,) = short.transcribe([noise(ms, ms)], final=final)
    assert "".join(word.text for word in heard.words) == heard.text
    times = [time for word in heard.words for time in (word.begin_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(0 <= time <= ms for time in times)
    assert 0 <= heard.confidence <= 1


def test_a_stock_model_hears_padded_windows(whole_model: Path) -> None:
    stock = recogniser(whole_model)
    assert stock._decoder.frames(noise(1_000)) == 3_000
    assert stock.transcribe([noise(1_000)], final=True)[0].words


def test_a_manifest_asks_for_short_windows(model: Path) -> None:
    manifest.write(model, ModelManifest(name="ours", short_windows=True, synthetic=True))
    ours = recogniser(model)
    assert ours._decoder.frames(noise(1_010)) == 150
    assert ours.synthetic
    assert ours.name == "ours"


def test_the_version_is_the_weights_checksum(whole_model: Path) -> None:
    checksum = manifest.digest(whole_model / "model.bin").sha256
    assert recogniser(whole_model).version == f"{checksum[:12]}+windows-30000-0-26000"


def test_a_stated_version_stands_before_the_checksum(model: Path) -> None:
    manifest.write(model, ModelManifest(version="house-3"))
    checksum = manifest.digest(model / "model.bin").sha256
    assert recogniser(model).version.startswith(f"house-3+{checksum[:12]}+windows-")


def test_how_a_stock_model_is_shown_its_windows_is_part_of_its_version(model: Path) -> None:
    before = recogniser(model).version
    window_policy.write(model, WindowPolicy(least_ms=15_000, after_ms=2_000, pack_ms=13_000))
    assert recogniser(model).version == before.replace("30000-0-26000", "15000-2000-13000")
    assert recogniser(model, short_windows=True).version == before.partition("+windows")[0]


def test_a_batch_that_fails_is_decoded_one_by_one(whole_model: Path) -> None:
    ours = recogniser(whole_model, short_windows=True)
    alone = [ours.transcribe([noise(800, seed)], final=True)[0] for seed in range(3)]
    network = ours._decoder._network

    class Refusing:
        def encode(self, features: Any) -> Any:
            if features.shape[0] > 1:
                raise RuntimeError("a batch of more than one")
            return network.encode(features)

        def __getattr__(self, name: str) -> Any:
            return getattr(network, name)

    ours._decoder._network = Refusing()
    assert ours.transcribe([noise(800, seed) for seed in range(3)], final=True) == alone


def test_long_windows_are_decoded_four_at_a_time_and_heard_as_they_are_alone(
    whole_model: Path,
) -> None:
    ours = recogniser(whole_model, window_policy=WindowPolicy(least_ms=1_000, after_ms=0))
    windows = [noise(900, seed) for seed in range(6)]
    alone = [ours.transcribe([window], final=False)[0].text for window in windows]
    together: list[int] = []
    decode = ours._decoder._together

    def watched(batch: Any, frames: int, final: bool) -> Any:
        together.append(len(batch))
        return decode(batch, frames, final)

    ours._decoder._together = watched  # type: ignore[method-assign]
    assert [one.text for one in ours.transcribe(windows, final=False)] == alone
    assert together == [4, 2]


def test_text_of_low_confidence_is_not_to_be_believed(model: Path) -> None:
    manifest.write(model, ModelManifest(short_windows=True, min_confidence=0.99))
    (heard,) = recogniser(model).transcribe([noise(1_000)], final=True)
    assert not heard.intelligible


def test_weights_that_do_not_load_are_a_model_error(model: Path) -> None:
    weights = model / "model.bin"
    weights.write_bytes(weights.read_bytes()[:2_000])
    with pytest.raises(CorruptModel, match="do not load"):
        recogniser(model)


@pytest.mark.parametrize("final", [True, False], ids=["final", "partial"])
def test_hotwords_of_unequal_length_share_a_batch(short: WhisperRecogniser, final: bool) -> None:
    expected = ["您好", "", "您好请问有什么可以帮您的吗", "谢"]
    windows = [noise(900, seed) for seed in range(len(expected))]
    together = short.transcribe(windows, final=final, hotwords=expected)
    alone = [
        short.transcribe([window], final=final, hotwords=[words])[0]
        for window, words in zip(windows, expected, strict=True)
    ]
    assert together == alone


def test_hotwords_change_what_is_heard(short: WhisperRecogniser) -> None:
    windows = [noise(900, seed) for seed in range(8)]
    assert short.takes_hotwords
    plain = short.transcribe(windows, final=True)
    assert short.transcribe(windows, final=True, hotwords=["您好请问"] * 8) != plain


def test_words_to_expect_always_come_before_those_of_one_window(whole_model: Path) -> None:
    always = recogniser(whole_model, short_windows=True, hotwords="您好")
    never = recogniser(whole_model, short_windows=True)
    windows = [noise(900, seed) for seed in range(4)]
    assert always.transcribe(windows, final=True, hotwords=["谢", "", "", ""]) == never.transcribe(
        windows, final=True, hotwords=["您好 谢", "您好", "您好", "您好"]
    )


def test_a_model_that_takes_no_hotwords_is_not_disturbed_by_them(model: Path) -> None:
    manifest.write(model, ModelManifest(hotwords=False, short_windows=True))
    deaf = recogniser(model)
    assert not deaf.takes_hotwords
    windows = [noise(900)]
    assert deaf.transcribe(windows, final=True, hotwords=["您好"]) == deaf.transcribe(
        windows, final=True
    )


def test_neighbours_are_heard_together_and_each_keeps_its_own_words(whole_model: Path) -> None:
    policy = WindowPolicy(least_ms=3_000, after_ms=500, pack_ms=2_600)
    ours = recogniser(whole_model, window_policy=policy)
    windows = [noise(ms, ms) for ms in (900, 700, 1_000, 2_000)]
    heard = ours.transcribe_neighbours(windows)
    assert len(heard) == len(windows)
    for window, transcript in zip(windows, heard, strict=True):
        assert "".join(word.text for word in transcript.words) == transcript.text
        times = [time for word in transcript.words for time in (word.begin_ms, word.end_ms)]
        assert times == sorted(times)
        assert all(0 <= time <= len(window) // 16 for time in times)


def test_a_model_of_short_windows_hears_each_neighbour_by_itself(short: WhisperRecogniser) -> None:
    windows = [noise(900, 1), noise(700, 2)]
    assert not short.hears_neighbours
    assert short.transcribe_neighbours(windows) == short.transcribe(windows, final=True)


def test_a_window_that_looks_wrong_is_heard_again_with_all_its_silence(whole_model: Path) -> None:
    policy = WindowPolicy(least_ms=1_000, after_ms=0, pack_ms=0)
    ours = recogniser(whole_model, window_policy=policy)
    shown: list[int] = []
    decode = ours._decoder._together

    def watched(batch: Any, frames: int, final: bool) -> Any:
        shown.append(frames)
        return decode(batch, frames, final)

    ours._decoder._together = watched  # type: ignore[method-assign]
    ours._decoder.trust = Trust(sentence=2.0, word=2.0)
    ours.transcribe([noise(900)], final=True)
    assert shown[:2] == [100, 3_000]
    shown.clear()
    ours.transcribe([noise(900)], final=False)
    assert shown == [100]


@pytest.mark.parametrize("final", [True, False], ids=["final", "partial"])
def test_hotwords_read_off_the_prompt_are_as_likely_as_they_are_without_it(
    short: WhisperRecogniser, final: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = [noise(900, seed) for seed in range(6)]
    monkeypatch.setattr("models.guards.echoes", lambda text, hotwords: False)
    believed = short.transcribe(windows, final=final, hotwords=["您好"] * 6)
    monkeypatch.setattr("models.guards.echoes", lambda text, hotwords: bool(hotwords))
    checked = short.transcribe(windows, final=final, hotwords=["您好"] * 6)
    assert [one.text for one in checked] == [one.text for one in believed]
    assert all(a.confidence <= b.confidence for a, b in zip(checked, believed, strict=True))
    assert any(a.confidence < b.confidence for a, b in zip(checked, believed, strict=True))
    monkeypatch.undo()
    assert short.transcribe(windows, final=final)[0].confidence > 0


def test_words_to_expect_always_are_part_of_the_version(whole_model: Path) -> None:
    plain = recogniser(whole_model).version
    first, second = (recogniser(whole_model, hotwords=words).version for words in ("您好", "谢"))
    assert first.startswith(f"{plain}+hotwords-")
    assert len({plain, first, second}) == 3
