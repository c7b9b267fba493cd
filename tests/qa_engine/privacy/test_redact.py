"""Personal numbers are covered however they were said; everyday numbers are left alone."""

from __future__ import annotations

import pytest

from qa_engine.privacy import Kind, find, redact
from tests.qa_engine.privacy.forms import HAND_WRITTEN, clean, personal


@pytest.mark.parametrize(("sentence", "number", "kind"), HAND_WRITTEN)
def test_a_number_is_found_with_its_kind(sentence: str, number: str, kind: Kind) -> None:
    found = [(sentence[x.begin : x.end], x.kind) for x in find(sentence)]

    assert (number, kind) in found


def test_at_least_98_percent_of_personal_numbers_are_covered_whole() -> None:
    forms = list(personal())
    leaked = [s for s, number, _ in forms if number[:4] in redact(s) or number[-3:] in redact(s)]

    assert len(forms) >= 200
    assert len(leaked) <= 0.02 * len(forms), leaked[:10]


def test_at_most_one_percent_of_clean_sentences_are_touched() -> None:
    sentences = list(clean())
    touched = [s for s in sentences if redact(s) != s]

    assert len(touched) <= 0.01 * len(sentences), touched


def test_a_covered_text_holds_nothing_more_to_cover() -> None:
    for sentence, _, _ in personal():
        assert redact(redact(sentence)) == redact(sentence)
