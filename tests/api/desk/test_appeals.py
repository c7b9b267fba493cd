"""Acknowledged, appealed, answered: once each, by the right people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.review.judging import calibration, reviews
from api.review.purge import purge
from api.review.tables import appeals, outcomes
from api.review.tables import reviews as reviews_table
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_case import answers, data_of, opened, sampled


def reviewed(town: Town, login: str = "ines") -> int:
    """A call of anna's, judged; returns the review."""
    sampled(town)
    browser, data = opened(town, login)
    number: int = data["review"]["id"]
    done = browser.send("POST", f"/desk/api/reviews/{number}/submit", answers(data["review"]))
    assert done.status_code == 200, done.text
    return number


def appealed(town: Town) -> Browser:
    agent = town.browser("anna")
    agent.get("/desk/calls/call-1")
    told = agent.post("/desk/calls/call-1/appeal", reason="客户先挂断的，<b>我没有</b>")
    assert told.status_code == 303, told.text
    return agent


def test_an_agent_appeals_and_another_person_decides(each_town: Town) -> None:
    town = each_town
    reviewed(town)
    agent = appealed(town)
    lead = town.browser("lena")
    page = lead.get("/desk/appeals").text
    assert "&lt;b&gt;我没有" in page
    number = re.findall(r'href="/desk/appeals/(\d+)"', page)[0]
    state = data_of(lead.get(f"/desk/appeals/{number}").text)["review"]
    better = {n: {"points": 99} for n in state["earned"] if state["earned"][n] is not None}
    lead.send("PUT", f"/desk/api/reviews/{state['id']}", {"revision": 0, "items": better})

    done = lead.post(f"/desk/appeals/{number}", do="accept", words="申诉成立，已改判")

    assert done.status_code == 303, done.text
    with town.store.reading() as connection:
        row = connection.execute(select(outcomes)).one()
        kept = connection.execute(select(appeals)).one()
    assert row.source == "appeal"
    assert row.score == kept.score_after > kept.score_before
    seen = agent.get("/desk/calls/call-1").text
    assert "申诉成立，已改判" in seen
    assert "/appeal" not in seen
    again = lead.post(f"/desk/appeals/{number}", do="reject", words="改主意了吧")
    assert again.status_code == 409


def test_an_appeal_upheld_with_nothing_changed_is_refused_and_the_words_stay(town: Town) -> None:
    reviewed(town)
    appealed(town)
    lead = town.browser("lena")
    lead.get("/desk/appeals/1")

    told = lead.post("/desk/appeals/1", do="accept", words="申诉成立，<b>已改判</b>")

    assert told.status_code == 400
    assert "评分和判定都没有改动" in told.text
    assert "申诉成立，&lt;b&gt;已改判&lt;/b&gt;</textarea>" in told.text
    assert lead.post("/desk/appeals/1", do="reject", words="复听后维持原判").status_code == 303


def scored(town: Town, *, allowed: bool) -> Browser:
    """A call of anna's that nobody has reviewed."""
    town.settings.contest_machine = allowed
    sampled(town)
    agent = town.browser("anna")
    agent.get("/desk/calls/call-1")
    return agent


def test_a_page_explains_the_machines_score_before_anybody_reviewed_it(town: Town) -> None:
    page = scored(town, allowed=False).page

    for words in ("核实身份", "没有说", "应该说", "推说不知道", "未经人工复核", "−10"):
        assert words in page, words
    assert "提出申诉" not in page
    assert "申诉只针对复核" in page


def test_a_page_does_not_say_why_it_cannot_be_appealed_where_it_can(town: Town) -> None:
    assert "申诉只针对复核" not in scored(town, allowed=True).page
    assert "申诉只针对复核" not in town.browser("lena").get("/desk/calls/call-1").text


def test_an_agent_contests_one_finding_of_the_machine_where_the_site_allows_it(
    each_town: Town,
) -> None:
    town = each_town
    agent = scored(town, allowed=True)
    assert 'value="step:identity-check"' in agent.page
    told = agent.post(
        "/desk/calls/call-1/appeal", reason="身份在转接前核实过", finding="step:identity-check"
    )
    assert told.status_code == 303, told.text
    lead = town.browser("lena")
    listed = lead.get("/desk/appeals").text
    assert "机器评分" in listed
    assert re.search(r">身份在转接前核实过 <span[^>]*>有异议：1 处</span></td>", listed)
    page = lead.get("/desk/appeals/1").text
    assert page.count("坐席有异议") == 1
    state = data_of(page)["review"]
    path = f"/desk/api/reviews/{state['id']}"
    lead.send("POST", f"{path}/verdicts", {"hit": "step:identity-check", "right": False})
    items = {name: {"points": 1} for name in state["missing"]}
    lead.send("PUT", path, {"revision": 0, "items": items})

    assert lead.post("/desk/appeals/1", do="accept", words="核实过，已改判").status_code == 303

    with town.store.reading() as connection:
        assert connection.execute(select(outcomes)).one().source == "appeal"
    assert "核实过，已改判" in agent.get("/desk/calls/call-1").text
    assert agent.post("/desk/calls/call-1/appeal", reason="再申诉一次").status_code == 409


