"""A recording that the site knows is nobody's, wherever it plays and whatever is made of its words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Role
from qa_engine.line.call import stretches_of
from qa_engine.line.known_voices import NOBODY, BadVoices, KnownVoices, RecordedPrint, print_of
from qa_engine.line.listen import LineListener
from qa_engine.line.recorded import recorded, with_repeated
from qa_engine.line.spectra import Spectra
from tests.qa_engine.line.test_repeats import pause, sentence
from tests.qa_engine.rules.scripted import utterance

RECORDED, IVR = StretchKind.RECORDED, StretchKind.IVR


def learned(sound: Samples) -> RecordedPrint:
    spectra = Spectra()
    whole = sound[: len(sound) // 512 * 512].reshape(-1, 512)
    spectra.feed(whole)
    return print_of(spectra.bits(len(whole)))


MENU = learned(sentence(1, 8))


def heard(*pieces: Samples, chunk: int = 10_000, noise: float = 1e-3) -> list[tuple[int, int]]:
    """Where the line plays what is known, in ms, asked while the sound comes and at its end."""
    sound = np.concatenate(pieces)
    sound = sound + np.random.default_rng(9).normal(0, noise, len(sound)).astype(np.float32)
    line = LineListener(0, [MENU])
    frames = sound[: len(sound) // 512 * 512].reshape(-1, 512)
    for begin in range(0, len(frames), chunk):
        line.feed(frames[begin : begin + chunk])
        line.sounds(min(begin + chunk, len(frames)) * 32)
    found = line.sounds(len(sound) // 16, ended=True)
    return [(s.begin_ms, s.end_ms) for s in found if s.kind is RECORDED]


def test_a_known_recording_is_found_where_it_plays() -> None:
    ((begin, end),) = heard(sentence(2, 7), pause(1.013), sentence(1, 8), sentence(3, 9))
    assert abs(begin - 8_013) < 700
    assert abs(end - 16_013) < 700


def test_a_recording_that_somebody_cut_short_is_found_as_far_as_it_played() -> None:
    ((begin, end),) = heard(pause(3), sentence(1, 8)[: 5 * SAMPLE_RATE], sentence(4, 9))
    assert abs(begin - 3_000) < 700
    assert abs(end - 8_000) < 700


def test_other_sentences_of_that_voice_are_no_recording() -> None:
    assert heard(*(sentence(seed) for seed in range(2, 9))) == []


@pytest.mark.parametrize("chunk", [1, 60, 125, 333])
def test_what_is_found_does_not_depend_on_how_the_sound_came(chunk: int) -> None:
    pieces = (pause(2.2), sentence(1, 8), pause(1), sentence(1, 8), sentence(5, 4))
    assert heard(*pieces, chunk=chunk) == heard(*pieces)


def test_it_is_found_through_a_telephone_line() -> None:
    narrow = sentence(1, 8)
    law = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 128) / 128
    line = np.sign(law) * (256 ** np.abs(law) - 1) / 255
    assert len(heard(pause(2), np.asarray(0.5 * line, np.float32), noise=3e-3)) == 1


PLAYED = [Stretch(kind=RECORDED, channel=0, begin_ms=40_000, end_ms=48_000)]


def test_in_the_middle_of_a_talk_it_is_nobodys_all_the_same() -> None:
    said = [
        utterance(1, Role.AGENT, 0, 20, "您好请问有什么可以帮您"),
        utterance(2, Role.CUSTOMER, 21, 30, "我要查话费"),
        utterance(3, Role.AGENT, 40.2, 47.9, "不清楚的话"),
        utterance(4, Role.AGENT, 50, 60, "让您久等了"),
    ]
    marks = with_repeated(said, {}, PLAYED)
    assert recorded(said, marks, []) == {3: IVR}


def test_what_a_person_says_over_its_end_is_the_persons() -> None:
    said = [utterance(1, Role.AGENT, 46, 55, "您好")]
    assert with_repeated(said, {}, PLAYED) == {}


def test_a_recording_without_words_is_a_part_of_the_call() -> None:
    found = stretches_of([], PLAYED, [], 60_000)
    assert (IVR, 40_000, 48_000) in [(s.kind, s.begin_ms, s.end_ms) for s in found]


def test_a_list_is_read_as_it_was_written() -> None:
    voice = np.random.default_rng(1).random(256).astype(np.float32)
    voice /= np.linalg.norm(voice)
    kept = KnownVoices(
        recorded=(replace(MENU, calls=7, example="c1 00:03"),), agents={"1024": voice}
    )
    read = KnownVoices.read(kept.text())
    (one,) = read.recorded
    assert np.array_equal(one.bits, MENU.bits)
    assert (one.calls, one.example, one.id) == (7, "c1 00:03", MENU.id)
    assert float(read.agents["1024"] @ voice) == pytest.approx(1, abs=1e-3)
    assert KnownVoices.read(read.text()).version == read.version


def test_the_version_is_of_what_changes_a_report() -> None:
    kept = KnownVoices(recorded=(MENU,))
    assert NOBODY.version == ""
    assert kept.version != ""
    assert KnownVoices(recorded=(replace(MENU, calls=99),)).version == kept.version
    refused = KnownVoices(recorded=(replace(MENU, refused=True),))
    assert (refused.played, refused.version) == ((), "")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 9}', '{"format": 1, "recorded": [{}], "agents": {}}',
     '{"format": 1, "recorded": [{"frames": 90, "bits": "AAAA"}], "agents": {}}',
     '{"format": 1, "recorded": [], "agents": {"1": ""}}'],
)  # fmt: skip
def test_a_file_that_is_no_list_is_told(text: str) -> None:
    with pytest.raises(BadVoices):
        KnownVoices.read(text)
