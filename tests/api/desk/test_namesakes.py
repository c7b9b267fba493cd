"""Two agents of one name: each door opens the own calls and stays shut for the namesake's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from api.desk.desk import prepare_desk
from api.review.accounts import people
from api.review.accounts.people import AccountRole, Person
from api.review.coaching import notes
from api.review.errors import NotThere, ReviewError, Taken
from api.review.judging import draft_sheet, reviews, submitting
from api.review.judging.casefile import may_see
from api.review.tables import people as people_table
from api.settings import Settings
from api.store import CallFiling, Store, versions
from api.store.agents import identify
from api.store.tables import agents, calls
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_rules import TABLE
from tests.api.review.calls import report
from tests.api.review.sound import put_with_sound
from tests.qa_engine.report.sample_pack import pack

NAME = "王芳"
OWN, OTHER, NOBODYS = "call-1", "call-2", "call-3"


def filed(store: Store, number: int, agent: str, *, name: str = "") -> str:
    filing = CallFiling(agent=agent, agent_name=name, team="早班", started_at=datetime.now(UTC))
    store.save(report(number), filing, book=pack())
    return f"call-{number}"


def reviewed(store: Store, call_id: str) -> None:
    review = reviews.begin(store, call_id, purpose="sample", login="ines")
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, review)
    answers = {name: {"points": 1} for name in sheet.missing}
    submitting.submit(store, review.id, login="ines", revision=0, answers=answers, comment="")


@pytest.fixture(scope="module")
def one_name(settled_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Anna (1001) and Ada (1002) are both called 王芳; the third call was filed by name only."""
    import shutil

    folder = tmp_path_factory.mktemp("namesakes")
    shutil.copy(settled_file, folder / "town.db")
    store = Store.open(str(folder / "town.db"))
    town = Town(store, Settings(data_dir=folder))
    prepare_desk(store, town.settings)
    with store.writing() as connection:
        for login, number in (("anna", "1001"), ("ada", "1002")):
            mine = update(people_table).where(people_table.c.login == login)
            connection.execute(mine.values(agent=number, name=NAME))
            connection.execute(insert(agents).values(number=number, name=NAME))
    put_with_sound(store, folder, 1, agent="1001")
    put_with_sound(store, folder, 2, agent="1002")
    filed(store, 3, NAME)
    for call in (OWN, OTHER):
        reviewed(store, call)
    for number in ("1001", "1002"):
        notes.give(store, number, title=f"给 {number}", words="先致歉", chosen=[], by="lena")
    yield town
    store.close()


def of_one_call() -> list[Any]:
    """Every route of one call that an agent may use."""
    return [
        pytest.param(*param.values[:2], id=param.id)
        for param in TABLE
        if "{call_id}" in str(param.values[1]) and AccountRole.AGENT in param.values[2]  # type: ignore[operator]
    ]


def asked(browser: Browser, method: str, path: str, call: str) -> int:
    target = path.replace("{call_id}", call)
    fields = {"csrf": browser.csrf, "words": "收到了", "reason": "请再听一遍这段录音"}
    answer = browser.client.request(
        method, target, data=fields if method == "POST" else None, follow_redirects=False
    )
    return int(answer.status_code)


def test_there_are_routes_to_try() -> None:
    assert len(of_one_call()) >= 5


@pytest.mark.parametrize(("method", "path"), of_one_call())
@pytest.mark.parametrize("call", [OTHER, NOBODYS])
def test_a_namesakes_call_does_not_exist(one_name: Town, method: str, path: str, call: str) -> None:
    assert asked(one_name.browser("anna"), method, path, call) == 404


@pytest.mark.parametrize(("method", "path"), of_one_call())
def test_the_own_call_opens(one_name: Town, method: str, path: str) -> None:
    assert asked(one_name.browser("anna"), method, path, OWN) in (200, 303, 409)


NUMBERED = [
    pytest.param(*param.values[:2], id=param.id)
    for param in TABLE
    if "{" in str(param.values[1])
    and "{call_id}" not in str(param.values[1])
    and AccountRole.AGENT in param.values[2]  # type: ignore[operator]
]
"""Every other route with a number in it that an agent may use."""


