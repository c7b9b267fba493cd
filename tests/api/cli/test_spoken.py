"""What a terminal shows is said in the reader's language: what commands print, and what the option
parser refuses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.app import run

ROOT = Path(__file__).parents[3]
WORDS = re.compile(r"[A-Za-z]{4,}|[A-Za-z]{3,} [A-Za-z]{2,}")
PRINTED = ("print", "tell", "_tell", "echo", "add_column", "Table", "status")
NAMES = {"Apache-2.0", "{task.description}", "{task.fields[told]}"}
LATIN = re.compile(r"(?<![\w./\\'\"“`-])[A-Za-z]{3,}(?![\w./\\'\"”`-])")
KEPT = {"OPTIONS", "COMMAND", "ARGS", "engine"}


def literals(node: ast.expr) -> Iterator[str]:
    """Text that is shown as it is written in the code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    elif isinstance(node, ast.BinOp):
        yield from (*literals(node.left), *literals(node.right))
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))


def printed() -> Iterator[tuple[str, str]]:
    """Place and text of each literal that a command or the server's start prints."""
    files = [*(ROOT / "api" / "cli").glob("*.py"), ROOT / "api" / "serving.py"]
    files.append(ROOT / "api" / "clients" / "demo.py")
    for path in sorted(files):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if ast.unparse(node.func).rsplit(".", 1)[-1] in PRINTED:
                for given in node.args:
                    yield from ((f"{path.name}:{node.lineno}", t) for t in literals(given))


def test_no_command_prints_words_of_one_language() -> None:
    found = [(at, text) for at, text in printed() if WORDS.search(text) and text not in NAMES]
    assert found == []


WRONG = [
    ["analyze"],
    ["analyze", "--nope", "x.wav"],
    ["analyze", "x.wav", "--json"],
    ["bogus"],
    ["store", "nope"],
    ["serve", "--port", "abc"],
    ["serve", "--port", "99999"],
    ["batch", "d", "--limit", "-3"],
    ["batch", "d", "e"],
    ["serve", "--check=3"],
    ["backtest", "x"],
    ["token", "--role", "boss"],
    ["store", "search", "x", "--limit", "many"],
    ["models", "pull"],
    ["people", "add"],
    ["backtest", "x", "--against", "y", "--since", "soon"],
]


@pytest.mark.parametrize("line", WRONG, ids=" ".join)
def test_a_wrong_command_line_is_told_in_chinese(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "zh")
    assert run(line) == 2
    told = capsys.readouterr().err
    assert "错误" in told
    assert [word for word in LATIN.findall(_message(told)) if word not in KEPT] == []


def test_the_same_is_told_in_english_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "en")
    assert run(["analyze"]) == 2
    assert "Missing argument" in capsys.readouterr().err


def test_help_has_no_english_words_around_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "zh")
    assert run(["batch", "--help"]) == 0
    told = capsys.readouterr().out
    assert "用法：" in told
    assert "显示这段帮助" in told
    for word in ("Usage", "Arguments", "Options", "Show this", "[default"):
        assert word not in told


def _message(told: str) -> str:
    """The words in the box, without the names of options and values in quotes."""
    box = [line.strip("│ ") for line in told.splitlines() if line.startswith("│")]
    return re.sub(r"“[^”]*”|'[^']*'|--[\w-]+", "", " ".join(box))
