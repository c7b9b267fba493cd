from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.training import calls, demo_calls, dialogues, features, garbage, samples, voices
from models.training import vocabulary as v
from models.training.batches import collate, plan_at
from models.training.channel import RATE
from models.training.pronounce import spoken_form, syllables

if TYPE_CHECKING:
    from models.training.espeak import Espeak, VoiceManner

pytestmark = pytest.mark.usefixtures("espeak")


def test_every_character_has_its_time(espeak: Espeak) -> None:
    text, pinyin = spoken_form("您好，我不知道银行在哪里")
    said = espeak.say(text)
    assert len(said.words) == len(pinyin) == 11
    ends = [b for _, b in said.words]
    assert ends == sorted(ends)
    assert said.words[-1][1] <= len(said.samples)


def test_a_comma_is_a_pause(espeak: Espeak) -> None:
    said = samples.say("您好，再见", voices.full_name(""), espeak_manner())
    assert said is not None
    assert said.times[2][0] - said.times[1][1] > 0.05


def espeak_manner() -> VoiceManner:
    from models.training.espeak import VoiceManner

    return VoiceManner()


def test_polyphones_are_read_as_the_word_asks() -> None:
    assert syllables("银行") == ["yin", "hang"]
    assert syllables("不行") == ["bu", "xing"]


def test_held_out_voices_are_not_heard_in_training() -> None:
    assert not set(voices.HELD_OUT_VOICES) & set(voices.training_voices())


def test_an_example_points_every_character_at_its_frames() -> None:
    maker = samples.Maker(1)
    example = maker.draw(samples.ExamplePlan(garbage=0.0, cut=0.0, timestamps=0.0))
    frames = example.mel.shape[1] // 2
    has = example.look[:, 0] >= 0
    names = v.tokens()
    assert all(len(names[t]) == 1 for t in example.targets[1:][has[1:]])
    assert (example.look[has, 1] > example.look[has, 0]).all()
    assert example.look[has].max() <= frames + 1
    assert len(example.syllable) == frames


def test_the_start_token_answers_speech_or_no_speech() -> None:
    maker = samples.Maker(2)
    ids = v.ids()
    spoken = maker.draw(samples.ExamplePlan(garbage=0.0, cut=0.0))
    spoilt = maker.draw(samples.ExamplePlan(garbage=1.0))
    assert v.tokens()[spoken.targets[0]].startswith("<|0.")
    assert spoilt.targets[0] == ids[v.NO_SPEECH]
    assert spoilt.targets[-1] == ids[v.END]


def test_a_long_window_has_timestamps_in_order() -> None:
    example = samples.Maker(3).draw(samples.ExamplePlan(long=1.0))
    assert example.mel.shape[1] in range(300, 3001)
    first = v.timestamp(0)
    times = [t for t in example.inputs if t >= first]
    assert times == sorted(times)
    assert len(times) % 2 == 0


def test_a_batch_pads_with_zeros() -> None:
    maker = samples.Maker(4)
    pair = [maker.draw(plan_at(0.2)) for _ in range(2)]
    longest = max(e.mel.shape[1] for e in pair)
    batch = collate(pair, longest + 100)
    assert batch.mel.shape == (2, 80, longest + 100)
    assert not batch.mel[:, :, longest:].any()


def test_features_are_those_of_faster_whisper() -> None:
    extractor = pytest.importorskip("faster_whisper.feature_extractor").FeatureExtractor()
    x = np.random.default_rng(1).standard_normal(16000).astype(np.float32) * 0.1
    assert np.abs(extractor(x, padding=0)[:, :100] - features.log_mel(x)).max() < 1e-5


@pytest.mark.parametrize("held_out", [False, True])
def test_garbage_is_short_and_finite(held_out: bool) -> None:
    r, rng = random.Random(1), np.random.default_rng(1)
    speech = rng.standard_normal(3 * RATE).astype(np.float32)
    for _ in range(12):
        x = garbage.draw(r, rng, speech, held_out=held_out)
        assert len(x) <= 10 * RATE
        assert np.isfinite(x).all()


def test_a_call_tells_who_spoke_when() -> None:
    r = random.Random(1)
    turns = [
        calls.ScriptedTurn(role="agent", text="您好，请讲"),
        calls.ScriptedTurn(role="customer", text="我的网很慢", pause_ms=700),
    ]
    call = calls.render_call(
        turns, {"agent": calls.Caller.draw(r), "customer": calls.Caller.draw(r)}, seed=1
    )
    agent, customer = call.utterances
    assert (agent["role"], customer["role"]) == ("agent", "customer")
    assert customer["begin_ms"] - agent["end_ms"] >= 650
    assert [c["text"] for c in customer["characters"]] == list("我的网很慢")
    begin = customer["begin_ms"] * RATE // 1000
    assert (
        np.abs(call.samples[1, begin : begin + RATE]).mean()
        > 3 * np.abs(call.samples[1, : begin // 2]).mean()
    )


def test_a_negative_pause_talks_into_the_turn_before() -> None:
    r = random.Random(2)
    turns = [
        calls.ScriptedTurn(role="agent", text="我先帮您查询一下相关信息"),
        calls.ScriptedTurn(role="customer", text="不用了", pause_ms=-800),
    ]
    call = calls.render_call(
        turns, {"agent": calls.Caller.draw(r), "customer": calls.Caller.draw(r)}
    )
    assert call.utterances[1]["begin_ms"] < call.utterances[0]["end_ms"]


def test_a_dialogue_notes_what_it_says() -> None:
    for seed in range(21):
        script = dialogues.write(seed)
        for said in script.said:
            assert said.text in script.turns[said.turn].text
            assert script.turns[said.turn].role == said.role
        assert set(script.steps) == set(dialogues.STEPS)


@pytest.mark.parametrize("name", demo_calls.CALLS)
def test_a_demo_call_says_what_must_be_found(name: str) -> None:
    said = "".join(t.text for t in demo_calls.turns_of(name))
    assert all(text in said for _, _, text in demo_calls._MUST_FIND[name])