def test_a_rejected_contest_leaves_the_machines_score_and_an_appeal_of_a_review(town: Town) -> None:
    agent = scored(town, allowed=True)
    assert agent.post("/desk/calls/call-1/appeal", reason="请再听一遍").status_code == 303
    assert agent.post("/desk/calls/call-1/appeal", reason="请再听一遍").status_code == 409
    lead = town.browser("lena")
    lead.get("/desk/appeals/1")
    assert lead.post("/desk/appeals/1", do="reject", words="录音里确实没有").status_code == 303
    with town.store.reading() as connection:
        assert connection.execute(select(outcomes)).all() == []

    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}/submit"
    assert browser.send("POST", path, answers(data["review"])).status_code == 200

    assert "提出申诉" in agent.get("/desk/calls/call-1").text
    assert agent.post("/desk/calls/call-1/appeal", reason="请再听一遍").status_code == 303


def test_a_machines_score_is_not_contested_where_the_site_does_not_allow_it(town: Town) -> None:
    agent = scored(town, allowed=False)

    assert agent.post("/desk/calls/call-1/appeal", reason="请再听一遍").status_code == 404


def test_a_late_answer_is_told_to_the_lead_and_to_the_agent(town: Town) -> None:
    reviewed(town)
    agent, lead = appealed(town), town.browser("lena")
    assert "最迟" in agent.get("/desk/calls/call-1").text
    assert "逾期</span>" not in lead.get("/desk/appeals").text
    with town.store.writing() as connection:
        connection.execute(update(appeals).values(due_at=datetime.now(UTC) - timedelta(minutes=1)))

    assert "有 1 件申诉过了答复期限" in lead.get("/desk/boards").text
    assert "逾期</span>" in lead.get("/desk/appeals").text
    assert "答复逾期" in lead.get("/desk/appeals/1").text
    assert "不计入您的成绩" in agent.get("/desk/calls/call-1").text
    assert "申诉逾期，暂不计分" in agent.get("/desk/my?unit=quarter").text
    assert lead.post("/desk/appeals/1", do="reject", words="晚了，维持原判").status_code == 303
    assert "过了答复期限" not in lead.get("/desk/boards").text


def test_the_page_says_until_when_one_may_appeal(town: Town) -> None:
    reviewed(town)
    agent = town.browser("anna")
    assert "之前提出" in agent.get("/desk/calls/call-1").text
    with town.store.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=30)
        connection.execute(update(reviews_table).values(submitted_at=long_ago))

    page = agent.get("/desk/calls/call-1").text

    assert "申诉期已于" in page
    assert 'name="reason"' not in page


def test_the_deadline_of_an_appeal_is_its_own(town: Town) -> None:
    """Another setting later moves no promise that was given."""
    reviewed(town)
    appealed(town)
    with town.store.reading() as connection:
        row = connection.execute(select(appeals)).one()

    assert row.due_at - row.made_at == timedelta(days=town.settings.appeal_days)


def test_a_rejected_appeal_leaves_the_score(town: Town) -> None:
    reviewed(town)
    appealed(town)
    with town.store.reading() as connection:
        before = connection.scalar(select(outcomes.c.score))
    lead = town.browser("lena")
    lead.get("/desk/appeals/1")

    lead.post("/desk/appeals/1", do="reject", words="录音里确实说了")

    with town.store.reading() as connection:
        assert connection.scalar(select(outcomes.c.score)) == before
        assert connection.scalar(select(appeals.c.state)) == "rejected"


def test_an_appeal_is_not_answered_by_the_reviewer_it_is_against(town: Town) -> None:
    reviewed(town, "lena")
    appealed(town)
    lead = town.browser("lena")

    assert lead.get("/desk/appeals/1").status_code == 403
    assert lead.post("/desk/appeals/1", do="reject", words="不行就是不行").status_code == 403


def test_an_appeal_cannot_slip_past_its_answer(town: Town) -> None:
    reviewed(town)
    appealed(town)
    lead = town.browser("lena")
    state = data_of(lead.get("/desk/appeals/1").text)["review"]

    told = lead.send("POST", f"/desk/api/reviews/{state['id']}/submit", answers(state))

    assert told.status_code == 409


@pytest.mark.parametrize(("reason", "days", "status"), [("短", 0, 400), ("理由充分的申诉", 8, 409)])
def test_an_appeal_needs_a_reason_and_its_time(
    town: Town, reason: str, days: int, status: int
) -> None:
    reviewed(town)
    with town.store.writing() as connection:
        past = datetime.now(UTC) - timedelta(days=days)
        connection.execute(update(reviews_table).values(submitted_at=past))
    agent = town.browser("anna")
    agent.get("/desk/calls/call-1")

    assert agent.post("/desk/calls/call-1/appeal", reason=reason).status_code == status


