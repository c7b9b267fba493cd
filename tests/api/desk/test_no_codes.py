"""Nobody who reads the desk in Chinese meets a code of ours: no snake_case, no English word."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import true

from api.batch.scope import BatchScope
from api.batch.sheets import sheets
from api.desk.pages import LANGUAGES, catalogue
from api.review.judging import asking, calibration
from api.review.sampling import drawing, plans
from api.review.sampling.plans import PlanKind
from qa_engine.rules.counting import Effect
from tests.api.desk.conftest import PEOPLE, Town
from tests.api.desk.test_case import sampled, taken
from tests.api.desk.test_same_counts import file, mixed, not_judgeable

SCRIPT = re.compile(
    r"<(script|style|svg|kbd|datalist|textarea|code|pre)\b.*?</\1>|<!--.*?-->", re.S
)
TAG = re.compile(r"<[^>]+>")
CODE = re.compile(r"\b[a-z]+(?:[_.][a-z]+)+\b")
WORD = re.compile(r"(?<![\w./@-])[a-z]{3,}(?![\w./@-])", re.I)
KNOWN = {
    *PEOPLE,
    *map(str.title, PEOPLE),
    "early",
    "Excel",
    "CSV",
    "Esc",
    "English",
    "Asia",
    "Shanghai",
    "Enter",
    "UTC",
} | {
    *(
        "Ctrl",
        "Shift",
        "YAML",
        "all",
        "zhi",
        "zh_call_center",
        "nano_zh",
        "sample",
        "pull",
        "models",
        "WAV",
    ),
}
"""Names of people, plans and packs, keys of a keyboard, and words that are the same in Chinese."""

ACTIONS = re.compile(r"""["']?action["']?\s*[=:]\s*["']([a-z_]+\.[a-z_]+)["']""")


def sources() -> Iterator[str]:
    for path in sorted(Path("api").rglob("*.py")):
        yield path.read_text("utf-8")


def actions() -> set[str]:
    return {action for source in sources() for action in ACTIONS.findall(source)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_of_the_trail_has_its_words(language: str) -> None:
    words = catalogue("audit", language)
    assert len(actions()) > 30
    assert [one for one in sorted(actions()) if f"do_{one}" not in words] == []


DETAIL = re.compile(r"""detail\s*=\s*\{(.*?)\}""", re.S)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_detail_of_the_trail_has_its_words(language: str) -> None:
    words = catalogue("audit", language)
    keys = {
        key
        for source in sources()
        for found in DETAIL.findall(source)
        for key in re.findall(r'"([a-z_]+)":', found)
    }
    assert [key for key in sorted(keys) if f"key_{key}" not in words] == []


@pytest.fixture
def lived_in(town: Town) -> Town:
    """Calls of every conclusion, reviewed, appealed, asked for again, calibrated."""
    sampled(town)
    waits = mixed(2, [Effect.WAITING, None, None, Effect.WAITING, None, None])
    file(town.store, waits, not_judgeable(3))
    for kind in PlanKind:
        plans.make_plan(town.store, name="计划", kind=kind, amount=50, by="lena")
    drawing.draw(town.store, since=datetime(2020, 1, 1, tzinfo=UTC), by="lena")
    browser = town.browser("ines")
    data = re.search(r'id="case">(.*?)</script>', taken(browser, 1).text, re.S)
    assert data is not None
    state = json.loads(data.group(1))["review"]
    path = f"/desk/api/reviews/{state['id']}"
    items = {name: {"points": 1} for name in state["missing"]}
    body = {"revision": state["revision"], "items": items, "comment": ""}
    assert browser.send("POST", f"{path}/submit", body).status_code == 200
    asking.ask(town.store, "call-1", by="ian", why="请再听一遍录音")
    calibration.make(town.store, "call-2", title="校准", inspectors=["ines", "ian"], by="lena")
    return town


PAGES = {
    "ines": (
        *("/desk/queue", "/desk/queue?state=done", "/desk/search?agent=anna", "/desk/tasks/2"),
        *("/desk/calls/call-1", "/desk/calls/call-3", "/desk/appeals", "/desk/calibrations"),
        *("/desk/notices", "/desk/coaching", "/desk/search?begin=x"),
    ),
    "ian": ("/desk/queue?state=mine", "/desk/calls/nothing"),
    "anna": ("/desk/my?unit=quarter", "/desk/calls/call-1"),
    "lena": (
        *("/desk/boards?unit=quarter", "/desk/boards?view=phrases&unit=quarter"),
        *("/desk/boards?view=steps&unit=quarter", "/desk/boards?view=conduct&unit=quarter"),
        *("/desk/plans", "/desk/scorecards", "/desk/rules", "/desk/rules/history"),
    ),
    "adam": ("/desk/people", "/desk/audit", "/desk/persons", "/desk/audit?action=plan.made"),
}


YAML_KEYS = {"/desk/scorecards": {"feeds", "fatal", "true"}}
"""What somebody who edits a card types."""


def seen(page: str) -> str:
    """What a reader sees, and what is read out or shown on hovering."""
    told = re.findall(r'\b(?:title|aria-label|placeholder)="([^"]*)"', SCRIPT.sub(" ", page))
    return html.unescape("\n".join([TAG.sub(" ", SCRIPT.sub(" ", page)), *told]))


def codes(text: str) -> set[str]:
    return {*CODE.findall(text), *WORD.findall(text)} - KNOWN


def test_no_page_shows_a_code_in_chinese(lived_in: Town) -> None:
    found = {}
    for login, paths in PAGES.items():
        browser = lived_in.browser(login)
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code in (200, 404), path
            if bad := codes(seen(answer.text)) - YAML_KEYS.get(path, set()):
                found[path] = bad
    assert {path: sorted(bad) for path, bad in found.items()} == {}


def test_no_cell_of_the_workbook_holds_a_code(lived_in: Town) -> None:
    every = BatchScope(true(), true(), true(), true())
    with lived_in.store.reading() as connection:
        found = {
            (sheet.name, title): bad
            for sheet in sheets(connection, every)
            for row in sheet.rows
            for title, cell in zip(sheet.header, row, strict=True)
            if title not in ("通话", "命中编号", "文件") and sheet.name != "汇总"
            if isinstance(cell, str) and (bad := codes(cell))
        }
    assert {path: sorted(bad) for path, bad in found.items()} == {}
