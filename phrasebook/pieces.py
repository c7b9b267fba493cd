"""A pack cut into the pieces that people edit one at a time, and put together again.

A piece has a key (`entries:dont-know`, `lists:部门`, `scorecard`) and a text: the YAML that says
it, which mistakes are told in lines of. Nothing of a pack is in two pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phrasebook.build import build
from phrasebook.dump import yaml_of
from phrasebook.errors import Code, Problems
from phrasebook.model import Phrasebook, Where
from phrasebook.nodes import Fields, Items, Value
from phrasebook.plain import plain
from phrasebook.yaml_nodes import read_yaml

__all__ = ["LISTED", "NAMED", "WHOLE", "assembled", "key_of", "pieces_of", "section_of", "text_of"]

LISTED = ("entries", "steps", "asks", "scripts")
"""Lists of mappings, each with an id."""
NAMED = ("lists", "conditions")
"""Mappings: the name of one, and what it stands for."""
WHOLE = ("pack", "conduct", "judgeable", "anatomy", "moods", "scorecard")
"""What stands once in a pack."""
_ORDER = ("pack", "conditions", "lists", "entries", "steps", "asks", "scripts", *WHOLE[1:])


def key_of(section: str, name: str = "") -> str:
    """`section:name`, or the section alone."""
    return f"{section}:{name}" if name else section


def section_of(key: str) -> tuple[str, str]:
    """The section and the name in it; the name of what stands once is empty."""
    section, _, name = key.partition(":")
    return section, name


def pieces_of(book: Phrasebook) -> dict[str, str]:
    """Every piece of a pack, in its order."""
    content = plain(book)
    found: dict[str, str] = {}
    for section in _ORDER:
        value = content.get(section)
        if not value:
            continue
        if section in LISTED:
            found |= {key_of(section, one["id"]): text_of(one) for one in value}
        elif section in NAMED:
            found |= {key_of(section, name): text_of({name: one}) for name, one in value.items()}
        else:
            found[section] = text_of(value)
    return found


def text_of(content: Mapping[str, Any]) -> str:
    """The YAML of one piece, as `to_yaml` writes it."""
    return yaml_of(content)


def assembled(pieces: Mapping[str, str], *, name: str = "rules") -> Phrasebook:
    """The pack that the pieces make. Raises `PhrasebookErrors`, whose paths are keys of pieces."""
    problems = Problems()
    read = {key: read_yaml(text, key, problems) for key, text in pieces.items()}
    root: dict[str, Value] = {}
    for section in _ORDER:
        mine = [
            (key, fields)
            for key, fields in read.items()
            if fields is not None and section_of(key)[0] == section
        ]
        if not mine:
            continue
        where = mine[0][1].where
        if section in LISTED:
            root[section] = Items(tuple(fields for _, fields in mine), where)
        elif section in NAMED:
            root[section] = _merged([fields for _, fields in mine], where, problems)
        else:
            root[section] = mine[0][1]
    whole = Fields(root, Where(path=name, line=1))
    return build([whole], name=name, problems=problems, whole=None not in read.values())


def _merged(parts: list[Fields], where: Where, problems: Problems) -> Fields:
    values: dict[str, Value] = {}
    keys: dict[str, Where] = {}
    for part in parts:
        for name, value in part.values.items():
            if name in values:
                message = f"'{name}' is given twice, first at {keys[name].path}"
                problems.add(part.place_of(name), Code.DUPLICATE_KEY, message)
                continue
            values[name], keys[name] = value, part.place_of(name)
    return Fields(values, where, keys=keys)
