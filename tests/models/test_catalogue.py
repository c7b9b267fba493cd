from __future__ import annotations

import pytest

from models import catalogue
from models.errors import UnknownModel


def test_the_bundled_model_is_named_first() -> None:
    assert catalogue.names()[0] == "nano_zh"


@pytest.mark.parametrize(
    ("alias", "name"), [("large", "large-v3"), ("turbo", "large-v3-turbo"), ("small", "small")]
)
def test_a_short_name_stands_for_the_published_one(alias: str, name: str) -> None:
    assert catalogue.find(alias).name == name


def test_a_repository_of_the_hub_stands_for_itself() -> None:
    assert catalogue.find("someone/whisper-zh-ct2").repository == "someone/whisper-zh-ct2"


@pytest.mark.parametrize(
    ("typed", "meant"), [("smal", "small"), ("large-v3-turbp", "large-v3-turbo"), ("tinny", "tiny")]
)
def test_a_misspelled_name_is_told_its_nearest(typed: str, meant: str) -> None:
    with pytest.raises(UnknownModel, match=f"did you mean '{meant}'"):
        catalogue.find(typed)


def test_english_only_models_are_not_offered() -> None:
    with pytest.raises(UnknownModel):
        catalogue.find("tiny.en")