def test_what_else_an_agent_may_open_by_number_are_notes() -> None:
    assert {str(param.values[1]) for param in NUMBERED} == {"/desk/coaching/{number}"}


@pytest.mark.parametrize(("method", "path"), NUMBERED)
def test_a_namesakes_note_does_not_exist(one_name: Town, method: str, path: str) -> None:
    for login, own, other in (("anna", "1", "2"), ("ada", "2", "1")):
        browser = one_name.browser(login)
        assert asked(browser, method, path.replace("{number}", other), "") == 404
        assert asked(browser, method, path.replace("{number}", own), "") in (200, 303, 409)


def test_notices_and_lists_are_ones_own(one_name: Town) -> None:
    for login, own, other in (("anna", "1001", "1002"), ("ada", "1002", "1001")):
        browser = one_name.browser(login)
        assert f"给 {own}" in browser.get("/desk/my?unit=quarter").text
        assert f"给 {other}" not in browser.page
        shown = set(re.findall(r"/desk/coaching/(\d)", browser.get("/desk/notices").text))
        assert shown == {str(int(own) - 1000)}


def test_an_agents_board_shows_none_of_a_namesakes_calls(one_name: Town) -> None:
    for login, own in (("anna", OWN), ("ada", OTHER)):
        page = one_name.browser(login).get("/desk/my?unit=quarter&agent=1002").text
        assert set(re.findall(r"/desk/calls/(call-\d)", page)) == {own}


def test_boards_tell_namesakes_apart(one_name: Town) -> None:
    page = one_name.browser("lena").get("/desk/boards?unit=quarter").text

    assert "王芳（1001）" in page
    assert "王芳（1002）" in page
    assert "agent=1001" in page


def test_the_trail_tells_accounts_of_one_name_apart_and_is_found_by_one_of_them(
    one_name: Town,
) -> None:
    for login, call in (("anna", OWN), ("ada", OTHER)):
        one_name.browser(login).get(f"/desk/calls/{call}")
    admin = one_name.browser("adam")

    page = admin.get("/desk/audit?action=call.read").text
    assert f'<td class="name">{NAME}（anna）</td>' in page
    assert f'<td class="name">{NAME}（ada）</td>' in page
    assert f'<option value="anna">{NAME}（anna）</option>' in page
    for told in ("anna", "1001", f"{NAME}（anna）", f"{NAME}（1001）"):
        mine = admin.get(f"/desk/audit?action=call.read&who={told}").text
        assert (mine.count(f"{NAME}（anna）</td>"), mine.count(f"{NAME}（ada）</td>")) == (1, 0)
    both = admin.get(f"/desk/audit?action=call.read&who={NAME}").text
    assert f"{NAME}（anna）</td>" in both
    assert f"{NAME}（ada）</td>" in both


def test_the_course_of_a_call_tells_who_confirmed_and_appealed_with_name_and_number(
    one_name: Town,
) -> None:
    with one_name.store.reading() as connection:
        (review,) = reviews.of_call(connection, OWN)
    with suppress(Taken):
        submitting.acknowledge(one_name.store, review.id, login="anna", comment="收到了")
    anna = one_name.browser("anna")
    anna.get(f"/desk/calls/{OWN}")
    anna.post(f"/desk/calls/{OWN}/appeal", reason="请再听一遍这段录音")

    page = one_name.browser("lena").get(f"/desk/calls/{OWN}").text
    trail = page[page.index('id="trail-title"') :]
    assert trail.count(f'<p class="soft">{NAME}（1001） ') == 2


def test_a_name_that_two_have_shows_the_calls_of_both(one_name: Town) -> None:
    page = one_name.browser("lena").get(f"/desk/boards?unit=quarter&agent={NAME}").text

    assert "王芳（1001）" in page
    assert "王芳（1002）" in page


