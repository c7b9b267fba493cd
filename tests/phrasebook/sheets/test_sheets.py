from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from phrasebook import Code, Phrasebook, PhrasebookErrors, bundled, load, sheets
from phrasebook.sheets.csv_folder import mask, unmask
from phrasebook.sheets.layout import SHEETS
from tests.phrasebook.strategies import phrasebooks, without_places


@pytest.mark.parametrize("name", ["book.xlsx", "folder"])
@given(book=phrasebooks())
@settings(max_examples=15, deadline=None)
def test_a_pack_comes_back_from_a_spreadsheet_unchanged(name: str, book: Phrasebook) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        sheets.export(book, path)
        assert without_places(load(path)) == book
        assert [file.name for file in Path(folder).iterdir()] == [name]


@pytest.mark.parametrize("name", ["book.xlsx", "folder"])
def test_the_bundled_pack_comes_back_from_a_spreadsheet_unchanged(
    name: str, tmp_path: Path
) -> None:
    book = load(bundled())
    sheets.export(book, tmp_path / name)
    again = load(tmp_path / name)
    assert without_places(again) == without_places(book)
    assert again.version == book.version


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "'", "'=1", "''x", "x", "", "\tx"])
def test_a_formula_is_masked_in_csv_and_comes_back(text: str) -> None:
    assert mask(text)[:1] not in list("=+-@\t")
    assert unmask(mask(text)) == text


def write(path: Path, name: str, rows: list[list[object]], formula: bool = False) -> Path:
    import openpyxl

    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    if "Sheet" in book.sheetnames:
        book.remove(book["Sheet"])
    page = book.create_sheet(name)
    for row in rows:
        page.append(row)
    book.save(path)
    return path


ENTRY: list[object] = ["id", "say", "suggest"]


def test_cells_hold_lines_numbers_choices_and_exceptions(tmp_path: Path) -> None:
    path = write(
        tmp_path / "book.xlsx",
        "禁用语",
        [
            ["编号", "说法", "suggest", "例外", "此前", "points", "fatal", "hit"],
            [
                *("x", "我不知道\r\n我[也]不清楚\n", "好的"),
                "不是不知道\nnear 15: 历史业绩 // “a//b”\n此前 60s 客户: 收到",
                *("30秒 客户：投诉 // 举报", 5, True, 12315),
            ],
        ],
    )
    (entry,) = load(path).entries
    assert [p.source for p in entry.say] == ["我不知道", "我[也]不清楚"]
    assert [(e.pattern.source, e.near_chars) for e in entry.unless] == [
        ("不是不知道", None),
        ("历史业绩", 15),
        ("“a//b”", 15),
    ]
    required, excusing = entry.before
    assert ([p.source for p in required.say], required.within_ms) == (["投诉", "举报"], 30_000)
    assert (excusing.excuses, excusing.within_ms) == (True, 60_000)
    assert (entry.points, entry.fatal, entry.tests.hit) == (5.0, True, ("12315",))


def test_a_formula_is_the_text_that_was_typed(tmp_path: Path) -> None:
    path = write(tmp_path / "book.xlsx", "entries", [ENTRY, ["x", "好", '=HYPERLINK("http://x")']])
    assert load(path).entries[0].suggest == ('=HYPERLINK("http://x")',)


