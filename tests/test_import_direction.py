"""The one-way street: phrasebook and models know nothing of ours, qa_engine knows those two."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "phrasebook": {"phrasebook"},
    "models": {"models"},
    "qa_engine": {"qa_engine", "phrasebook", "models"},
    "api": {"api", "qa_engine", "phrasebook", "models"},
}
HEAVY = ("faster_whisper", "ctranslate2", "onnxruntime", "av", "torch", "sounddevice", "openpyxl")


def imports(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.split(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_nothing_points_back_up_the_street(room: str) -> None:
    forbidden = (set(MAY_IMPORT) | {"tests", "benchmarks"}) - MAY_IMPORT[room]
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sorted((ROOT / room).rglob("*.py"))
        for line, name in imports(file)
        if name in forbidden
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["phrasebook", "models", "qa_engine"])
def test_importing_a_room_loads_nothing_heavy(room: str) -> None:
    code = f"import sys, {room}; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert out.stdout.strip() == "[]", out.stderr
