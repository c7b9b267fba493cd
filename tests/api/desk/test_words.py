"""Each page has its words in both languages, and uses no word it does not have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api.desk.pages import SHARED
from qa_engine.report.wording import catalogue

DESK = Path("api/desk")
PAGES = sorted(path.stem for path in (DESK / "templates").glob("*.html"))
OF_A_CALL = ("case_actions", "case_answers", "case_steps", "case_voices")
PARTS = {"base", "board_parts", "reasons", "rules_parts", "rules_precision", *OF_A_CALL}
USED = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""")


def words(language: str, name: str) -> dict[str, str]:
    path = DESK / "words" / language / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def text(name: str) -> str:
    return (DESK / "templates" / f"{name}.html").read_text("utf-8")


def shared() -> set[str]:
    return {key for key in catalogue("zh") if key.startswith(SHARED)}


def test_what_reports_name_too_is_named_in_one_place() -> None:
    for path in (DESK / "words").glob("*/*.json"):
        own = words(path.parent.name, path.stem)
        assert [key for key in own if key.startswith(SHARED)] == [], path


def test_both_languages_have_the_same_words() -> None:
    for path in (DESK / "words" / "zh").glob("*.json"):
        assert words("zh", path.stem).keys() == words("en", path.stem).keys(), path.stem


@pytest.mark.parametrize("name", [page for page in PAGES if page not in PARTS])
def test_a_page_uses_only_words_it_has(name: str) -> None:
    source = text(name) + text("base")
    source += "".join(map(text, OF_A_CALL)) if name == "case" else ""
    source += text("board_parts") if name in ("boards", "my") else ""
    for part in ("rules_parts", "rules_precision"):
        source += text(part) if f'from "{part}.html"' in source else ""
    known = words("zh", "common").keys() | words("zh", name).keys() | shared()

    assert set(USED.findall(source)) - known == set()


RULES = {"rules": "rules", "rule": "rule", "trial": "rules_draft", "judge": "rules_judge"}
"""Scripts of the rules' pages, and whose words they speak."""


@pytest.mark.parametrize("script", RULES)
def test_scripts_of_the_rules_use_only_words_they_have(script: str) -> None:
    source = (DESK / "static" / f"{script}.js").read_text("utf-8")
    keys = {f"js_{key}" for key in re.findall(r"""\b(?:say|state)\("(\w+)\"""", source)}

    assert keys - words("zh", RULES[script]).keys() == set()


def test_scripts_use_only_words_they_have() -> None:
    scripts = (DESK / "static").glob("*.js")
    source = "".join(path.read_text("utf-8") for path in scripts if path.stem not in RULES)
    keys = {f"js_{key}" for key in re.findall(r"""\bsay\("(\w+)\"""", source)}
    keys |= {f"js_{key}" for key in re.findall(r"""this\.state\("(\w+)\"""", source)}

    assert keys - words("zh", "case").keys() == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_word_is_empty(language: str) -> None:
    for path in (DESK / "words" / language).glob("*.json"):
        assert all(words(language, path.stem).values()), path.stem
