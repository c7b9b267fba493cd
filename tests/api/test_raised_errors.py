"""Whatever a command or a server's start can refuse is said in Chinese, too: the code says what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from api.worded_errors import in_chinese

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "qa_engine", "api")
KEYED = "ReviewError"
"""The desk's own: each has a key, and its words stand in the desk's catalogues."""
ON_THE_WIRE = ("Refused", "TokenRefused", "Rejected")
"""Told to programs in the words of their protocol, with a code."""
COMPOSED = ("TranscriptError",)
"""Told with the path before it; `test_worded_errors` has those."""


def _kin(name: str) -> set[str]:
    """A class of errors and all that derive from it, by name."""
    children: dict[str, set[str]] = {}
    for _, tree in _files():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    children.setdefault(ast.unparse(base).split(".")[-1], set()).add(node.name)
    found, left = set(), [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += children.get(one, ())
    return found


def _files() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "training" not in path.parts:
                yield path, ast.parse(path.read_text("utf-8"))


def _sentence(node: ast.expr) -> str:
    """What is said, with a word wherever a value stands; "" for what is no text of the code."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"V{number}"
                for number, part in enumerate(values)
            )
    return ""


def raised() -> Iterator[tuple[str, str]]:
    """Place and sentence of every error that people meet."""
    kin = _kin("QAError") - _kin(KEYED) - {*ON_THE_WIRE, *COMPOSED}
    for path, tree in _files():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            if ast.unparse(node.exc.func).split(".")[-1] not in kin:
                continue
            for argument in node.exc.args:
                said = _sentence(argument)
                if " " in said and said.strip("V0123456789 :"):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", said


def test_every_error_that_people_meet_has_its_chinese_sentence() -> None:
    told = list(raised())
    missing = [(place, said) for place, said in told if not _is_chinese(in_chinese(said))]
    assert missing == []
    assert len(told) > 80


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text) or "（" in text
