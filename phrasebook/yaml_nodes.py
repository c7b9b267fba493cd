"""YAML text → the tree of what was typed, with a line for everything.

Read from the parser's events rather than through a constructor: no tag, anchor or alias is ever
followed (so no alias bomb exists), and depth and size are held while reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phrasebook.errors import Code, Problems
from phrasebook.model import Where
from phrasebook.nodes import Fields, Items, Scalar, Value

MAX_DEPTH = 12
MAX_VALUES = 1_000_000

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_SHAPE = re.compile(r"(\s*(?:- )?)([\w-]+:)?")
_FULL_WIDTH = re.compile(r"\s*(?:- )?[\w-]{1,40}：")
_IN_LIST = re.compile(r"\[[^\[\]]*\[|\[[^\[\]]*[({]")
MOST_SYNTAX = 20
"""Told of one file."""
_NEEDS_QUOTES = '[]{}"&*!|'


class _Refused(Exception):
    """Reading stops here; the problem has been told."""


def read_yaml(text: str, path: str, problems: Problems) -> Fields | None:
    """The tree of one document, which must be a mapping; None when it cannot be read at all."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(yaml.parse(text, Loader=loader), path, problems)
    top = Where(path=path, line=1)
    try:
        root = reader.document()
    except _Refused:
        return None
    except yaml.YAMLError as error:
        _tell_all_syntax(error, text, path, problems)
        return None
    if root is None or (isinstance(root, Scalar) and root.is_null):
        return Fields({}, top)
    if not isinstance(root, Fields):
        problems.add(
            root.where, Code.WRONG_TYPE, "the file holds no mapping; expected keys such as entries:"
        )
        return None
    return root


class _Reader:
    """Turns the events of one file into values."""

    def __init__(self, events: Iterator[Any], path: str, problems: Problems) -> None:
        self._events = events
        self._path = path
        self._problems = problems
        self._count = 0
        self._place = Where(path=path, line=0)

    def document(self) -> Value | None:
        """The one document of the stream."""
        root: Value | None = None
        documents = 0
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    self._problems.add(
                        self._where(event),
                        Code.SYNTAX,
                        "found a second document after '---'; expected one in a file",
                    )
                    raise _Refused
                root = self._value(next(self._events), 1)
        return root

    def _where(self, event: Any) -> Where:
        line = event.start_mark.line + 1
        if line != self._place.line:
            self._place = Where(path=self._path, line=line)
        return self._place

    def _refuse(self, where: Where, code: Code, message: str) -> _Refused:
        self._problems.add(where, code, message)
        return _Refused()

    def _value(self, event: Any, depth: int) -> Value:
        where = self._where(event)
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_VALUES:
            limit = f"nested {MAX_DEPTH} deep" if depth > MAX_DEPTH else f"{MAX_VALUES} values"
            raise self._refuse(where, Code.TOO_MUCH, f"found more than {limit}; nothing needs that")
        self._tell_features(event, where)
        match type(event).__name__:
            case "ScalarEvent":
                plain = not event.style
                return Scalar(event.value, where, is_null=plain and event.value in _NULL)
            case "SequenceStartEvent":
                return self._items(event, where, depth)
            case "MappingStartEvent":
                return self._fields(event, where, depth)
            case _:
                return Scalar("", where, is_null=True)

    def _tell_features(self, event: Any, where: Where) -> None:
        """Anchors and aliases are mostly a pattern that begins with & or *."""
        anchor = getattr(event, "anchor", None)
        is_alias = type(event).__name__ == "AliasEvent"
        if anchor:
            mark = "*" if is_alias else "&"
            found = f"{mark}{anchor}, a YAML {'alias' if is_alias else 'anchor'}"
        elif getattr(event, "tag", None) not in (None, "!"):
            found = "a YAML tag (a word that begins with '!')"
        else:
            return
        message = f"found {found}, which means nothing here; expected the text itself, in quotes"
        self._problems.add(where, Code.YAML_FEATURE, message)

    def _items(self, start: Any, where: Where, depth: int) -> Items:
        values: list[Value] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            values.append(self._value(event, depth + 1))
        return Items(tuple(values), where, is_flow=bool(start.flow_style))

    def _fields(self, start: Any, where: Where, depth: int) -> Fields:
        values: dict[str, Value] = {}
        keys: dict[str, Where] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                message = "found a list or a mapping as a key; expected a word (or quotes around)"
                self._problems.add(key.where, Code.QUOTED_BY_YAML, message)
                continue
            if key.text in keys:
                message = f"'{key.text}' is given twice, first on line {keys[key.text].line}"
                self._problems.add(key.where, Code.DUPLICATE_KEY, message)
                continue
            values[key.text], keys[key.text] = value, key.where
        return Fields(values, where, is_flow=bool(start.flow_style), keys=keys)


