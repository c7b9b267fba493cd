"""Whoever changes a module finds its test by its name, or on the page that says where to look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("phrasebook", "models", "qa_engine", "api")
PAGE = (ROOT / "tests/README.md").read_text("utf-8")
SHELLS = {"__init__", "__main__"}
"""Files without a test of their own: what they hand on is tested where it stands."""


def modules() -> Iterator[Path]:
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            path = file.relative_to(ROOT)
            if path.stem not in SHELLS and not {"versions", "examples"} & set(path.parts):
                yield path


def told() -> Iterator[tuple[Path, Path]]:
    """(module, test) of every row of the page."""
    for section in PAGE.split("\n## ")[1:]:
        room = Path(section[1 : section.index("/`")])
        for test, names in re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE):
            for name in names.split(", "):
                yield room / f"{name}.py", Path(test if "/" in test else f"tests/{room}/{test}")


def has_namesake(module: Path) -> bool:
    return any((ROOT / "tests" / module.parts[0]).rglob(f"test_{module.stem}.py"))


def test_every_module_has_a_test_of_its_name_or_a_row_on_the_page() -> None:
    rows = {module for module, _ in told()}
    assert [str(one) for one in modules() if one not in rows and not has_namesake(one)] == []


def test_what_the_page_names_is_there() -> None:
    rows = list(told())
    assert len(rows) > 100
    gone = [str(one) for row in rows for one in row if not (ROOT / one).is_file()]
    assert gone == []
