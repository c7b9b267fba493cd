"""Sheets and pages: whole, redacted, of this batch only, and never a formula."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import true

from api.batch.files import write_csv
from api.batch.outputs import write_outputs
from api.batch.scope import BatchScope
from api.batch.sheets import sheets
from api.batch.sheets.calls import CALL_HEADER
from api.batch.sheets.hits import HIT_HEADER, HIT_SHEET, VERDICT
from api.batch.sheets.table import WorkbookSheet
from api.batch.sources import find_sources
from api.batch.verdict_sheet import take_verdicts
from api.batch.workbook import write_workbook
from api.outputs import OutputError
from api.store import CallFiling, Store, verdicts
from qa_engine.errors import QAError
from tests.api.batch.scripted import recordings, run
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack

NASTY = ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "＝1+1", '=HYPERLINK("http://x")']
PHONE = "13800138000"


@pytest.fixture
def done(store_url: str, tmp_path: Path) -> Iterator[tuple[Store, Path]]:
    """A batch of two recordings in a store that also holds a call of somebody else."""
    recordings(tmp_path / "in", [f"={PHONE}.wav", "b.wav"])
    (tmp_path / "in" / "bad.wav").touch()
    (tmp_path / "calls.csv").write_text(
        f"path,agent\nin/={PHONE}.wav,=王芳\nin/b.wav,李雷\nin/bad.wav,\n", "utf-8"
    )
    run(tmp_path / "calls.csv", store_url, pages=_folder(tmp_path / "out" / "calls"))
    store = Store.open(store_url)
    other = sample_report()
    store.save(
        replace(other, call=replace(other.call, id="live-1")),
        CallFiling(origin="live", agent="别人"),
        book=pack(),
    )
    sources = find_sources(str(tmp_path / "calls.csv"))
    write_outputs(store, sources, tmp_path / "out", pages=tmp_path / "out" / "calls")
    yield store, tmp_path / "out"
    store.close()


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def cells(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    book = load_workbook(path, read_only=True)
    rows: list[tuple[Any, ...]] = list(book[sheet].iter_rows(values_only=True))
    book.close()
    return rows


def test_the_workbook_has_every_sheet_with_chinese_intact(done: tuple[Store, Path]) -> None:
    book = load_workbook(done[1] / "calls.xlsx", read_only=True)
    names = book.sheetnames
    book.close()

    assert names == ["汇总", "通话", "命中", "流程", "评分项", "行为", "坐席", "不可评", "未分析"]
    hits = cells(done[1] / "calls.xlsx", HIT_SHEET)
    assert hits[0] == HIT_HEADER
    assert any("踢皮球" in str(cell) or "不归我管" in str(cell) for row in hits for cell in row)


def test_the_sheets_speak_of_this_batch_only(done: tuple[Store, Path]) -> None:
    figures: dict[Any, Any] = dict(cells(done[1] / "calls.xlsx", "汇总"))
    calls = cells(done[1] / "calls.xlsx", "通话")

    assert (figures["通话数"], figures["文件：已完成"], figures["文件：失败"]) == (2, 2, 1)
    assert "live-1" not in {row[0] for row in calls}
    assert [row[1] for row in cells(done[1] / "calls.xlsx", "未分析")[1:]] == ["失败"]


def test_a_number_in_a_file_name_is_nowhere_in_the_outputs(done: tuple[Store, Path]) -> None:
    for path in done[1].rglob("*"):
        if path.suffix in {".csv", ".jsonl", ".html"}:
            assert PHONE not in path.read_text("utf-8"), path.name
    assert PHONE not in str(cells(done[1] / "calls.xlsx", "通话"))


def test_a_call_of_the_workbook_leads_to_its_page(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "c-1.html").write_text("page", "utf-8")
    sheet = WorkbookSheet("通话", ("通话", "文件"), [("c-1", "a.wav"), ("c-2", "b.wav")])
    write_workbook(tmp_path / "calls.xlsx", [sheet], pages=tmp_path / "calls")

    rows = load_workbook(tmp_path / "calls.xlsx")["通话"].iter_rows(min_row=2)
    links = [cell.hyperlink.target if cell.hyperlink else None for cell, _ in rows]

    assert links == ["calls/c-1.html", None]


def test_steps_stand_in_the_order_of_the_script(done: tuple[Store, Path]) -> None:
    book = pack()
    titles = {step.id: step.title for step in book.steps}
    named = [titles[step] for script in book.scripts for step in script.steps]
    order = list(dict.fromkeys(named))
    by_call: dict[str, list[int]] = {}
    for row in cells(done[1] / "calls.xlsx", "流程")[1:]:
        if row[2] in order:
            by_call.setdefault(str(row[0]), []).append(order.index(str(row[2])))

    assert any(len(places) > 2 for places in by_call.values())
    assert all(places == sorted(places) for places in by_call.values())


def test_the_points_of_a_call_are_told_item_by_item(done: tuple[Store, Path]) -> None:
    calls = {
        row[0]: dict(zip(cells(done[1] / "calls.xlsx", "通话")[0], row, strict=True))
        for row in cells(done[1] / "calls.xlsx", "通话")[1:]
    }
    head, *items = cells(done[1] / "calls.xlsx", "评分项")
    told = [dict(zip(head, row, strict=True)) for row in items]

    assert {row["通话"] for row in told} == set(calls)
    assert any(row["扣分"] and row["扣分原因"] for row in told)
    for row in told:
        if row["得分"] != "不适用":
            assert float(str(row["满分"])) - float(str(row["得分"])) == row["扣分"]
    head, *hits = cells(done[1] / "calls.xlsx", HIT_SHEET)
    assert any(dict(zip(head, row, strict=True))["扣分"] for row in hits)


def test_how_a_call_was_spoken_is_told_check_by_check(done: tuple[Store, Path]) -> None:
    head, *checks = cells(done[1] / "calls.xlsx", "行为")
    told = [dict(zip(head, row, strict=True)) for row in checks]

    assert {"坐席平均语速", "最长静默"} <= {str(row["检查"]) for row in told}
    assert {row["结果"] for row in told} <= {"正常", "超限", "不适用"}


def test_past_an_hour_the_sheets_show_the_hour(tmp_path: Path) -> None:
    report = sample_report()
    late = replace(report, hits=(replace(report.hits[0], begin_ms=3_723_000),))
    store = Store.open(str(tmp_path / "calls.db"))
    store.save(late, CallFiling(), book=pack())
    with store.reading() as connection:
        every = BatchScope(true(), true(), true(), true())
        hits = next(sheet for sheet in sheets(connection, every) if sheet.name == HIT_SHEET)
        [row] = hits.rows
    store.close()
    assert row[HIT_HEADER.index("时间")] == "1:02:03"


def test_every_call_has_its_page_and_its_line_of_json(done: tuple[Store, Path]) -> None:
    lines = (done[1] / "calls.jsonl").read_text("utf-8").splitlines()
    reports = [json.loads(line) for line in lines]
    ids = {report["call"]["id"] for report in reports}

    assert len(ids) == 2
    assert {report["filing"]["agent"] for report in reports} == {"=王芳", "李雷"}
    assert all(datetime.fromisoformat(report["filing"]["started_at"]) for report in reports)
    assert {path.stem for path in (done[1] / "calls").iterdir()} == ids
    summary = (done[1] / "summary.html").read_text("utf-8")
    assert all(f'href="calls/{call}.html"' in summary for call in ids)


def test_the_same_calls_make_the_same_page(done: tuple[Store, Path], tmp_path: Path) -> None:
    store, out = done
    again = _folder(tmp_path / "again")
    write_outputs(store, find_sources(str(tmp_path / "in")), again, pages=out / "calls")
    for name in ("summary.html", "calls.jsonl"):
        assert (again / name).read_bytes() == (out / name).read_bytes()


def test_the_summary_has_charts_and_no_script(done: tuple[Store, Path]) -> None:
    summary = (done[1] / "summary.html").read_text("utf-8")

    assert summary.count("<svg") == 3
    assert "<script" not in summary
    assert "http://" not in summary.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("nasty", NASTY)
def test_no_cell_is_a_formula(tmp_path: Path, nasty: str) -> None:
    sheet = WorkbookSheet("表", (nasty,), [[nasty]])

    write_workbook(tmp_path / "a.xlsx", [sheet])
    write_csv(tmp_path, [sheet])

    book = load_workbook(tmp_path / "a.xlsx")
    assert [cell.data_type for row in book["表"].iter_rows() for cell in row] == ["s", "s"]
    with (tmp_path / "表.csv").open(encoding="utf-8-sig", newline="") as file:
        assert all(row[0] == f"'{nasty}" for row in list(csv.reader(file))[1:])


@pytest.mark.parametrize("text", ["a\x00b", "a\ufffeb", "\ud800", "x" * 40_000, "行\n二"])
def test_any_text_fits_into_a_cell(tmp_path: Path, text: str) -> None:
    write_workbook(tmp_path / "a.xlsx", [WorkbookSheet("表", ("列",), [[text]])])

    [_, (cell,)] = cells(tmp_path / "a.xlsx", "表")
    assert isinstance(cell, str)
    assert len(cell) <= 32_767


def test_an_output_that_is_held_open_is_told_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"the old one")

    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="close it there"):
        write_workbook(path, [WorkbookSheet("表", ("列",), [["值"]])])

    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]
    assert path.read_bytes() == b"the old one"


def test_verdicts_written_into_the_sheet_come_back(done: tuple[Store, Path]) -> None:
    store, folder = done
    path = folder / "命中.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, word in zip(rows, ["对", "错"], strict=False):
        row[VERDICT] = word
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HIT_HEADER)
        writer.writeheader()
        writer.writerows(rows)

    for expected in ((2, 0), (0, 2)):
        with store.writing() as connection:
            assert take_verdicts(connection, path, by="李质检") == expected
    with store.reading() as connection:
        assert sorted(v.right for v in verdicts.standing(connection)) == [False, True]


def test_one_wrong_verdict_and_none_is_taken(done: tuple[Store, Path]) -> None:
    store, folder = done
    rows = [row.split(",") for row in ("通话,命中编号,复核（对/错）", "x,y,对")]
    (folder / "v.csv").write_text("\n".join(",".join(row) for row in rows), "utf-8")

    with pytest.raises(QAError, match=r"v\.csv:2: no such hit"), store.writing() as connection:
        take_verdicts(connection, folder / "v.csv", by="x")


OFFICE = shutil.which("soffice")

if OFFICE:  # Half a gigabyte: looked at where it is, not asked for.

    def test_the_workbook_opens_in_libreoffice(done: tuple[Store, Path], tmp_path: Path) -> None:
        subprocess.run(
            [str(OFFICE), f"-env:UserInstallation=file://{tmp_path}/lo", "--headless", "--convert-to",
             "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
             "--outdir", tmp_path / "csv", done[1] / "calls.xlsx"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        [made] = (tmp_path / "csv").iterdir()
        text = made.read_text("utf-8")
        assert "=王芳" in text
        assert "#NAME?" not in text


def test_a_time_is_a_time_and_a_verdict_is_chosen_from_a_list(done: tuple[Store, Path]) -> None:
    book = load_workbook(done[1] / "calls.xlsx")
    began = next(book["通话"].iter_cols(min_col=CALL_HEADER.index("开始时间") + 1))
    verdict = HIT_HEADER.index(VERDICT) + 1
    [offered] = book[HIT_SHEET].data_validations.dataValidation

    assert isinstance(began[1].value, datetime)
    assert offered.formula1 == '"对,错"'
    assert book[HIT_SHEET].cell(2, verdict).coordinate in offered.sqref


def test_a_printed_sheet_is_as_wide_as_its_paper_and_names_its_columns(
    done: tuple[Store, Path],
) -> None:
    for sheet in load_workbook(done[1] / "calls.xlsx"):
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.freeze_panes == "A2"
