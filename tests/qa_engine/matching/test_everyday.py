"""Everyday speech to measure false alarms by: enough of it, clean, and always the same."""

from __future__ import annotations

import random
from pathlib import Path

import qa_engine.matching.text.everyday as module
from qa_engine.events import Role
from qa_engine.matching.text.everyday import SoundModel, everyday, hours, sound_model
from qa_engine.matching.text.make_everyday import read_templates, say, sentences

HERE = Path(module.__file__).parent


def test_there_are_enough_different_sentences_of_both_speakers() -> None:
    lines = everyday()
    assert len(set(lines)) == len(lines) >= 1_500
    assert min(sum(line.role is role for line in lines) for role in Role) >= 600
    assert hours(lines) > 2


def test_no_template_drowns_the_others() -> None:
    openings = [line.text[:6] for line in everyday()]
    assert max(map(openings.count, set(openings))) < len(openings) / 20


def test_the_shipped_file_is_what_its_templates_make() -> None:
    lists, templates = read_templates((HERE / "everyday_templates.txt").read_text("utf-8"))
    dice = random.Random(20)
    made = [
        f"{role}：{sentence}"
        for role, rows in templates.items()
        for template in rows
        for sentence in sentences(template, lists, dice)
    ]
    assert list(dict.fromkeys(made)) == (HERE / "everyday.txt").read_text("utf-8").splitlines()


def test_template_says_its_slots_choices_and_options() -> None:
    said = {say("{甲}(去|来)[吧]", {"甲": ["我", "您"]}, random.Random(at)) for at in range(99)}
    assert said == {a + b + c for a in "我您" for b in "去来" for c in ("吧", "")}


def test_sounds_that_follow_each_other_are_likelier_than_chance() -> None:
    model = SoundModel([(1, 2, 3)] * 50 + [(4, 5)] * 50)
    assert model.expected_per_hour((1, 2)) > model.expected_per_hour((1, 5))
    assert model.expected_per_hour(()) == 0


def test_longer_rows_are_rarer() -> None:
    model = sound_model()
    assert model.expected_per_hour((5, 6, 7)) < model.expected_per_hour((5, 6))
