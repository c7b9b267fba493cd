"""Every sentence that a user can meet through the catalogues exists in Chinese, with its values."""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.app import app, run
from api.cli.translated import help_texts
from phrasebook.errors import Code
from phrasebook.messages import catalogue, language, say

ROOT = Path(__file__).parents[3]
HAN = re.compile("[\u4e00-\u9fff]")


def templates() -> Iterator[tuple[str, str]]:
    """Every template that the code says, with its place."""
    for room in ("phrasebook", "models", "qa_engine", "api"):
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text("utf-8")
            if "from phrasebook.messages import" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "say":
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    if ast.unparse(node.args[0]) == "self.code.doc":
                        continue
                    assert isinstance(node.args[0], ast.Constant), f"{place}: no literal"
                    yield place, str(node.args[0].value)


def test_every_template_has_a_chinese_one_with_the_same_values() -> None:
    missing = []
    for place, template in templates():
        chinese = catalogue().get(template, "")
        values = re.findall(r"\{(\w+)\}", template)
        if not HAN.search(chinese) or set(re.findall(r"\{(\w+)\}", chinese)) != set(values):
            missing.append(f"{place}: {template}")
    assert missing == []


def test_every_code_of_a_phrasebook_mistake_has_a_chinese_sentence() -> None:
    assert [code for code in Code if not HAN.search(catalogue().get(code.doc, ""))] == []


def test_every_help_has_a_chinese_one() -> None:
    own = {"Show this message and exit."}
    asked = {" ".join(text.split()) for text in help_texts(app)} - own
    assert [text for text in sorted(asked) if not HAN.search(catalogue().get(text, ""))] == []


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({"QA_ENGINE_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"QA_ENGINE_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_site(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], spoken: str
) -> None:
    for name in ("QA_ENGINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert language() == spoken
    assert bool(HAN.search(say("a hidden file"))) is (spoken == "zh")


def test_help_and_mistakes_are_chinese_where_that_is_spoken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "zh")
    assert run(["batch", "--help"]) == 0
    assert "批量分析录音" in capsys.readouterr().out

    (tmp_path / "pack.yaml").write_text("entries: [{id: a, say: '{没有}', suggest: b}]\n", "utf-8")
    assert run(["check", str(tmp_path)]) == 2
    assert "pack.yaml:1: [PB012] 句式用了不存在的名单" in capsys.readouterr().err

    (tmp_path / "calls.csv").write_text("编号\n1\n", "utf-8")
    assert run(["batch", str(tmp_path / "calls.csv"), "--out", str(tmp_path / "out")]) == 2
    assert "没有录音列" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_match_reads_what_windows_writes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    raw = io.BytesIO("您好\n这个我不知道\n".encode(encoding))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))

    assert run(["match"]) == 0

    assert "dont-know" in capsys.readouterr().out


def test_match_says_what_it_cannot_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "en")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xff\xff\n")))

    assert run(["match"]) == 2

    assert "neither UTF-8 nor GB18030" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "option", "title"),
    [
        ("", [], "通话质检报告"),
        ("en", [], "Call quality report"),
        ("en", ["--language", "zh"], "通话质检报告"),
        ("zh", ["--language", "en"], "Call quality report"),
    ],
)
def test_a_report_is_chinese_unless_english_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    option: list[str],
    title: str,
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("QA_ENGINE_LANG", variable)
    (tmp_path / "call.txt").write_text("坐席：您好\n客户：你好\n坐席：我不知道\n", "utf-8")

    page = tmp_path / "call.html"
    assert run(["analyze", str(tmp_path / "call.txt"), "--html", str(page), *option]) == 0

    assert f"<title>call.txt · {title}</title>" in page.read_text("utf-8")
    said = "谁说了什么" if title == "通话质检报告" else "Who said what"
    assert said in capsys.readouterr().out
