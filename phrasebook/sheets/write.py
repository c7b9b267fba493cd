"""A phrasebook → tables of text, one a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from phrasebook.messages import CHINESE, language
from phrasebook.model import Phrasebook
from phrasebook.plain import plain
from phrasebook.sheets.cells import write_cell
from phrasebook.sheets.layout import (
    ANATOMY,
    ASKS,
    CONDITIONS,
    CONDUCT,
    ENTRIES,
    JUDGEABLE,
    LISTS,
    MOODS,
    PACK,
    SCORECARD,
    SCORECARD_SETTINGS,
    SCRIPTS,
    STEPS,
    Column,
    SheetLayout,
    Table,
)


def tables_of(book: Phrasebook) -> list[Table]:
    """Everything a pack says; reading it back gives an equal pack. Sheets and headings are named in
    the reader's language.
    """
    content = plain(book)
    settings = dict(content["pack"])
    for key in SCORECARD_SETTINGS:
        if key in content["scorecard"]:
            settings[f"scorecard.{key}"] = content["scorecard"][key]
    return [
        _table(PACK, _settings(settings)),
        _table(ENTRIES, map(_flat, content["entries"])),
        _table(STEPS, map(_flat, content["steps"])),
        _table(ASKS, map(_flat, content.get("asks", ()))),
        _table(SCRIPTS, content["scripts"]),
        _table(LISTS, ({"name": n, "values": v} for n, v in content["lists"].items())),
        _table(CONDITIONS, _settings(content.get("conditions", {}))),
        _table(CONDUCT, _settings(content["conduct"])),
        _table(JUDGEABLE, _settings(content["judgeable"])),
        _table(ANATOMY, _settings(content["anatomy"])),
        _table(MOODS, _settings(content.get("moods", {}))),
        _table(SCORECARD, content["scorecard"].get("items", [])),
    ]


def _settings(content: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return ({"key": key, "value": value} for key, value in content.items())


def _flat(rule: dict[str, Any]) -> dict[str, Any]:
    examples = {f"{key}_examples": said for key, said in rule.get("examples", {}).items()}
    return {**rule, **rule.get("tests", {}), **examples}


def _table(sheet: SheetLayout, rows: Iterable[dict[str, Any]]) -> Table:
    chinese = language() == CHINESE
    heading = tuple(one.chinese if chinese else one.key for one in sheet.columns)
    texts = (tuple(_text(row, column) for column in sheet.columns) for row in rows)
    return Table(sheet.chinese if chinese else sheet.name, "", (heading, *texts))


def _text(row: dict[str, Any], column: Column) -> str:
    value = row.get(column.key, "")
    return "" if value == "" else write_cell(value, column.holds)
