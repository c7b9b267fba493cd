"""One thing has one name: on every page, in reports, workbooks, terminals and messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.desk.pages import catalogue as desk_words
from api.desk.rulebook_rows import rows_of
from phrasebook import bundled, load
from phrasebook.build_score import CONDUCT_CHECKS
from phrasebook.pieces import pieces_of
from qa_engine.report.wording import catalogue

NOT_ALSO = {
    "精确率": "准确率 正确率 查准率",
    "漏检": "漏报 漏判",
    "误报": "错报 虚警 误判",
    "静默": "沉默 冷场",
    "打断": "抢话 插话",
    "坐席": "座席 客服人员",
    "班组": "团队 小组",
    "质检主管": "负责人 组长",
    "评分表": "评分卡 打分表",
    "没有说": "遗漏",
    "说晚了": "太晚",
}
"""Our word for a thing, and others for it that nobody may meet."""
ROOMS = ("api", "qa_engine", "phrasebook")
OTHERS_WORDS = ("headings.py", "speakers.py", "record.py", "values.py", "contract.py", "linting")
"""Files that read what others write: every synonym belongs there."""


def catalogues() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted(Path(room).rglob("*.json")):
            if path.stem.endswith("zh") or path.parent.name == "zh":
                yield path


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def test_the_catalogues_are_found() -> None:
    names = {path.name for path in catalogues()}
    assert {"case.json", "boards.json", "messages_zh.json", "errors_zh.json", "zh.json"} <= names


@pytest.mark.parametrize("ours", NOT_ALSO)
def test_no_catalogue_has_another_word_for_it(ours: str) -> None:
    other = re.compile("|".join(NOT_ALSO[ours].split()))
    found = [
        f"{path}: {text}"
        for path in catalogues()
        for text in texts(json.loads(path.read_text("utf-8")))
        if other.search(text)
    ]
    assert found == []


@pytest.mark.parametrize("ours", NOT_ALSO)
def test_no_workbook_has_another_word_for_it(ours: str) -> None:
    other = re.compile("|".join(NOT_ALSO[ours].split()))
    files = [*Path("api/batch").rglob("*.py"), *Path("phrasebook/sheets").rglob("*.py")]
    files += [*Path("api/batch").rglob("*.html")]
    found = [
        f"{path}:{number}"
        for path in files
        if path.name not in OTHERS_WORDS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if other.search(line)
    ]
    assert found == []


def test_a_conduct_check_is_called_the_same_in_packs_workbooks_and_pages() -> None:
    words = catalogue("zh")
    assert {name: words[f"conduct.{name}"] for name in CONDUCT_CHECKS} == dict(CONDUCT_CHECKS)


@pytest.mark.parametrize("part", ["scripts", "other", "lists", "conditions"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_rules_page_tells_titles_and_never_ids(part: str, language: str) -> None:
    book = load(bundled())
    ids = {one.id for one in book.entries} | {one.id for one in book.steps}
    ids |= {one.id for one in book.asks} | {one.id for one in book.scripts}
    words = desk_words("rules", language)
    for row in rows_of(book, part, {}, (), words):
        told = re.findall(r"[A-Za-z][\w*-]*", row.said)
        assert [one for one in told if one in ids or "_" in one or "*" in one] == [], row
        assert row.said
    assert pieces_of(book)
