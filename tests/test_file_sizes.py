"""A file holds one idea, and one idea fits into 300 lines; a function fits on a page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("phrasebook", "models", "qa_engine", "api")
MOST = 300
PAGE = 60


def lines(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


@pytest.mark.parametrize("room", [*ROOMS, "benchmarks"])
def test_no_file_is_longer_than_one_idea(room: str) -> None:
    long = {
        file.relative_to(ROOT).as_posix(): lines(file)
        for file in sorted((ROOT / room).rglob("*.py"))
        if lines(file) > MOST
    }
    assert long == {}


@pytest.mark.parametrize("room", ROOMS)
def test_no_function_is_longer_than_a_page(room: str) -> None:
    """What it does, that is, without what it takes and says of itself; handlers inside count."""
    long = {
        f"{file.relative_to(ROOT).as_posix()}: {node.name}": length
        for file in sorted((ROOT / room).rglob("*.py"))
        if "versions" not in file.parts  # Migrations are lists of columns.
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := body_lines(node)) > PAGE
    }
    assert long == {}


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = 1 if ast.get_docstring(function) and len(function.body) > 1 else 0
    return (function.end_lineno or 0) - function.body[first].lineno + 1
