"""A damaged recording is judged as far as it can be decoded, and what is lost is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from qa_engine.audio.channels import ChannelProblem
from qa_engine.audio.damage import Damage, Gap
from qa_engine.audio.decode import blocks
from qa_engine.audio.errors import AudioError
from qa_engine.audio.reading import RawFormat, Reading
from qa_engine.audio.survey import Surveyor, survey
from tests.qa_engine.audio.recordings import encoded, tone, wav

FORMATS = {
    "a.wav": ("pcm_s16le", 8_000),
    "mulaw.wav": ("pcm_mulaw", 8_000),
    "a.mp3": ("libmp3lame", 16_000),
    "a.flac": ("flac", 16_000),
    "a.ogg": ("libopus", 16_000),
    "a.m4a": ("aac", 16_000),
    "a.amr": ("libopencore_amrnb", 8_000),
}
MORE_FORMATS = FORMATS | {
    "ima.wav": ("adpcm_ima_wav", 8_000),
    "ms.wav": ("adpcm_ms", 8_000),
    "a.aac": ("aac", 16_000),
    "a.webm": ("libopus", 16_000),
}
SECONDS = 20


def recorded(folder: Path, name: str) -> Path:
    codec, rate = MORE_FORMATS[name]
    rng = np.random.default_rng(3)
    sound = 0.2 * tone(SECONDS * 1_000, rate=rate, hz=440) + rng.normal(0, 0.02, SECONDS * rate)
    return encoded(folder / name, sound.astype(np.float32)[None], rate=rate, codec=codec)


def read(path: Path, how: Reading = Reading()) -> tuple[np.ndarray, Damage]:  # noqa: B008
    damage = Damage()
    sound = np.concatenate(list(blocks(path, damage=damage, how=how)), axis=1)
    return sound, damage


def spoil(path: Path, count: int, *, at: float = 0.5) -> None:
    raw = bytearray(path.read_bytes())
    begin = int(len(raw) * at)
    raw[begin : begin + count] = np.random.default_rng(1).bytes(count)
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("count", [1, 300, 4_000])
def test_spoiled_bytes_cost_only_what_they_held(name: str, count: int, tmp_path: Path) -> None:
    path = recorded(tmp_path, name)
    clean, _ = read(path)
    share = count / path.stat().st_size
    spoil(path, count)

    sound, damage = read(path)

    lost_s = max(1.5, SECONDS * share * 4)
    assert damage.lost_ms <= lost_s * 1_000
    assert np.isfinite(sound).all()
    # Random bytes can be any number of AMR's frames, of 20 ms each.
    slack_s = 1.0 if name == "a.amr" else 0.1
    assert sound.shape[1] / 16_000 == pytest.approx(clean.shape[1] / 16_000, abs=slack_s)


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.m4a"])
def test_where_sound_is_lost_in_the_middle_is_told(name: str, tmp_path: Path) -> None:
    path = recorded(tmp_path, name)
    spoil(path, 20_000)

    _, damage = read(path)

    assert sum(gap.end_ms - gap.begin_ms for gap in damage.told) >= 500
    assert all(9_000 <= gap.begin_ms <= gap.end_ms <= 18_000 for gap in damage.told)
    assert damage.cut_ms == 0


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_in_half_is_read_to_where_it_ends(name: str, tmp_path: Path) -> None:
    path = recorded(tmp_path, name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if name == "a.m4a":
        # Its table of contents stands at the end: without it nobody can read any of it.
        with pytest.raises(AudioError):
            read(path)
        return

    sound, damage = read(path)

    assert SECONDS * 0.4 <= sound.shape[1] / 16_000 <= SECONDS * 0.6
    if name in ("a.wav", "mulaw.wav", "a.flac"):
        assert damage.cut_ms == pytest.approx(SECONDS * 500, rel=0.1)
        assert damage.sound_share == pytest.approx(0.5, abs=0.05)


SAYS_HOW_LONG = {"a.wav", "mulaw.wav", "ima.wav", "ms.wav", "a.mp3", "a.flac", "a.webm"}


@pytest.mark.parametrize("share", [0.3, 0.61, 0.87])
@pytest.mark.parametrize("name", sorted(MORE_FORMATS.keys() - {"a.m4a"}))
def test_a_file_that_is_cut_off_is_told_and_nothing_is_due_behind_it(
    name: str, share: float, tmp_path: Path
) -> None:
    path = recorded(tmp_path, name)
    # An odd place: whole frames of a format without a header are a whole recording.
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share) | 1])

    found = survey(path)

    (told,) = [f for f in found.findings if f.problem is ChannelProblem.CUT_OFF]
    behind = [gap for gap in found.damage.missing if gap.end_ms > found.duration_ms]
    assert len(behind) == 1
    if name in SAYS_HOW_LONG:
        assert behind[0].end_ms == pytest.approx(SECONDS * 1_000, abs=200)
    else:
        assert "nobody knows" in told.message


@pytest.mark.parametrize("name", MORE_FORMATS)
def test_a_whole_file_is_told_to_be_whole(name: str, tmp_path: Path) -> None:
    _, damage = read(recorded(tmp_path, name))

    assert (list(damage.told), damage.cut_ms, damage.broken_off) == ([], 0, False)
    assert damage.sound_share == 1


def test_a_header_that_promises_more_is_told_and_the_sound_is_read(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(4_000, rate=8_000)[None], rate=8_000, promised=96_000)

    found = survey(path)

    (told,) = [f for f in found.findings if f.problem is ChannelProblem.CUT_OFF]
    assert found.duration_ms == 4_000
    assert "4.0 s" in told.message
    assert "6.0 s" in told.message


def test_what_is_lost_is_silence_of_the_same_length_at_its_place(tmp_path: Path) -> None:
    path = recorded(tmp_path, "a.amr")
    raw = bytearray(path.read_bytes())
    # Frames of 12.2 kbit/s are 32 bytes, 50 a second; a frame type of 11 cannot be decoded.
    for frame in range(250, 300):
        raw[6 + frame * 32] = 0x5C
    path.write_bytes(bytes(raw))

    sound, damage = read(path)

    assert abs(sound.shape[1] - SECONDS * 16_000) <= 16_000
    assert not damage.told or 4_000 <= damage.told[0].begin_ms <= 6_500


@pytest.mark.skipif(os.system("ffmpeg -version >/dev/null 2>&1") != 0, reason="needs ffmpeg")
def test_as_much_is_read_as_the_ffmpeg_program_plays(tmp_path: Path) -> None:
    path = recorded(tmp_path, "a.mp3")
    spoil(path, 300)
    order = ["ffmpeg", "-v", "quiet", "-i", str(path), "-ar", "16000", "-f", "f32le", "-"]
    played = len(subprocess.run(order, capture_output=True, check=False).stdout) // 4

    sound, _ = read(path)

    assert sound.shape[1] >= played - 1_600


@pytest.mark.parametrize(
    ("ending", "raw"),
    [(".ul", None), (".al", None), (".bin", RawFormat("mulaw", 8_000)), (".vox", None)],
)
def test_samples_without_a_header_are_read_by_ending_or_by_wish(
    ending: str, raw: RawFormat | None, tmp_path: Path
) -> None:
    codec = {".al": "pcm_alaw", ".vox": None}.get(ending, "pcm_mulaw")
    path = tmp_path / f"a{ending}"
    if codec is None:
        path.write_bytes(bytes([0x08, 0x80] * 8_000))
    else:
        import av

        encoder = av.CodecContext.create(codec, "w")
        encoder.sample_rate, encoder.layout, encoder.format = 8_000, "mono", "s16"  # type: ignore[attr-defined]
        samples = (tone(2_000, rate=8_000, hz=500) * 20_000).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 8_000
        path.write_bytes(b"".join(bytes(p) for p in encoder.encode(frame)))  # type: ignore[attr-defined]

    sound, _ = read(path, Reading(raw=raw))

    assert sound.shape[1] == pytest.approx(4 * 16_000 if codec is None else 2 * 16_000, abs=800)
    if codec is not None:
        assert np.abs(np.fft.rfft(sound[0, :16_000])).argmax() == 500


def test_channels_are_chosen_by_number(tmp_path: Path) -> None:
    tones = np.stack([tone(1_000, rate=8_000, hz=hz) for hz in (300, 500, 700)])
    path = wav(tmp_path / "a.wav", tones, rate=8_000)

    sound, _ = read(path, Reading(channels=(2, 0)))

    assert np.abs(np.fft.rfft(sound, axis=1)).argmax(axis=1).tolist() == [700, 300]


def test_a_channel_the_file_does_not_have_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(500, rate=8_000)[None], rate=8_000)
    with pytest.raises(AudioError, match="expected a channel 3"):
        read(path, Reading(channels=(0, 2)))


def test_the_share_of_sound_counts_gaps_and_what_the_header_promised() -> None:
    damage = Damage(gaps=[Gap(1_000, 2_000)], held_ms=10_000, promised_ms=20_000)
    assert damage.sound_share == pytest.approx(0.45)


def test_zeros_in_the_middle_of_a_file_are_told_once(tmp_path: Path) -> None:
    for name in ("mulaw.wav", "a.flac", "a.mp3"):
        path = recorded(tmp_path, name)
        raw = bytearray(path.read_bytes())
        begin, end = int(len(raw) * 0.4), int(len(raw) * 0.7)
        raw[begin:end] = bytes(end - begin)
        path.write_bytes(bytes(raw))
        surveyor = Surveyor(path)
        for block in blocks(path, damage=surveyor.damage):
            surveyor.feed(block)
        lost = sorted((gap.begin_ms, gap.end_ms) for gap in surveyor.missing)
        assert sum(end - begin for begin, end in lost) == pytest.approx(6_000, abs=800), name
        told = {f.problem for f in surveyor.close().findings}
        assert len(told & {ChannelProblem.DAMAGED, ChannelProblem.UNRECORDED}) == 1, name
