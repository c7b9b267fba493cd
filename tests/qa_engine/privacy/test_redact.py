"""Personal numbers are covered however they were said; everyday numbers are left alone."""

from __future__ import annotations

import pytest

from qa_engine.privacy import DataKind, find, redact
from tests.qa_engine.privacy.forms import HAND_WRITTEN, clean, personal


@pytest.mark.parametrize(("sentence", "number", "kind"), HAND_WRITTEN)
def test_a_number_is_found_with_its_kind(sentence: str, number: str, kind: DataKind) -> None:
    found = [(sentence[x.begin : x.end], x.kind) for x in find(sentence)]

    assert (number, kind) in found


def test_at_least_99_percent_of_personal_numbers_are_covered_whole() -> None:
    forms = list(personal())
    leaked = [s for s, number, _ in forms if number[:4] in redact(s) or number[-3:] in redact(s)]

    assert len(forms) >= 400
    assert len(leaked) <= 0.01 * len(forms), leaked[:10]


def test_at_most_half_a_percent_of_clean_sentences_are_touched() -> None:
    sentences = list(clean())
    touched = [s for s in sentences if redact(s) != s]

    assert len(touched) <= 0.005 * len(sentences), touched


def test_the_room_of_a_building_is_covered_and_the_building_stays_whole() -> None:
    said = "电话一三八零零一三八零零零三号楼五零一"

    assert redact(said) == "电话[电话][门牌号]"


def test_a_covered_text_holds_nothing_more_to_cover() -> None:
    for sentence, _, _ in personal():
        assert redact(redact(sentence)) == redact(sentence)