@pytest.mark.parametrize(
    ("agent", "row"), [("", ""), ("", "1001"), ("1001", ""), ("1001", "1002"), ("王芳", "")]
)
def test_no_number_opens_nothing(town: Town, agent: str, row: str) -> None:
    """An account without a number, and a call without one, meet nowhere."""
    filed(town.store, 1, row, name="" if row else NAME)
    person = Person(login="anna", name=NAME, role=AccountRole.AGENT, agent=agent)

    with town.store.reading() as connection, pytest.raises(NotThere):
        may_see(connection, person, OWN)


def test_an_account_without_a_number_sees_no_unowned_call(town: Town) -> None:
    filed(town.store, 1, "")
    with town.store.writing() as connection:
        connection.execute(update(people_table).values(agent=""))
    browser = town.browser("anna")

    assert browser.get("/desk/calls/call-1").status_code == 404
    assert "/desk/calls/" not in browser.get("/desk/my?unit=quarter").text


def test_a_name_is_taken_for_a_number_only_where_one_agent_has_it(store: Store) -> None:
    people.create_user(store, "fang1", role="agent", name=NAME, agent="1001")
    with store.reading() as connection:
        assert identify(connection, NAME).number == "1001"
    people.create_user(store, "fang2", role="agent", name=NAME, agent="1002")

    filed(store, 1, NAME)

    with store.reading() as connection:
        assert identify(connection, NAME).namesakes == ("1001", "1002")
        row = connection.execute(select(calls)).one()
    assert (row.agent, row.agent_name) == ("", NAME)


def test_a_number_belongs_to_one_account(store: Store) -> None:
    people.create_user(store, "fang1", role="agent", name=NAME, agent="1001")

    with pytest.raises(Taken):
        people.create_user(store, "fang2", role="agent", name=NAME, agent="1001")
    with pytest.raises(ReviewError, match="staff number"):
        people.create_user(store, "fang3", role="agent", agent=NAME)
    with store.reading() as connection:
        assert [p.login for p in people.everybody(connection)] == ["fang1"]


def test_an_administrator_says_whose_a_call_under_a_name_is(one_name: Town) -> None:
    admin = one_name.browser("adam")
    page = admin.get("/desk/people").text
    assert "同名工号：1001、1002" in page
    assert admin.post("/desk/unnumbered", name=NAME, number="9999").status_code == 404

    assert admin.post("/desk/unnumbered", name=NAME, number="1002").status_code == 303

    assert one_name.browser("ada").get(f"/desk/calls/{NOBODYS}").status_code == 200
    assert one_name.browser("anna").get(f"/desk/calls/{NOBODYS}").status_code == 404
    filed(one_name.store, 3, NAME)
    assert one_name.browser("ada").get(f"/desk/calls/{NOBODYS}").status_code == 200


def test_an_older_store_closes_the_calls_that_two_accounts_shared(store: Store) -> None:
    """Access went by name: shared names open nothing any more, single ones stay with their owner."""
    told = {"call-1": "王芳", "call-2": "李静", "call-3": "1003", "call-4": "赵云"}
    for number in range(1, 5):
        filed(store, number, "")
    for login, role in (("fang1", "agent"), ("fang2", "agent"), ("jing", "agent")):
        people.create_user(store, login, role=role)
    versions.downgrade(store.engine, "0008")
    old = calls.c
    with store.writing() as connection:
        for call_id, agent in told.items():
            connection.execute(update(calls).where(old.id == call_id).values(agent=agent))
        for login, agent in (("fang1", "王芳"), ("fang2", "王芳"), ("jing", "李静")):
            mine = update(people_table).where(people_table.c.login == login)
            connection.execute(mine.values(agent=agent))

    versions.upgrade(store.engine)

    with store.reading() as connection:
        rows = connection.execute(select(old.id, old.agent, old.agent_name).order_by(old.id)).all()
        numbers = {p.login: p.agent for p in people.everybody(connection)}
        assert identify(connection, "李静").number == "jing"
    assert [tuple(row) for row in rows] == [
        ("call-1", "", "王芳"),
        ("call-2", "jing", ""),
        ("call-3", "1003", ""),
        ("call-4", "", "赵云"),
    ]
    assert numbers == {"fang1": "fang1", "fang2": "fang2", "jing": "jing"}
