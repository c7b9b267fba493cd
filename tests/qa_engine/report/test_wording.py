from __future__ import annotations

import re
from importlib.resources import files

import pytest

from qa_engine.events import Tier
from qa_engine.report.wording import LANGUAGES, catalogue, clock, number, say
from qa_engine.rules.conduct_checks import CHECKS
from qa_engine.rules.counting import Conclusion, Reason
from qa_engine.rules.judgeable import Unjudgeable

FIELDS = re.compile(r"\{(\w+)\}")


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (catalogue(language) for language in LANGUAGES)
    assert set(chinese) == set(english)
    for key in chinese:
        assert set(FIELDS.findall(chinese[key])) == set(FIELDS.findall(english[key])), key


def test_every_key_the_page_asks_for_is_there() -> None:
    template = files("qa_engine.report").joinpath("assets/report.html.j2").read_text("utf-8")
    asked = set(re.findall(r'\bt\("(\w+)"', template))
    asked |= set(re.findall(r'label\("[\w-]+", "(\w+)"', template))
    prefixes = {key for key in asked if key.endswith("_")}
    assert asked - prefixes <= set(catalogue("zh"))
    for prefix in prefixes:
        assert any(key.startswith(prefix) for key in catalogue("zh"))
    assert set(CHECKS) <= set(catalogue("zh"))


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("zh", "no such words")


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "00:00"), (999, "00:00"), (61_000, "01:01"), (3_723_000, "1:02:03")]
)
def test_a_clock(ms: int, shown: str) -> None:
    assert clock(ms) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(85.0, "85"), (7.5, "7.5"), (12.34, "12.3"), (0, "0"), (-42.0, "-42")]
)
def test_a_number_has_no_more_digits_than_needed(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_tier_has_words(language: str) -> None:
    asked = {f"effect_{reason}" for reason in Reason if reason}
    asked |= {f"unjudgeable_{reason}" for reason in Unjudgeable if reason}
    asked |= {f"tier_{tier}" for tier in Tier} | set(Conclusion)
    assert asked <= set(catalogue(language))
