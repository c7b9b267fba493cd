"""A question in plain words is typed like any other rule, in YAML and in a spreadsheet."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

import phrasebook
from phrasebook import Code, PhrasebookErrors, load, sheets, to_yaml
from phrasebook.ask import Answer
from phrasebook.model import Audience, Phrasebook
from phrasebook.version import ask_version
from tests.phrasebook.strategies import without_places

EXAMPLES = Path(phrasebook.__file__).parent / "examples"
PACK = """
entries:
  - {id: 同意, who: 客户, kind: 触发, say: 你说吧}
asks:
  - id: 讲清犹豫期
    ask: 坐席是否把犹豫期讲到外行也听得懂？
    if: 产品 = 年金险 且 命中:同意
    yes: 说了多少天，也说了这些天里退保能拿回什么
    no: 只提到“犹豫期”三个字，或者没有提
    na: 客户没有听下去
    examples: {yes: [您签收后十五天内退保钱全退给您], no: [您有犹豫期的]}
    points: 10
"""


def read(tmp_path: Path, text: str) -> Phrasebook:
    path = tmp_path / "pack.yaml"
    path.write_text(text, "utf-8")
    return load(path)


def test_a_question_says_what_counts_and_is_on_trial_unless_it_says_otherwise(
    tmp_path: Path,
) -> None:
    (ask,) = read(tmp_path, PACK).asks
    assert (ask.question, ask.wrong, ask.audience) == (
        "坐席是否把犹豫期讲到外行也听得懂？",
        Answer.NO,
        Audience.REVIEW,
    )
    assert ask.condition is not None
    assert ask.examples.no == ("您有犹豫期的",)


def test_a_question_may_stand_among_the_entries(tmp_path: Path) -> None:
    book = read(tmp_path, PACK)
    assert read(tmp_path, PACK.replace("asks:\n", "")).version == book.version


@pytest.mark.parametrize("name", ["book.xlsx", "folder", "again.yaml"])
def test_a_question_comes_back_from_whatever_it_is_written_to(name: str, tmp_path: Path) -> None:
    book = read(tmp_path, PACK)
    if name.endswith(".yaml"):
        (tmp_path / name).write_text(to_yaml(book), "utf-8")
    else:
        sheets.export(book, tmp_path / name)
    again = load(tmp_path / name)
    assert without_places(again).asks == without_places(book).asks
    assert again.version == book.version


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    no: 只提到“犹豫期”三个字，或者没有提\n", "", Code.MISSING_KEY),
        ("    ask: 坐席是否把犹豫期讲到外行也听得懂？\n", "", Code.MISSING_KEY),
        ("    points: 10", "    wrong: 也许", Code.UNKNOWN_CHOICE),
        ("命中:同意", "命中:不同意", Code.UNKNOWN_ENTRY),
        ("id: 讲清犹豫期", "id: 同意", Code.DUPLICATE_ID),
        ("points: 10", "say: 犹豫期", Code.UNKNOWN_KEY),
    ],
)
def test_what_is_wrong_with_a_question_is_told(
    tmp_path: Path, old: str, new: str, code: Code
) -> None:
    assert old in PACK
    with pytest.raises(PhrasebookErrors) as told:
        read(tmp_path, PACK.replace(old, new))
    assert code in [error.code for error in told.value.errors]


def test_the_version_of_a_question_is_what_its_answerer_is_told(tmp_path: Path) -> None:
    (ask,) = read(tmp_path, PACK).asks
    assert ask_version(ask) == ask_version(replace(ask, points=3, audience=Audience.AGENT))
    assert ask_version(ask) != ask_version(replace(ask, no="没有提"))


def test_a_score_item_may_be_fed_by_a_question(tmp_path: Path) -> None:
    card = "scorecard: {items: [{id: 说明, title: 说明, points: 100, feeds: [讲清犹豫期]}]}"
    assert read(tmp_path, f"{PACK}\n{card}").scorecard.items[0].feeds == ("讲清犹豫期",)


@pytest.mark.parametrize("name", ["collections", "ecommerce_returns", "insurance_sales"])
def test_an_example_pack_has_four_questions_each_with_examples_and_something_to_say(
    name: str,
) -> None:
    book = load(EXAMPLES / name)
    assert len(book.asks) == 4
    for ask in book.asks:
        assert ask.audience is Audience.REVIEW
        assert ask.examples.yes
        assert ask.examples.no
        assert bool(ask.suggest) is (ask.wrong is not None)
    assert any(ask.condition for ask in book.asks)
    assert load_again(book) == book.version


def load_again(book: Phrasebook) -> str:
    """The version of the same pack read from what it is written out as."""
    with tempfile.TemporaryDirectory() as folder:
        sheets.export(book, Path(folder) / "book.xlsx")
        return load(Path(folder) / "book.xlsx").version
