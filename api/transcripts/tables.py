"""Dialogues in a table (CSV, XLSX): one line a row, with whose words, and times if there are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from api.transcripts.errors import TranscriptError
from qa_engine.dialogue import Basis, Dialogue, SpokenLine

__all__ = ["read_rows", "table_of"]

_HEADINGS = {
    "speaker": (
        "role speaker from sender channel 角色 说话人 发言人 声道 发送方 发送者 身份".split()
    ),
    "text": (
        "text content message sentence 内容 文本 话术 消息 说话内容 发言内容 消息内容 "
        "对话内容".split()
    ),
    "begin": (
        "begin start time begin_ms start_ms start_time begin_time 时间 开始 开始时间 起始时间 "
        "发送时间".split()
    ),
    "end": "end end_ms end_time 结束 结束时间".split(),
}
_CLOCK = re.compile(r"^(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:\.(\d{1,3}))?$")
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")


def read_rows(path: Path, text: str | None = None) -> list[tuple[Any, ...]]:
    """The cells of a CSV (`text`) or of a workbook's first sheet; empty rows left out."""
    if text is not None:
        sample = text[:4096]
        comma = max(",\t;", key=sample.count)
        rows: list[tuple[Any, ...]] = [
            tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=comma)
        ]
    else:
        import openpyxl

        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            rows = [tuple(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        except Exception as error:
            # openpyxl raises whatever the broken part of the archive makes it raise.
            reason = type(error).__name__
            raise TranscriptError(f"not a workbook that can be opened ({reason})") from None
    return [row for row in rows if any(cell not in (None, "") for cell in row)]


def table_of(rows: Sequence[tuple[Any, ...]]) -> Dialogue:
    """Raises TranscriptError where no heading says what is said by whom."""
    if not rows:
        raise TranscriptError("an empty table; expected a row of headings, then one line a row")
    headings = [str(cell or "").strip().lower() for cell in rows[0]]
    at = {
        name: next((headings.index(word) for word in words if word in headings), None)
        for name, words in _HEADINGS.items()
    }
    if at["text"] is None or at["speaker"] is None:
        missing = "what is said (内容, text)" if at["text"] is None else "who speaks (角色, role)"
        raise TranscriptError(f"row 1: no heading for {missing}")
    cells = [{name: _cell(row, column) for name, column in at.items()} for row in rows[1:]]
    in_ms = any(headings[column].endswith("ms") for column in (at["begin"],) if column is not None)
    begins = [_ms(row["begin"], in_ms) for row in cells]
    dated = any(isinstance(begin, datetime) for begin in begins)
    first = min((b for b in begins if isinstance(b, datetime)), default=None)
    lines = []
    for row, begin in zip(cells, begins, strict=True):
        end = _ms(row["end"], in_ms)
        said = str(row["text"] or "").strip()
        if said:
            lines.append(
                SpokenLine(
                    text=said,
                    speaker=_speaker(row["speaker"]),
                    begin_ms=_since(begin, first),
                    end_ms=_since(end, first),
                )
            )
    timed = bool(lines) and all(line.begin_ms is not None for line in lines)
    chat = dated and at["end"] is None
    basis = Basis.CHAT if chat else Basis.TIMES if timed else Basis.WORDS
    return Dialogue(lines=tuple(lines), shape="table", basis=basis)


def _cell(row: tuple[Any, ...], column: int | None) -> Any:
    return row[column] if column is not None and column < len(row) else None


def _speaker(cell: Any) -> str:
    return str(cell if cell is not None else "").strip()


def _ms(cell: Any, in_ms: bool) -> int | datetime | None:
    """A number of seconds (or ms by its heading), a clock such as 1:02:03.5, or a date."""
    if cell is None or cell == "" or isinstance(cell, bool):
        return None
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, time):
        cell = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    if isinstance(cell, timedelta):
        return int(cell.total_seconds() * 1000)
    text = str(cell).strip()
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, seconds, fraction = clock.groups()
        whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        return whole * 1000 + int((fraction or "0").ljust(3, "0"))
    for pattern in _DATES:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    try:
        return int(float(text) * (1 if in_ms else 1000))
    except (ValueError, OverflowError):
        return None


def _since(at: int | datetime | None, first: datetime | None) -> int | None:
    if isinstance(at, datetime):
        return int((at - (first or at)).total_seconds() * 1000)
    return at
