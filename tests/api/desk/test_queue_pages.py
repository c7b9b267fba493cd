"""The queue's page, its shared addresses, and the plans behind it."""

from __future__ import annotations

from api.review.sampling import plans
from tests.api.desk.conftest import Town
from tests.api.review.calls import put


def test_a_lead_draws_and_an_inspector_takes_the_next(each_town: Town) -> None:
    town = each_town
    put(town.store, 1)
    put(town.store, 2, agent="ada")
    lead = town.browser("lena")
    lead.get("/desk/plans")
    lead.post("/desk/plans", name="每周", kind="random", amount="1")
    answer = lead.post("/desk/plans", do="draw", days="31")
    assert "新增 2 通" in answer.text

    inspector = town.browser("ines")
    listed = inspector.get("/desk/queue?agent=anna")
    assert listed.text.count('class="open"') == 1
    taken = inspector.post("/desk/queue/next?agent=anna")

    assert taken.headers["location"].startswith("/desk/tasks/")
    assert taken.headers["location"].endswith("?agent=anna")
    again = town.browser("ian").post("/desk/queue/next?agent=anna")
    assert "idle=1" in again.headers["location"]


def test_names_in_the_queue_are_never_markup(town: Town) -> None:
    plans.make_plan(town.store, name="<script>x", kind="random", amount=9, by="lena")
    put(town.store, agent="<script>alert(1)</script>")
    town.browser("lena").post("/desk/plans", do="draw", days="31")
    lead = town.browser("lena")
    lead.get("/desk/plans")
    lead.post("/desk/plans", do="draw", days="31")

    for path in ("/desk/queue", "/desk/plans"):
        assert "<script>alert" not in lead.get(path).text
        assert "<script>x" not in lead.page


def test_a_nonsense_plan_is_told_on_the_page(town: Town) -> None:
    lead = town.browser("lena")
    lead.get("/desk/plans")

    answer = lead.post("/desk/plans", name="x", kind="random", amount="ⅷ")

    assert answer.status_code == 400
    assert "计划的内容不对" in answer.text


def test_calls_are_found_by_what_was_said(each_town: Town) -> None:
    put(each_town.store)
    browser = each_town.browser("ines")

    page = browser.get("/desk/search?q=踢皮球").text

    assert "<mark>踢皮球</mark>" in page
    assert "/desk/calls/call-1#t=" in page
    assert "没有找到" in browser.get("/desk/search?q=<script>alert(1)</script>").text
    assert "<script>alert" not in browser.page
