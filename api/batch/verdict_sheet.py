"""Verdicts out of the hits sheet: inspectors write 对 or 错 behind a hit, this reads them back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from api.batch.sheets.hits import HIT_HEADER, HIT_ID, HIT_SHEET, VERDICT
from api.review.judging.by_workbook import basis, rejudge
from api.store import verdicts
from api.store.verdicts import Verdict
from qa_engine.errors import QAError
from qa_engine.events import Tier
from qa_engine.report.stored import StoredHit

_WORDS = {"对": True, "是": True, "1": True, "right": True}
_WORDS |= {"错": False, "否": False, "0": False, "wrong": False}
_CALL = HIT_HEADER[0]


def take_verdicts(connection: Connection, path: Path, *, by: str) -> tuple[int, int]:
    """Give every verdict of a sheet that is new; how many were new, how many stood already.

    A call with new ones is judged anew with them: its score, and every board, follow.

    Raises QAError that tells the line, and then gives none of them.
    """
    new: dict[str, dict[str, bool]] = {}
    known: dict[str, tuple[dict[str, StoredHit], dict[str, bool]]] = {}
    given = old = 0
    for line, call_id, hit_id, word in _rows(path):
        right = _WORDS.get(word.strip().lower())
        if right is None:
            raise QAError(f"{path}:{line}: verdict is neither 对 nor 错")
        if call_id not in known:
            known[call_id] = _judged(connection, call_id)
        places, said = known[call_id]
        if hit_id not in places:
            raise QAError(f"{path}:{line}: no such hit in the store; is it another store's sheet?")
        if said.get(hit_id) is right:
            old += 1
            continue
        verdicts.give(connection, _verdict(call_id, places[hit_id], right, by))
        said[hit_id] = right
        new.setdefault(call_id, {})[hit_id] = right
        given += 1
    for call_id, told in new.items():
        rejudge(connection, call_id, told, by=by)
    return given, old


def _verdict(call_id: str, hit: StoredHit, right: bool, by: str) -> Verdict:
    return Verdict(
        call_id=call_id,
        hit_id=hit["id"],
        rule=hit["rule"],
        utterance=hit["utterance"],
        begin_char=hit["begin_char"],
        end_char=hit["end_char"],
        right=right,
        missed=hit["tier"] == Tier.PERSON,
        by=by,
    )


def _judged(connection: Connection, call_id: str) -> tuple[dict[str, StoredHit], dict[str, bool]]:
    """The hits that a workbook shows of a call, and what stands of them."""
    report, before = basis(connection, call_id)
    places = {hit["id"]: hit for hit in report["hits"]} if report else {}
    if before is not None:
        return places, {hit: opinion.right for hit, opinion in before.said.items()}
    return places, {v.hit_id: v.right for v in verdicts.of_call(connection, call_id)}


def _rows(path: Path) -> Iterator[tuple[int, str, str, str]]:
    """(line, call, hit, verdict) of every row that has a verdict."""
    table = _workbook(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    header = next(table, [])
    missing = [title for title in (_CALL, HIT_ID, VERDICT) if title not in header]
    if missing:
        raise QAError(f"{path}:1: no column {missing[0]}; expected the sheet {HIT_SHEET} of batch")
    columns = [header.index(title) for title in (_CALL, HIT_ID, VERDICT)]
    for line, row in enumerate(table, start=2):
        call_id, hit_id, word = (row[n] if n < len(row) else "" for n in columns)
        if word.strip():
            # CSV cells that a spreadsheet might calculate carry a quote in front.
            yield line, call_id.removeprefix("'"), hit_id.removeprefix("'"), word


def _csv(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise QAError(f"{path}: cannot be read as CSV in UTF-8") from None


def _workbook(path: Path) -> Iterator[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, BadZipFile, InvalidFileException):
        raise QAError(f"{path}: cannot be read as an Excel workbook") from None
    try:
        if HIT_SHEET not in book.sheetnames:
            raise QAError(f"{path}: no sheet {HIT_SHEET}; expected the workbook of batch")
        for row in book[HIT_SHEET].iter_rows(values_only=True):
            yield ["" if cell is None else str(cell) for cell in row]
    finally:
        book.close()
