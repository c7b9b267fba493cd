"""A class name means one thing in the whole house: a reader who knows it knows it everywhere."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("phrasebook", "models", "qa_engine", "api")
WIRE = "api/live/message_parts.py"
"""A message's part is named as what it tells of: the wire's form of the same thing."""
CAMEL_CASE = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*")


def test_no_two_public_classes_share_a_name() -> None:
    homes = defaultdict(list)
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes[node.name].append(name)
    twice = {
        name: files
        for name, files in homes.items()
        if len([file for file in files if file != WIRE]) > 1
    }
    assert twice == {}


def test_no_alias_has_the_name_of_a_class() -> None:
    classes, aliases = set(), defaultdict(list)
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    classes.add(node.name)
                if name != WIRE and isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Name) and CAMEL_CASE.fullmatch(target.id):
                            aliases[target.id].append(name)
    assert {name: files for name, files in aliases.items() if name in classes} == {}
