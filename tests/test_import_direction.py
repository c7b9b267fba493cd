"""The one-way street: phrasebook and models know nothing of ours, qa_engine knows those two."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
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


LAYERS_OF_API = (
    ("settings_values",),
    (
        "private_files",
        "settings",
        "outputs",
        "roles",
        "root_path",
        "former_token",
        "result_names",
        "forwarded",
        "spreadsheet",
        "worded_errors",
    ),
    ("clock", "auth", "data_lock", "settings_load", "tls", "logs"),
    ("store",),
    ("traces", "tokens_http", "analyzer", "known_voices"),
    ("review", "transcripts"),
    ("backtest", "meaning"),
    ("learning", "rulebook"),
    ("batch", "live", "desk", "web"),
    ("doors", "hooks"),
    ("calls_http", "security_middleware", "access_log", "listening_socket"),
    ("hearing",),
    ("server",),
    ("serving",),
    ("clients",),
    ("cli",),
)
"""From what knows nothing of the product to what knows all of it; a file imports what is to its
left, or its own room."""


def modules() -> dict[str, Path]:
    found = {}
    for room in MAY_IMPORT:
        for file in (ROOT / room).rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def arrows() -> dict[str, set[str]]:
    """Module → the modules of this house that it imports, wherever in the file it does."""
    known = modules()
    found: dict[str, set[str]] = {name: set() for name in known}
    for name, file in known.items():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                wanted = [f"{node.module}.{alias.name}" for alias in node.names]
                targets = {one if one in known else node.module for one in wanted}
            elif isinstance(node, ast.Import):
                targets = {alias.name for alias in node.names}
            else:
                continue
            found[name] |= {one for one in targets if one in known and one != name}
    return found


def test_no_files_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' → '.join(error.args[1])}")


def test_no_arrow_inside_api_points_up() -> None:
    layer = {room: level for level, rooms in enumerate(LAYERS_OF_API) for room in rooms}
    wrong, unknown = [], set()
    for name, targets in arrows().items():
        if not name.startswith("api."):
            continue
        room = name.split(".")[1]
        unknown |= {room} - set(layer)
        for target in targets:
            other = target.split(".")[1] if target.startswith("api.") else room
            if other != room and layer.get(other, 0) >= layer.get(room, 0):
                wrong.append(f"{name} imports {target}")
    assert sorted(wrong) == []
    assert unknown == set(), "give the new room its place in LAYERS_OF_API"
