"""What a finding takes follows its verdict, and why it takes nothing is told before and after."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from api.review.scores import scorecards
from api.store import CallFiling
from qa_engine.report import Report
from qa_engine.rules.counting import Effect, Reason
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_case import answers, opened, sampled
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

FIRST, SECOND = "h-7-s1-2-not-my-job-0", "h-7-s1-2-not-my-job-1"
"""Two findings of one rule in one breath: 这个不归我管，您找营业厅."""
ONCE = "同一处问题只扣一次"


def scored(town: Town) -> None:
    """A call in the queue, on the scorecard that knows the rules which were broken."""
    scorecards.ensure(town.store, pack())
    sampled(town)


def judged(browser: Browser, review: int, **said: bool) -> dict[str, Any]:
    """What the draft comes to after these verdicts."""
    hits = {"first": FIRST, "second": SECOND}
    state: dict[str, Any] = {}
    for name, right in said.items():
        verdict = {"hit": hits[name], "right": right}
        told = browser.send("POST", f"/desk/api/reviews/{review}/verdicts", verdict)
        assert told.status_code == 200, told.text
        state = told.json()
    return state


def cards(page: str) -> dict[str, str]:
    """Finding → its card on the page of its call."""
    found = re.findall(r'<li class="finding[^>]*data-hit="([^"]*)".*?</li>', page, re.S)
    parts = re.split(r'(?=<li class="finding)', page)[1:]
    return dict(zip(found, parts, strict=True))


def test_the_cost_of_a_finding_follows_its_verdict(town: Town) -> None:
    scored(town)
    browser, data = opened(town)
    number = data["review"]["id"]
    free = {"points": 0, "undone": False, "reason": ONCE}
    assert data["review"]["costs"][FIRST] == {"points": 10, "undone": False, "reason": ""}
    assert data["review"]["costs"][SECOND] == free

    both = judged(browser, number, first=True, second=True)["costs"]
    only_second = judged(browser, number, first=False)["costs"]
    none = judged(browser, number, second=False)["costs"]

    assert (both[FIRST]["points"], both[SECOND]) == (10, free)
    assert only_second[FIRST] == {"points": 10, "undone": True, "reason": ""}
    assert only_second[SECOND] == {"points": 10, "undone": False, "reason": ""}
    assert none[SECOND]["undone"]


def test_the_page_of_a_draft_strikes_out_what_was_judged_wrong(town: Town) -> None:
    scored(town)
    browser, data = opened(town)
    judged(browser, data["review"]["id"], first=False)

    page = browser.get(f"/desk/tasks/{data['task']}").text

    assert '<span class="lost undone">−10</span>' in cards(page)[FIRST]
    assert '<span class="lost">−10</span>' in cards(page)[SECOND]
    assert page.count('data-said="0">') == 1


def test_why_a_finding_took_nothing_is_told_after_the_review_too(each_town: Town) -> None:
    town = each_town
    scored(town)
    browser, data = opened(town)
    number = data["review"]["id"]
    state = judged(browser, number, first=True, second=True)
    sent = browser.send("POST", f"/desk/api/reviews/{number}/submit", answers(state))
    assert sent.status_code == 200, sent.text

    for login in ("anna", "lena"):
        shown = cards(town.browser(login).get("/desk/calls/call-1").text)
        assert ONCE in shown[SECOND], login
        assert ONCE not in shown[FIRST], login
        assert '<span class="lost">−10</span>' in shown[FIRST], login


def second_charged(made: Report) -> Report:
    """The first of the two waits for a person, so that the machine charged the second."""
    waits = {"effect": Effect.WAITING, "effect_reason": Reason.DOUBTFUL, "points": 0.0}
    counts = {"effect": Effect.COUNTED, "effect_reason": Reason.NONE, "points": 10.0}
    changed: dict[str, dict[str, Any]] = {FIRST: waits, SECOND: counts}
    assert made.score is not None
    items = tuple(
        replace(
            item,
            deductions=tuple(
                replace(one, evidence=SECOND) if one.evidence == FIRST else one
                for one in item.deductions
            ),
        )
        for item in made.score.items
    )
    hits = tuple(replace(hit, **changed.get(hit.id, {})) for hit in made.hits)
    return replace(made, hits=hits, score=replace(made.score, items=items))


def test_a_line_that_is_struck_out_of_the_sheet_says_why(town: Town) -> None:
    scored(town)
    filing = CallFiling(agent="anna", team="early")
    town.store.save(second_charged(report()), filing, book=pack())
    browser, data = opened(town)
    number = data["review"]["id"]

    state = judged(browser, number, first=True)

    lines = [loss for lost in state["losses"].values() for loss in lost]
    struck = [loss["reason"] for loss in lines if not loss["stands"]]
    assert struck == [ONCE]
    sent = browser.send("POST", f"/desk/api/reviews/{number}/submit", answers(state))
    assert sent.status_code == 200, sent.text
    page = town.browser("anna").get("/desk/calls/call-1").text
    (line,) = re.findall(r'<li class="undone">.*?</li>', page, re.S)
    assert ONCE in line
