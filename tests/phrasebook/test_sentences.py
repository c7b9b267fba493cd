"""Every mistake of a pack is told in Chinese, too: the loader's own source says what it can say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import phrasebook
from phrasebook import PhrasebookErrors, load_text
from phrasebook.errors import Code
from phrasebook.messages import catalogue, speaking
from phrasebook.sentences import in_chinese, sentences

ROOM = Path(phrasebook.__file__).parent
TELLING = {"tell", "add", "_error", "_refuse", "PatternError", "ConditionError", "_read_as"}
COMPOSED = {"{0}: {1}", "column {0}: {1}"}
"""What is put together of sentences that stand by themselves."""


def _template(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            holes = iter(range(10))
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{next(holes)}}}"
                for part in values
            )
        case ast.BinOp(left=left, op=ast.Add()):
            return _template(left)
        case _:
            return None


def _said() -> Iterator[tuple[str, str]]:
    """(where, sentence) of all that is told in this room."""
    for file in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            values: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                names = [one.id for one in node.targets if isinstance(one, ast.Name)]
                values = [node.value] if {"message", "hint", "expected"} & set(names) else []
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                values = [node.value] if node.target.id == "message" else []
            elif isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else ""
                name = called.id if isinstance(called, ast.Name) else name
                values = list(node.args) if name in TELLING else []
            for value in values:
                said = _template(value)
                if said and " " in said:
                    yield f"{file.name}:{value.lineno}", said


def test_every_sentence_of_the_loader_has_its_chinese_one() -> None:
    known = sentences().keys() | COMPOSED

    assert [one for one in _said() if one[1] not in known] == []
    assert len(list(_said())) > 100


def test_every_code_has_its_chinese_meaning() -> None:
    assert [code.value for code in Code if code.doc not in catalogue()] == []


@pytest.mark.parametrize("english", sentences())
def test_a_sentence_with_values_is_said_in_chinese(english: str) -> None:
    filled = english
    for number in range(5):
        filled = filled.replace(f"{{{number}}}", f"v{number}")

    told = in_chinese(filled)

    if not any("\u4e00" <= char <= "\u9fff" for char in sentences()[english]):
        # Nothing but values in quotation marks, which are sentences themselves.
        assert told != filled
        return
    assert any("\u4e00" <= char <= "\u9fff" for char in told), told


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        (
            "entries:\n- id: a\n  say: 我{没有}知道\n  suggest: 好\n",
            "规则“a”用了不存在的名单“没有”",
        ),
        (
            "entries:\n- {id: a, sya: 我知道, suggest: 好}\n",
            "规则“a”：没有“sya”这个键；是不是“say”？",
        ),
        ("entries:\n- id: a\n  say: 我(知道\n  suggest: 好\n", "第 2 个字"),
        ("entries: 3\n", "“entries”是单个值；应为列表"),
        ("entries:\n- id: a\n  say：我知道\n  suggest: 好\n", "冒号“：”是全角的"),
        ("entries:\n- {id: a, say: [我[真的]知道], suggest: 好}\n", "整行要加单引号"),
        ("entries:\n- {id: a, say: 我知道, suggest: 好, if: 方向 是}\n", "规则“a”：适用条件："),
    ],
)
def test_mistakes_are_told_in_chinese(pack: str, told: str) -> None:
    with speaking("zh"), pytest.raises(PhrasebookErrors) as errors:
        load_text(pack, "pack")

    lines = errors.value.errors
    with speaking("zh"):
        assert any(told in str(one) for one in lines), [str(one) for one in lines]


def test_mistakes_of_yaml_are_told_all_at_once() -> None:
    pack = "entries:\n- id: a\n  say: [我知道\n- id: b\n  say：好的\n  suggest: 好\n- {id: c\n"

    with pytest.raises(PhrasebookErrors) as errors:
        load_text(pack, "pack")

    assert len({error.line for error in errors.value.errors}) >= 2
