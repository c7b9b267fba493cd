"""A filter that cannot be read is told in a sentence, never passed over; a file is then not made."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.desk.desk import prepare_desk
from api.review.judging import asking
from api.review.sampling import drawing, plans
from api.review.sampling.plans import PlanKind
from tests.api.desk.conftest import Town
from tests.api.review.calls import put

BAD = [
    ("lena", "/desk/boards", "view=people", "按什么看"),
    ("lena", "/desk/boards", "unit=year", "周期"),
    ("lena", "/desk/boards", "on=2026-13-01", "日期"),
    ("lena", "/desk/boards", "view=phrases&role=boss", "谁说的"),
    ("lena", "/desk/boards", "sort=-beauty", "排序"),
    ("ines", "/desk/queue", "state=lost", "状态"),
    ("ines", "/desk/queue", "reason=mood", "原因"),
    ("ines", "/desk/queue", "purpose=fun", "类型"),
    ("ines", "/desk/queue", "conclusion=maybe", "结论"),
    ("ines", "/desk/queue", "below=few", "低于"),
    ("ines", "/desk/search", "conclusion=maybe", "结论"),
    ("ines", "/desk/search", "judged=perhaps", "复核"),
    ("ines", "/desk/search", "sort=best", "排序"),
    ("ines", "/desk/search", "above=-1", "得分不低于"),
    ("ines", "/desk/search", "begin=yesterday", "从"),
    ("adam", "/desk/audit", "until=tomorrow", "到"),
    ("anna", "/desk/my", "unit=year", "周期"),
]


@pytest.mark.parametrize(("login", "path", "query", "name"), BAD)
def test_what_cannot_be_read_is_told_by_its_name(
    town: Town, login: str, path: str, query: str, name: str
) -> None:
    put(town.store)
    page = town.browser(login).get(f"{path}?{query}")

    assert page.status_code == 200
    told = re.findall(r'<p class="problem" role="alert">([^<]*)</p>', html.unescape(page.text))
    assert len(told) == 1
    assert told[0].startswith(f"“{name}”")


@pytest.mark.parametrize(("login", "path", "query", "_"), BAD)
def test_no_file_is_made_of_what_was_misread(
    town: Town, login: str, path: str, query: str, _: str
) -> None:
    if path in ("/desk/queue", "/desk/my"):
        return
    put(town.store)
    browser = town.browser(login)

    answer = browser.get(f"{path}.csv?{query}")

    assert answer.status_code == 400
    assert "没有导出" in answer.text
    assert browser.get(f"{path}.csv").status_code == 200


@pytest.mark.parametrize("path", ["/desk/boards", "/desk/queue", "/desk/search"])
def test_an_agent_whom_nobody_knows_is_told(town: Town, path: str) -> None:
    put(town.store, agent="anna")
    browser = town.browser("lena")

    assert "没有这个坐席" in browser.get(f"{path}?agent=4711").text
    assert "没有这个坐席" not in browser.get(f"{path}?agent=anna").text


def test_the_kinds_of_a_form_are_those_that_are_read(town: Town) -> None:
    """What a page offers is never called misread by it."""
    for login, path in (
        ("lena", "/desk/boards"),
        ("ines", "/desk/queue"),
        ("ines", "/desk/search"),
    ):
        put(town.store)
        browser = town.browser(login)
        page = browser.get(f"{path}?agent=anna").text
        for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', page):
            for value in re.findall(r'value="([^"]*)"', options):
                assert "problem" not in browser.get(f"{path}?{name}={value}").text, (name, value)
        for query in re.findall(rf'href="{path}\?([^"]*sort=[^"]*)"', page):
            shown = browser.get(f"{path}?{html.unescape(query)}").text
            assert "problem" not in shown, query


def test_calls_that_are_reviewed_again_are_a_kind_of_the_queue(town: Town) -> None:
    put(town.store)
    prepare_desk(town.store, town.settings)
    plans.make_plan(town.store, name="all", kind=PlanKind.RANDOM, amount=9, by="lena")
    drawing.draw(town.store, since=datetime.now(UTC) - timedelta(days=9), by="lena")
    browser = town.browser("ines")
    where = browser.post("/desk/queue/next").headers["location"]
    number = re.search(r'"id": (\d+)', browser.get(where).text)
    assert number is not None
    revision = {"revision": 0, "items": {}, "comment": ""}
    page = browser.page
    items = {name: {"points": 1} for name in re.findall(r'item asked" data-item="([^"]+)"', page)}
    path = f"/desk/api/reviews/{number[1]}/submit"
    assert browser.send("POST", path, revision | {"items": items}).status_code == 200
    asking.ask(town.store, "call-1", by="ian", why="请再听一遍录音")

    ian = town.browser("ian")

    assert ian.get("/desk/queue?purpose=again").text.count('class="open"') == 1
    assert ian.get("/desk/queue?purpose=double").text.count('class="open"') == 0


def test_every_list_of_the_desk_is_tried() -> None:
    """A page that reads filters says what it misread."""
    pages = [
        path for path in Path("api/desk").glob("*_http.py") if "Depends" in path.read_text("utf-8")
    ]
    assert len(pages) == 4
    assert all("misread(" in path.read_text("utf-8") for path in pages)
