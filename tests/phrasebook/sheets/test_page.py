"""The Excel form can be written from its page, and is named in the reader's language."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import phrasebook
from phrasebook import PhrasebookErrors, load, sheets
from phrasebook.messages import speaking
from phrasebook.sheets.layout import SHEETS
from phrasebook.sheets.page import page

ROOM = Path(phrasebook.__file__).parent


def write(path: Path, name: str, *rows: tuple[str, ...]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    shown = book.create_sheet(name)
    for row in rows:
        shown.append(row)
    book.save(path)
    return path


def told(path: Path, language: str = "zh") -> list[str]:
    with speaking(language):
        with pytest.raises(PhrasebookErrors) as caught:
            load(path)
        return [one.sentence() for one in caught.value.errors]


def test_the_page_is_what_the_code_reads() -> None:
    assert (ROOM / "SHEETS.md").read_text("utf-8") == page()
    for sheet in SHEETS:
        assert f"## {sheet.chinese} (`{sheet.name}`)" in page()
        assert all(f"| {one.chinese} | `{one.key}` |" in page() for one in sheet.columns)


@pytest.mark.parametrize("suffix", [".xlsx", ""])
def test_an_export_has_names_in_the_readers_language_and_reads_back(
    tmp_path: Path, suffix: str
) -> None:
    book = load(ROOM / "examples" / "insurance_sales")

    with speaking("zh"):
        sheets.export(book, tmp_path / f"书{suffix}")

    assert sheets.load(tmp_path / f"书{suffix}").version == book.version
    if suffix:
        made = openpyxl.load_workbook(tmp_path / "书.xlsx")
        assert made.sheetnames == [sheet.chinese for sheet in SHEETS]
        assert [cell.value for cell in made["禁用语"][1]][:3] == ["编号", "标题", "依据"]
    else:
        assert (tmp_path / "书" / "禁用语.csv").exists()


def test_an_unknown_sheet_or_heading_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (sheet,) = told(write(tmp_path / "a.xlsx", "规则", ("编号", "说法"), ("x", "好")))[:1]
    assert "可用的表：话术库、禁用语、步骤" in sheet
    rows = ("编号", "说法", "替代"), ("x", "好", "您好")
    heading = told(write(tmp_path / "b.xlsx", "禁用语", *rows))[0]
    assert "表“禁用语”没有“替代”这一列" in heading
    assert "替代表达" in heading
    assert "entries" not in heading


@pytest.mark.parametrize(
    ("column", "cell", "meant"),
    [
        ("此前", "客户 不需要 2句", "2句 客户: 不需要"),
        ("此后", "60s 不用 了", "60s: 不用 了"),
        ("例外", "near 再见", "near: 再见"),
        ("例外", "before 60s 客户 收到", "before 60s 客户: 收到"),
    ],
)
def test_a_cell_without_its_colon_is_refused_with_what_was_meant(
    tmp_path: Path, column: str, cell: str, meant: str
) -> None:
    head, row = ("编号", "说法", "替代表达", column), ("x", "便宜", "好的", cell)

    (found,) = told(write(tmp_path / "a.xlsx", "禁用语", head, row))

    assert f"“{cell}”缺少冒号；是不是“{meant}”？" in found


def test_words_alone_are_what_must_be_said(tmp_path: Path) -> None:
    head, row = ("编号", "说法", "替代表达", "此前"), ("x", "便宜", "好的", "不需要")
    (rule,) = load(write(tmp_path / "a.xlsx", "禁用语", head, row)).entries
    assert [one.source for one in rule.before[0].say] == ["不需要"]