def test_an_exported_formula_is_text_for_excel(tmp_path: Path) -> None:
    import openpyxl

    path = write(tmp_path / "a.xlsx", "entries", [ENTRY, ["x", "好", "=1+1"]])
    sheets.export(load(path), tmp_path / "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "b.xlsx")["entries"]
    assert [c.data_type for row in page.iter_rows() for c in row if c.value == "=1+1"] == ["s"]


MISTAKES: dict[str, tuple[str, list[list[object]], str, Code]] = {
    "unknown list": ("entries", [ENTRY, ["x", "{百分比x}", "好"]], "entries!B2", Code.UNKNOWN_LIST),
    "pattern": ("entries", [ENTRY, ["x", "好\n(甲", "好"]], "entries!B2", Code.PATTERN),
    "no suggestion": ("entries", [ENTRY, [], ["x", "好"]], "entries!A3", Code.NO_SUGGESTION),
    "unknown sheet": ("entrys", [ENTRY], "entrys!A1", Code.UNKNOWN_SHEET),
    "unknown column": ("entries", [[*ENTRY, "sugest"]], "entries!D1", Code.UNKNOWN_KEY),
    "column twice": ("entries", [[*ENTRY, "say"]], "entries!D1", Code.DUPLICATE_KEY),
    "no heading": ("entries", [ENTRY, ["x", "好", "好", "?"]], "entries!D2", Code.NO_HEADER),
    "relation": (
        "entries",
        [[*ENTRY, "before"], ["x", "好", "好", "60x 客户: 投诉"]],
        *("entries!D2", Code.BAD_DURATION),
    ),
    "near": (
        "entries",
        [[*ENTRY, "unless"], ["x", "好", "好", "near abc: 不"]],
        *("entries!D2", Code.BAD_NUMBER),
    ),
    "choice": (
        "entries",
        [[*ENTRY, "who"], ["x", "好", "好", "经理"]],
        *("entries!D2", Code.UNKNOWN_CHOICE),
    ),
    "number": (
        "entries",
        [[*ENTRY, "points"], ["x", "好", "好", "五"]],
        *("entries!D2", Code.BAD_NUMBER),
    ),
    "id twice": (
        "entries",
        [ENTRY, ["x", "好", "好"], ["x", "不", "好"]],
        *("entries!A3", Code.DUPLICATE_ID),
    ),
    "test both ways": (
        "entries",
        [[*ENTRY, "hit", "miss"], ["x", "好", "好", "好", "好"]],
        *("entries!E2", Code.TEST_TWICE),
    ),
    "step": ("steps", [["id", "say", "after"], ["x", "好", "y"]], "steps!C2", Code.UNKNOWN_STEP),
    "conduct": ("conduct", [["key", "value"], ["silence", 15]], "conduct!B2", Code.BAD_DURATION),
    "setting": ("pack", [["key", "value"], ["nmae", "x"]], "pack!A2", Code.UNKNOWN_KEY),
    "setting twice": (
        "conduct",
        [["key", "value"], ["silence", "5s"], ["silence", "6s"]],
        *("conduct!A3", Code.DUPLICATE_KEY),
    ),
    "list": ("lists", [["name", "values"], ["金额", "一块"]], "lists!A2", Code.BUILTIN_LIST),
    "nameless": ("lists", [["name", "values"], ["", "一块"]], "lists!A2", Code.MISSING_KEY),
}


@pytest.mark.parametrize(("sheet", "rows", "cell", "code"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_cell_and_code(
    sheet: str, rows: list[list[object]], cell: str, code: Code, tmp_path: Path
) -> None:
    path = write(tmp_path / "book.xlsx", sheet, rows)
    with pytest.raises(PhrasebookErrors) as caught:
        load(path)
    assert [(e.cell, e.code) for e in caught.value.errors] == [(cell, code)], str(caught.value)
    assert str(caught.value).startswith(f"{path}[{cell}]: [{code}] ")


def test_a_score_item_is_told_with_its_cell(tmp_path: Path) -> None:
    path = write(
        tmp_path / "book.xlsx",
        "scorecard",
        [["id", "points", "feeds"], ["i", 100, "conduct.silence\nconduct.silense"]],
    )
    with pytest.raises(PhrasebookErrors, match=r"did you mean 'conduct\.silence'") as caught:
        load(path)
    assert [(e.cell, e.code) for e in caught.value.errors] == [("scorecard!C2", Code.UNKNOWN_FEED)]


def told(path: Path) -> list[Code]:
    with pytest.raises(PhrasebookErrors) as caught:
        sheets.load(path)
    return [error.code for error in caught.value.errors]


def test_files_that_are_no_spreadsheet_are_told(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("not a workbook")
    (tmp_path / "half.xlsx").write_bytes(
        write(tmp_path / "whole.xlsx", "entries", [ENTRY]).read_bytes()[:900]
    )
    (tmp_path / "x.ods").write_text("")
    (tmp_path / "empty").mkdir()
    assert told(tmp_path / "text.xlsx") == [Code.BAD_WORKBOOK]
    assert told(tmp_path / "half.xlsx") == [Code.BAD_WORKBOOK]
    assert told(tmp_path / "x.ods") == [Code.BAD_WORKBOOK]
    assert told(tmp_path / "empty") == [Code.EMPTY_PACK]
    assert told(tmp_path / "none.xlsx") == [Code.MISSING_PATH]


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "bomb.xlsx", "entries", [ENTRY])
    monkeypatch.setattr(sheets.workbook, "MAX_UNPACKED_BYTES", 100)
    assert told(path) == [Code.TOO_LARGE]


def test_csv_saved_by_a_chinese_excel_is_read(tmp_path: Path) -> None:
    (tmp_path / "entries.csv").write_bytes("id,say,suggest\r\nx,我不知道,好\r\n".encode("gbk"))
    assert load(tmp_path).entries[0].say[0].source == "我不知道"
    assert load(tmp_path / "entries.csv").entries[0].id == "x"


def test_a_broken_csv_is_told(tmp_path: Path) -> None:
    (tmp_path / "entries.csv").write_bytes(b'id,say\nx,"unclosed\n')
    assert told(tmp_path) == [Code.SYNTAX]


def test_a_sheet_of_notes_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "book.xlsx", "_说明", [["任何内容"]])
    assert load(path).entries == ()


def test_a_text_longer_than_a_cell_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    says = "\n".join(f"- 我不知道{'好' * 400}{n}" for n in range(90))
    (tmp_path / "x.yaml").write_text(
        f"entries:\n- id: x\n  suggest: 好\n  say:\n{says}\n".replace("\n- 我", "\n  - 我")
    )
    with pytest.raises(PhrasebookErrors) as caught:
        sheets.export(load(tmp_path), tmp_path / "out.xlsx")
    assert [(e.cell, e.code) for e in caught.value.errors] == [("entries!D2", Code.CELL_TOO_LONG)]
    assert not (tmp_path / "out.xlsx").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("entries: [{id: x, say: 好, suggest: 好}]")
    book = load(tmp_path)
    for place in (tmp_path / "none" / "out.xlsx", tmp_path / "x.yaml" / "folder"):
        with pytest.raises(PhrasebookErrors, match="cannot be written"):
            sheets.export(book, place)


def test_every_sheet_and_column_has_a_chinese_name() -> None:
    assert all(sheet.chinese and column.chinese for sheet in SHEETS for column in sheet.columns)
