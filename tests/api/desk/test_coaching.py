"""Comments on a second, collected into a note that the agent acknowledges; everybody is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from api.desk.coaching_http import moment_of
from api.review.errors import ReviewError
from api.review.purge import purge
from api.review.tables import coaching_notes, notices, pins
from api.store.agents import introduce
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_appeals import appealed, reviewed
from tests.api.desk.test_case import answers, opened
from tests.api.review.calls import put


def pinned(town: Town, *, call: int = 1, agent: str = "anna") -> Browser:
    """A lead has pinned a comment to a call of this agent."""
    put(town.store, call, agent=agent)
    lead = town.browser("lena")
    lead.get(f"/desk/calls/call-{call}")
    told = lead.post(f"/desk/calls/call-{call}/pins", at="0:22", words=f"这里先致歉 {call}")
    assert told.status_code == 303, told.text
    return lead


def given(town: Town) -> tuple[Browser, str]:
    lead = pinned(town)
    page = lead.get("/desk/coaching?agent=anna").text
    number = re.findall(r'name="pin" value="(\d+)"', page)[0]
    told = lead.post("/desk/coaching", agent="anna", title="致歉", words="先致歉", pin=number)
    assert told.status_code == 303, told.text
    return lead, told.headers["location"]


def test_a_comment_is_pinned_to_a_second_and_the_agent_does_not_see_it_yet(
    each_town: Town,
) -> None:
    lead = pinned(each_town)

    assert "这里先致歉 1" in lead.get("/desk/calls/call-1").text
    assert "这里先致歉" not in each_town.browser("anna").get("/desk/calls/call-1").text


def test_comments_become_a_note_that_the_agent_acknowledges_once(each_town: Town) -> None:
    lead, note = given(each_town)
    agent = each_town.browser("anna")
    assert "消息 1" in agent.get("/desk/my").text
    assert "致歉" in agent.page
    page = agent.get(note).text
    assert 'href="/desk/calls/call-1#t=22000"' in page
    assert "这里先致歉 1" in agent.get("/desk/calls/call-1").text

    agent.get(note)
    assert agent.post(note, words="明白了").status_code == 303
    assert agent.post(note, words="又来").status_code == 409

    assert "明白了" in lead.get(note).text
    assert "消息 1" in lead.page
    assert "坐席已确认辅导单" in lead.get("/desk/notices").text
    assert "消息 1" not in lead.get("/desk/notices").text


def test_a_note_is_of_one_agent_and_read_by_that_agent_alone(town: Town) -> None:
    _, note = given(town)
    assert town.browser("ada").get(note).status_code == 404
    other = pinned(town, call=2, agent="ada")
    with town.store.reading() as connection:
        theirs = connection.scalar(select(pins.c.id).where(pins.c.call_id == "call-2"))

    told = other.post("/desk/coaching", agent="anna", title="不是她的", pin=str(theirs))

    assert told.status_code == 404


def test_only_ones_own_loose_comment_can_be_removed(town: Town) -> None:
    lead = pinned(town)
    inspector = town.browser("ines")
    inspector.get("/desk/calls/call-1")
    assert inspector.post("/desk/pins/1/remove").status_code == 404

    assert lead.post("/desk/pins/1/remove").status_code == 303

    with town.store.reading() as connection:
        assert connection.execute(select(pins)).all() == []


def test_appeals_and_their_answers_are_told(town: Town) -> None:
    reviewed(town)
    agent = appealed(town)
    lead = town.browser("lena")
    assert "消息 1" in lead.get("/desk/boards").text
    told = lead.get("/desk/notices").text
    assert "有新的申诉等待答复" in told
    assert re.search(r"anna \d{4}-\d\d-\d\d \d\d:\d\d 的通话", told)
    assert ">call-1" not in told
    lead.get("/desk/appeals/1")
    lead.post("/desk/appeals/1", do="reject", words="录音里确实说了")

    assert "申诉有了答复" in agent.get("/desk/notices").text
    assert "申诉有了答复" in town.browser("ines").get("/desk/notices").text


def test_a_purge_takes_comments_and_the_words_of_their_note(town: Town) -> None:
    given(town)

    purge(town.store, before=datetime.now(UTC) + timedelta(days=1), who="lena")

    with town.store.reading() as connection:
        assert connection.execute(select(pins)).all() == []
        note = connection.execute(select(coaching_notes)).one()
        assert (note.title, note.words) == ("", "")
        assert connection.execute(select(notices)).all()
    assert town.browser("lena").get("/desk/coaching").status_code == 200


@pytest.mark.parametrize(
    ("typed", "ms"), [("0:22", 22_000), ("1:05", 65_000), ("65", 65_000), ("1：02：03", 3_723_000)]
)
def test_a_moment_is_typed_as_people_do(typed: str, ms: int) -> None:
    assert moment_of(typed) == ms


@pytest.mark.parametrize("typed", ["", "x", "1:2:3:4", "-5"])
def test_what_is_no_moment_is_refused(typed: str) -> None:
    with pytest.raises(ReviewError):
        moment_of(typed)


def test_an_agent_is_found_by_name_and_namesakes_are_told_apart(town: Town) -> None:
    pinned(town)
    with town.store.writing() as connection:
        introduce(connection, "anna", name="安娜")
    lead = town.browser("lena")
    assert 'name="pin"' in lead.get("/desk/coaching?agent=安娜").text
    assert "没有这个坐席" in lead.get("/desk/coaching?agent=没有这人").text

    with town.store.writing() as connection:
        introduce(connection, "ada", name="安娜")

    page = lead.get("/desk/coaching?agent=安娜").text
    assert "有几位同名" in page
    assert 'href="/desk/coaching?agent=anna">安娜（anna）' in page
    assert 'name="pin"' not in page


def test_an_agent_is_told_once_that_a_call_of_theirs_was_reviewed(each_town: Town) -> None:
    reviewed(each_town)
    agent = each_town.browser("anna")

    assert "消息 1" in agent.get("/desk/my").text
    page = agent.get("/desk/notices").text
    assert page.count("您的通话有了复核结果，请确认") == 1
    assert 'href="/desk/calls/call-1"' in page
    assert "没有消息" in each_town.browser("ada").get("/desk/notices").text


def test_an_agent_is_not_told_of_a_review_that_was_taken_back(each_town: Town) -> None:
    number = reviewed(each_town)
    agent = each_town.browser("anna")

    taken = each_town.browser("ines")
    assert taken.get("/desk/queue").status_code == 200
    assert taken.send("POST", f"/desk/api/reviews/{number}/withdraw", {}).status_code == 200

    assert "没有消息" in agent.get("/desk/notices").text


def test_a_blind_second_review_is_told_to_no_agent(town: Town) -> None:
    town.settings.double_share = 1.0
    reviewed(town)
    other, data = opened(town, "ian")
    path = f"/desk/api/reviews/{data['review']['id']}/submit"
    assert other.send("POST", path, answers(data["review"])).status_code == 200

    page = town.browser("anna").get("/desk/notices").text

    assert page.count("有了复核结果") == 1
