"""`before` and `after` of a rule as lines of a form, in the notation of the Excel form:
`60s 客户: 甲 // 乙`.
"""

from __future__ import annotations

from typing import Any

from phrasebook.model import Where
from phrasebook.nodes import Fields, Items, Value
from phrasebook.sheets.cells import read_cell
from phrasebook.sheets.layout import Holds

__all__ = ["read_relations", "relation_lines"]

_KEYS = ("within", "who")
_NOWHERE = Where(path="", line=0)


def relation_lines(value: Any) -> str:
    """One line for each; empty for what a line cannot show."""
    lines = [_line(one) for one in (value if isinstance(value, list) else [value])]
    return "\n".join(lines) if all(lines) else ""


def read_relations(typed: str) -> Any:
    """As a pack has them: one mapping, a list of several, nothing where there is no line."""
    found = _plain(read_cell(typed, Holds.RELATIONS, _NOWHERE))
    return found[0] if len(found) == 1 else found


def _line(value: Any) -> str:
    if not isinstance(value, dict) or not {"say"} <= set(value) <= {"say", *_KEYS}:
        return ""
    said = value["say"] if isinstance(value["say"], list) else [value["say"]]
    if not all(isinstance(one, str) for one in said):
        return ""
    head = " ".join(str(value[key]) for key in _KEYS if key in value)
    return f"{head}: {' // '.join(said)}"


def _plain(value: Value) -> Any:
    if isinstance(value, Fields):
        plain = {key: _plain(one) for key, one in value.values.items()}
        if len(plain["say"]) == 1:
            plain["say"] = plain["say"][0]
        return {key: plain[key] for key in ("who", "say", "within") if key in plain}
    if isinstance(value, Items):
        return [_plain(one) for one in value.values]
    return value.text.strip()
