"""A file that is taken in says what it adds, changes and deletes, and need not delete."""

from __future__ import annotations

import re

from api.rulebook.in_force import in_force
from phrasebook import to_yaml
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_rules_pages import ruled
from tests.api.rulebook.packs import small

OWN = "s1-1-dont-know"


def imported(town: Town) -> Browser:
    """A lead who took in a pack without one rule of those in force, with one changed, one new."""
    lead = ruled(town).browser("lena")
    lead.get("/desk/rules")
    book = small(
        ("id: dont-know, title: 说不知道", f"id: {OWN}, title: 说不知道就完了"),
        ("id: ask-them, title: 让客户自己去问", "id: brand-new, title: 新来的"),
    )
    headers = {"X-CSRF": lead.csrf, "Content-Type": "application/octet-stream"}
    path = "/desk/api/rules/import?name=a.yaml"
    answer = lead.client.post(path, content=to_yaml(book).encode(), headers=headers)
    assert answer.json() == {"wrong": [], "changed": 3}
    return lead


def counts(page: str) -> list[str]:
    line = re.search(r'<p class="line" id="does">(.*?)</p>', page)
    assert line is not None
    return re.findall(r">([^<>]+ \d+)<", line[1])


def rules(town: Town) -> set[str]:
    return {entry.id for entry in in_force(town.store).book.entries}


def test_a_file_says_what_it_adds_changes_and_deletes(town: Town) -> None:
    page = imported(town).get("/desk/rules/draft").text

    assert counts(page) == ["新增 1", "修改 1", "删除 1"]
    assert "发布后会删除现行的 1 处" in page
    assert "发布为第 2 版 · 删除 1" in page


def test_a_file_may_only_add_and_change(each_town: Town) -> None:
    lead = imported(each_town)

    assert lead.post("/desk/rules/settle", take="additions").status_code == 303

    page = lead.get("/desk/rules/draft").text
    assert counts(page) == ["新增 1", "修改 1", "删除 0"]
    assert "发布后会删除" not in page
    assert lead.post("/desk/rules/publish", follows="1", note="新规则").status_code == 303
    assert rules(each_town) == {OWN, "ask-them", "brand-new"}


def test_a_file_that_replaces_all_does_so(town: Town) -> None:
    lead = imported(town)

    assert lead.post("/desk/rules/publish", follows="1", note="换掉").status_code == 303

    assert rules(town) == {OWN, "brand-new"}