def _tell_all_syntax(error: Any, text: str, path: str, problems: Problems) -> None:
    """The first mistake, and those that stand behind it: each line is told and then passed over."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines = text.splitlines()
    told: set[int] = set()
    while error is not None and len(told) < MOST_SYNTAX:
        line = _culprit(lines, _line_of(error, text, len(lines)))
        if line in told or not lines:
            break
        told.add(line)
        _tell_syntax(error, lines, line, path, problems)
        lines[line] = _neutral(lines[line])
        try:
            for _ in yaml.parse("\n".join(lines), Loader=loader):
                pass
            error = None
        except yaml.YAMLError as next_one:
            error = next_one
    if not told:
        problems.add(Where(path=path, line=1), Code.SYNTAX, "not valid YAML: not YAML")


def _line_of(error: Any, text: str, count: int) -> int:
    mark = getattr(error, "problem_mark", None)
    if "flow" in (getattr(error, "context", None) or ""):
        # A bracket that nothing closes is told where it opens, not where the file makes no sense.
        mark = getattr(error, "context_mark", None) or mark
    line = mark.line if mark is not None else text.count("\n", 0, getattr(error, "position", 0))
    return min(line, max(count - 1, 0))


def _culprit(lines: list[str], line: int) -> int:
    """YAML stumbles a line or two behind a full-width colon, which it takes for a letter."""
    near = range(min(line, len(lines) - 1), max(-1, line - 3), -1)
    return next((one for one in near if _FULL_WIDTH.match(lines[one])), line)


def _neutral(typed: str) -> str:
    """A line of the same shape that is surely right, so that the next mistake can be found."""
    if _FULL_WIDTH.match(typed):
        # What was meant is known, and what hangs on it stays where it is.
        return typed.replace("：", ": ", 1)
    found = _SHAPE.match(typed)
    return f"{found[1].replace(chr(9), '  ')}{found[2] or ''} x" if found else ""


def _tell_syntax(error: Any, lines: list[str], line: int, path: str, problems: Problems) -> None:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    typed = lines[line]
    message = f"not valid YAML: {problem}"
    if "\t" in typed[: len(typed) - len(typed.lstrip())]:
        message += "; the line is indented with a tab, expected spaces"
    elif _FULL_WIDTH.match(typed):
        message += "; the colon '：' is full-width, expected ': '"
    elif _IN_LIST.search(typed):
        message += "; brackets inside a list [a, b] need '…' around the whole line"
    elif _needs_quotes(typed):
        message += "; a text with [ { & \" or ': ' in it needs '…' around it"
    problems.add(Where(path=path, line=line + 1), Code.SYNTAX, message)


def _needs_quotes(typed: str) -> bool:
    """Whether a line looks like a pattern that YAML takes for its own syntax."""
    _, colon, value = typed.strip().removeprefix("- ").partition(": ")
    value = value if colon else typed
    return any(sign in value for sign in _NEEDS_QUOTES) or ": " in value
