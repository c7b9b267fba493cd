"""What the reading of one pack gathers on its way: mistakes, the names given, the names used."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from phrasebook.errors import Code, Problems
from phrasebook.model import Where
from phrasebook.slots import BUILTIN_LISTS
from phrasebook.words import nearest

MAX_ID_CHARS = 64
_ID = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, slots=True)
class Reference:
    """A name used somewhere, to be looked up when every name is known."""

    name: str
    where: Where
    owner: str


@dataclass(slots=True)
class Context:
    """Shared by everything that reads one pack."""

    problems: Problems
    lists: Collection[str] = ()
    rules: dict[str, Where] = field(default_factory=dict)
    """Every entry's, step's and question's id: they share one namespace, because a score item names
    any of them."""
    entry_ids: set[str] = field(default_factory=set)
    step_ids: set[str] = field(default_factory=set)
    ask_ids: set[str] = field(default_factory=set)
    scripts: dict[str, Where] = field(default_factory=dict)
    conditions: dict[str, Where] = field(default_factory=dict)
    score_items: dict[str, Where] = field(default_factory=dict)
    uses_of_steps: list[Reference] = field(default_factory=list)
    uses_of_entries: list[Reference] = field(default_factory=list)
    uses_of_scripts: list[Reference] = field(default_factory=list)
    uses_of_conditions: list[Reference] = field(default_factory=list)
    feeds: list[Reference] = field(default_factory=list)

    def declare(self, names: dict[str, Where], name: str, where: Where, owner: str) -> None:
        """Take a new id, or tell what is wrong with it."""
        if len(name) > MAX_ID_CHARS or not _ID.fullmatch(name):
            message = (
                f"{owner}: found an id of {len(name)} characters or with other signs;"
                f" expected at most {MAX_ID_CHARS} letters, digits, 汉字, '-' or '_'"
            )
            self.problems.add(where, Code.BAD_ID, message)
        elif name in names:
            first = names[name]
            place = f"{first.path}[{first.cell}]" if first.cell else f"{first.path}:{first.line}"
            message = f"{owner}: the id is taken, first at {place}; expected another"
            self.problems.add(where, Code.DUPLICATE_ID, message)
        else:
            names[name] = where

    def knows_list(self, name: str, where: Where, owner: str) -> None:
        """Tell of a `{list}` that nobody wrote."""
        if name not in self.lists and name not in BUILTIN_LISTS:
            known = [*self.lists, *BUILTIN_LISTS]
            message = f"{owner} uses unknown list '{name}'{nearest(name, known)}"
            self.problems.add(where, Code.UNKNOWN_LIST, message)