def test_one_appeal_and_only_for_ones_own_call(town: Town) -> None:
    reviewed(town)
    stranger = town.browser("ada")
    assert stranger.post("/desk/calls/call-1/appeal", reason="不是我的通话").status_code == 404
    agent = appealed(town)

    assert agent.post("/desk/calls/call-1/appeal", reason="再来一次申诉").status_code == 409


def test_an_agent_acknowledges_once(town: Town) -> None:
    number = reviewed(town)
    agent = town.browser("anna")
    agent.get("/desk/calls/call-1")

    assert agent.post("/desk/calls/call-1/acknowledge", words="收到").status_code == 303
    assert agent.post("/desk/calls/call-1/acknowledge", words="又来").status_code == 409
    with town.store.reading() as connection:
        assert reviews.by_number(connection, number).acknowledgement == "收到"


def calibrated(town: Town) -> dict[str, Any]:
    sampled(town)
    lead = town.browser("lena")
    lead.get("/desk/calibrations")
    made = lead.client.post(
        "/desk/calibrations",
        data={"csrf": lead.csrf, "call": "call-1", "title": "十一月", "inspector": ["ines", "ian"]},
        follow_redirects=False,
    )
    assert made.status_code == 303, made.text
    for login, points in (("ines", 3), ("ian", 0)):
        browser = town.browser(login)
        where = browser.post("/desk/queue/next?purpose=calibration").headers["location"]
        state = data_of(browser.get(where).text)["review"]
        items = {name: {"points": points} for name in state["missing"]}
        browser.send(
            "POST", f"/desk/api/reviews/{state['id']}/submit", {"revision": 0, "items": items}
        )
    return {"lead": lead, "path": made.headers["location"]}


def test_a_calibration_is_blind_side_by_side_and_in_no_average(each_town: Town) -> None:
    town = each_town
    made = calibrated(town)
    inspector = town.browser("ines")
    assert inspector.get(made["path"]).status_code == 404

    lead = made["lead"]
    page = lead.get(made["path"]).text
    assert page.count('class="differs"') == 3
    lead.post(made["path"] + "/close")

    assert inspector.get(made["path"]).status_code == 200
    assert "κ" in inspector.get("/desk/calibrations").text
    with town.store.reading() as connection:
        assert connection.execute(select(outcomes)).all() == []
        found = calibration.agreement(connection, datetime.now(UTC) - timedelta(days=1))
    assert {row.calls for row in found} == {1}


def test_a_blind_page_shows_no_other_persons_words(town: Town) -> None:
    reviewed(town)
    lead = town.browser("lena")
    lead.get("/desk/calibrations")
    lead.client.post(
        "/desk/calibrations",
        data={"csrf": lead.csrf, "call": "call-1", "inspector": ["ines", "ian"]},
        follow_redirects=False,
    )
    other = town.browser("ian")
    where = other.post("/desk/queue/next?purpose=calibration").headers["location"]

    page = other.get(where).text

    assert "经过" not in page
    assert data_of(page)["review"]["hits"] == {}


def test_a_lead_who_takes_part_is_as_blind_as_the_others(town: Town) -> None:
    reviewed(town)
    lead = town.browser("lena")
    lead.get("/desk/calibrations")
    made = lead.client.post(
        "/desk/calibrations",
        data={"csrf": lead.csrf, "call": "call-1", "inspector": ["ines", "lena"]},
        follow_redirects=False,
    ).headers["location"]

    assert lead.get(made).status_code == 404
    assert lead.get("/desk/calls/call-1").status_code == 404
    assert made not in lead.get("/desk/calibrations").text
    where = lead.post("/desk/queue/next?purpose=calibration").headers["location"]
    state = data_of(lead.get(where).text)["review"]
    items = {name: {"points": 1} for name in state["missing"]}
    path = f"/desk/api/reviews/{state['id']}/submit"
    assert lead.send("POST", path, {"revision": 0, "items": items}).status_code == 200

    assert lead.get(made).status_code == 200
    assert lead.get("/desk/calls/call-1").status_code == 200


def test_a_share_of_reviews_is_repeated_by_another(town: Town) -> None:
    town.settings.double_share = 1.0
    reviewed(town)

    assert "idle" in town.browser("ines").post("/desk/queue/next").headers["location"]
    assert "/desk/tasks/" in town.browser("ian").post("/desk/queue/next").headers["location"]


def test_after_a_purge_calibrations_are_still_there(town: Town) -> None:
    made = calibrated(town)

    purge(town.store, before=datetime.now(UTC) + timedelta(days=1), who="lena")

    lead = made["lead"]
    assert lead.get("/desk/calibrations").status_code == 200
    assert lead.get(made["path"]).text.count('class="differs"') == 3
