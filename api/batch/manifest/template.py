"""An empty manifest to fill in: our headings, what each may hold, and one example."""

from __future__ import annotations

import csv
from pathlib import Path

from api.batch.manifest.headings import TITLES, Heading
from api.outputs import beside
from phrasebook.messages import say
from qa_engine.errors import QAError

__all__ = ["EXAMPLE", "write_template"]

EXAMPLE: dict[Heading, tuple[str, str]] = {
    Heading.PATH: ("0301/8001.wav", "必填。录音文件：相对本表所在文件夹、绝对路径或对象存储地址"),
    Heading.CALL_ID: ("20250301-0001", "电话系统里的通话编号，原样保存"),
    Heading.AGENT: ("8001", "坐席工号；没有工号时写姓名"),
    Heading.AGENT_NAME: ("王芳", "坐席姓名，只用于显示"),
    Heading.TEAM: ("一组", "班组或技能组"),
    Heading.CUSTOMER: ("", "客户姓名或号码，号码会打码"),
    Heading.DIRECTION: ("呼入", "呼入、呼出、内部"),
    Heading.STARTED_AT: ("2025/3/1 9:05", "通话开始的日期和时间"),
    Heading.DURATION: ("00:03:25", "通话时长"),
    Heading.SCRIPT: ("呼入", "按哪个流程质检；留空用话术库的默认流程"),
    Heading.ROLES: ("坐席,客户", "左声道和右声道各是谁；单声道留空"),
}
OWN = ("满意度", "5", "其他任何列都作为通话数据保存，可用于规则、筛选和导出")


def write_template(path: Path) -> None:
    """An .xlsx with notes on its headings, or a CSV. Raises QAError, OutputError."""
    titles = [*(TITLES[name] for name in EXAMPLE), OWN[0]]
    row = [*(example for example, _ in EXAMPLE.values()), OWN[1]]
    notes = [*(note for _, note in EXAMPLE.values()), OWN[2]]
    if path.suffix.lower() == ".xlsx":
        _write_workbook(path, titles, row, notes)
    elif path.suffix.lower() == ".csv":
        with (
            beside(path) as temporary,
            temporary.open("w", encoding="utf-8-sig", newline="") as file,
        ):
            csv.writer(file).writerows([titles, row])
    else:
        raise QAError(say("{path}: expected a template's name to end in .xlsx or .csv", path=path))


def _write_workbook(path: Path, titles: list[str], row: list[str], notes: list[str]) -> None:
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "录音清单"
    for column, (title, example, note) in enumerate(zip(titles, row, notes, strict=True), start=1):
        head = sheet.cell(row=1, column=column, value=title)
        head.font = Font(bold=True)
        head.comment = Comment(note, "qa-engine", height=80, width=260)
        cell = sheet.cell(row=2, column=column, value=example)
        # Text, so that Excel keeps 0301 and 8001 as they are typed.
        cell.number_format = "@"
        sheet.column_dimensions[head.column_letter].width = max(12, 2 * len(title) + 4)
    sheet.freeze_panes = "A2"
    with beside(path) as temporary:
        book.save(temporary)
