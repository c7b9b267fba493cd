"""A finding judged right takes its points by the rules that are published, or the page says not."""

from __future__ import annotations

import re

from api.rulebook import versions
from api.rulebook.versions import Origin
from phrasebook import Phrasebook
from tests.api.desk.conftest import Town
from tests.api.desk.test_case import opened, sampled
from tests.api.rulebook.packs import small

RULE = "s1-1-dont-know"


def rules(feeds: str) -> Phrasebook:
    item = f"{{id: calm, title: 不推诿, group: 态度, points: 100, feeds: [{feeds}]}}"
    card = f"scorecard: {{total: 100, pass: 80, items: [{item}]}}\nsteps:\n"
    return small(
        ("id: dont-know, title: 说不知道", f"id: {RULE}, title: 推说不知道"), ("steps:\n", card)
    )


def publish(town: Town, feeds: str, follows: int) -> None:
    versions.publish(
        town.store, rules(feeds), note="", by="lena", follows=follows, origin=Origin.IMPORT
    )


def lost_by(town: Town) -> tuple[float, str]:
    """What judging the finding right takes from the total, and what the page says of it."""
    browser, data = opened(town)
    number = data["review"]["id"]
    found = re.search(
        rf'<li class="finding[^>]*data-hit="([^"]*{RULE}[^"]*)".*?</li>', browser.page, re.S
    )
    assert found is not None
    hit, page = found[1], found[0]
    totals = [
        browser.send(
            "POST", f"/desk/api/reviews/{number}/verdicts", {"hit": hit, "right": right}
        ).json()["total"]
        for right in (False, True)
    ]
    return totals[0] - totals[1], page


def test_a_rule_that_the_scorecard_does_not_know_is_told_beside_the_finding(town: Town) -> None:
    publish(town, "ask-them", 0)
    sampled(town)

    lost, page = lost_by(town)

    assert lost == 0
    assert "评分表第 1 版没有这条规则，不计分" in page
    assert 'class="lost"' not in page


def test_once_the_rules_score_it_judging_it_right_takes_points(town: Town) -> None:
    publish(town, "ask-them", 0)
    sampled(town)
    publish(town, f"ask-them, {RULE}", 1)

    lost, page = lost_by(town)

    assert lost > 0
    assert "没有这条规则，不计分" not in page
    assert 'class="lost"' in page


def test_the_scorecards_page_names_what_the_rules_score_beyond_it_and_offers_it(
    town: Town,
) -> None:
    publish(town, "ask-them", 0)
    sampled(town)
    lead = town.browser("lena")
    assert "判为准确也不计分" not in lead.get("/desk/scorecards").text
    card = re.search(r"<textarea[^>]*>(.*?)</textarea>", lead.page, re.S)
    assert card is not None
    lead.post("/desk/scorecards", card=card[1].replace("ask-them", RULE), follows="1", do="publish")

    page = lead.get("/desk/scorecards").text
    assert "判为准确也不计分：让客户自己去问" in page
    full = re.search(
        r"<textarea[^>]*>(.*?)</textarea>", lead.get("/desk/scorecards?complete=1").text, re.S
    )

    assert full is not None
    made = lead.post("/desk/scorecards", card=full[1], follows="2", do="publish")
    assert made.status_code == 303, made.text
    assert "判为准确也不计分" not in lead.get("/desk/scorecards").text
