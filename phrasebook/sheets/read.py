"""Tables of text → the tree of what was typed, which the builder of YAML packs reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from phrasebook.errors import Code, Problems
from phrasebook.messages import CHINESE, language
from phrasebook.model import Where
from phrasebook.nodes import Fields, Items, Scalar, Value
from phrasebook.sheets.cells import misread, read_cell
from phrasebook.sheets.layout import (
    NOTES,
    SCORECARD_SETTINGS,
    SHEETS,
    Column,
    SheetLayout,
    Table,
    known_sheet,
)
from phrasebook.words import nearest

SheetRow = dict[str, Value]

_MAPPINGS = frozenset(("pack", "conduct", "judgeable", "anatomy", "moods", "lists", "conditions"))


def fields_of(tables: Iterable[Table], path: str, problems: Problems) -> Fields:
    """One mapping with the top-level keys of a pack."""
    top: dict[str, Value] = {}
    scorecard: dict[str, Value] = {}
    start = Where(path=path, line=1)
    for table in tables:
        sheet = known_sheet(table.name)
        if sheet is None:
            if not table.name.startswith(NOTES):
                names = [name for one in SHEETS for name in (one.name, one.chinese)]
                message = (
                    f"unknown sheet '{table.name[:40]}'{nearest(table.name, names)}; expected one "
                    f"of {_named(SHEETS)} (a name that begins with '_' marks a sheet of notes)"
                )
                problems.add(table.where(1, 0), Code.UNKNOWN_SHEET, message)
            continue
        if sheet.name in top:
            message = f"sheet '{sheet.name}' stands twice, also as '{sheet.chinese}'"
            problems.add(table.where(1, 0), Code.SECOND_SECTION, message)
            continue
        here = table.where(1, 0)
        rows = list(_rows(table, sheet, problems))
        if sheet.name in _MAPPINGS:
            top[sheet.name] = _mapping(rows, table, problems)
        elif sheet.name == "scorecard":
            scorecard["items"] = Items(tuple(rows), here)
        else:
            top[sheet.name] = Items(tuple(rows), here)
    _move_scorecard_settings(top, scorecard)
    if not _is_empty(scorecard.get("items")) or len(scorecard) > 1:
        top["scorecard"] = Fields(_without_empty(scorecard), start)
    return Fields(_without_empty(top), start)


def _rows(table: Table, sheet: SheetLayout, problems: Problems) -> Iterator[Fields]:
    columns = _columns(table, sheet, problems)
    for number, texts in enumerate(table.rows[1:], start=2):
        values: SheetRow = {}
        keys: dict[str, Where] = {}
        for at, text in enumerate(texts):
            if not text.strip():
                continue
            where = table.where(number, at)
            if at >= len(columns) or (column := columns[at]) is None:
                if at >= len(table.rows[0]) or not table.rows[0][at].strip():
                    message = "the cell holds text under no heading; expected a heading in row 1"
                    problems.add(where, Code.NO_HEADER, message)
                continue
            keys[column.key] = where
            values[column.key] = read_cell(text, column.holds, where)
            for line, meant in misread(text, column.holds):
                guess = f"; did you mean '{meant[:60]}'?"
                message = f"'{line[:60]}' has no colon{guess}"
                problems.add(where, Code.PATTERN, message)
        if values:
            row = Fields(values, table.where(number, 0), keys=keys)
            yield _together(_together(row, "tests", _TESTS), "examples", _EXAMPLES)


def _named(known: Iterable[SheetLayout | Column]) -> str:
    """Their names in the reader's language."""
    if language() == CHINESE:
        return "、".join(one.chinese for one in known)
    return ", ".join(one.key if isinstance(one, Column) else one.name for one in known)


def _columns(table: Table, sheet: SheetLayout, problems: Problems) -> list[Column | None]:
    """The column each heading names; None (and told) for one that is not known."""
    found: list[Column | None] = []
    for at, heading in enumerate(table.rows[0] if table.rows else ()):
        name = heading.strip()
        column = next((c for c in sheet.columns if name.lower() in (c.key, c.chinese)), None)
        if column is None and name:
            known = [title for c in sheet.columns for title in (c.key, c.chinese)]
            message = (
                f"sheet '{table.name[:40]}' has unknown column '{name[:40]}'"
                f"{nearest(name, known)}; expected one of {_named(sheet.columns)}"
            )
            problems.add(table.where(1, at), Code.UNKNOWN_KEY, message)
        if column is not None and column in found:
            message = f"sheet '{sheet.name}' has column '{column.key}' twice; expected it once"
            problems.add(table.where(1, at), Code.DUPLICATE_KEY, message)
            column = None
        found.append(column)
    return found


_TESTS = {"hit": "hit", "miss": "miss"}
_EXAMPLES = {"yes_examples": "yes", "no_examples": "no", "na_examples": "na"}


def _together(row: Fields, key: str, columns: Mapping[str, str]) -> Fields:
    """Columns that are the parts of one key: `hit` and `miss` the two halves of `tests`."""
    parts = {part: row.values[name] for name, part in columns.items() if name in row.values}
    if not parts:
        return row
    rest: SheetRow = {name: value for name, value in row.values.items() if name not in columns}
    rest[key] = Fields(parts, row.where, keys=row.keys)
    return Fields(rest, row.where, keys=row.keys)


def _mapping(rows: list[Fields], table: Table, problems: Problems) -> Fields:
    """Rows of a name and what it holds: `key | value`, or `name | values`."""
    values: SheetRow = {}
    keys: dict[str, Where] = {}
    for row in rows:
        name = row.values.get("key") or row.values.get("name")
        value = row.values.get("value") or row.values.get("values")
        if not isinstance(name, Scalar):
            message = "the row has no name in its first column; expected one"
            problems.add(row.where, Code.MISSING_KEY, message)
            continue
        key = name.text.strip()
        if key in values:
            message = f"'{key[:40]}' is given twice, first in {keys[key].cell}"
            problems.add(name.where, Code.DUPLICATE_KEY, message)
            continue
        values[key] = value or Scalar("", row.where, is_null=True)
        keys[key] = name.where
    return Fields(values, table.where(1, 0), keys=keys)


def _move_scorecard_settings(top: SheetRow, scorecard: SheetRow) -> None:
    pack = top.get("pack")
    if not isinstance(pack, Fields):
        return
    own = dict(pack.values)
    for key in SCORECARD_SETTINGS:
        if (value := own.pop(f"scorecard.{key}", None)) is not None:
            scorecard[key] = value
    top["pack"] = Fields(own, pack.where, keys=pack.keys)


def _is_empty(value: Value | None) -> bool:
    return value is None or (isinstance(value, Items) and not value.values)


def _without_empty(values: SheetRow) -> SheetRow:
    return {key: value for key, value in values.items() if not _is_empty(value)}
