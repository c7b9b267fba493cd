"""Accounts: what is kept of a person, and whom a change shuts out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from api.review.accounts import passwords, people, sessions
from api.review.accounts.people import AccountRole, Person
from api.review.errors import NotThere, ReviewError, Taken
from api.review.tables import people as people_table
from api.store import Store
from api.store.tables import agents, audit


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing takes its time; how it is done is another file's."""
    monkeypatch.setattr(passwords, "hashed", lambda password, login: f"hash of {password}")


def made(store: Store, *logins: str, role: str = "inspector") -> None:
    for login in logins:
        people.create_user(store, login, role=role)


def one(store: Store, login: str) -> Person:
    with store.reading() as connection:
        found = people.find(connection, login)
    assert found is not None
    return found


def change(store: Store, login: str, **changes: Any) -> None:
    now = one(store, login)
    kept: dict[str, Any] = {name: getattr(now, name) for name in ("role", "name", "agent", "team")}
    people.change_person(store, login, by="adam", **(kept | {"active": True} | changes))


def traces(store: Store) -> list[tuple[str, str, str, dict[str, str]]]:
    rows = select(audit).where(audit.c.action.not_like("session.%")).order_by(audit.c.n)
    with store.reading() as connection:
        return [(r.who, r.action, r.subject, r.detail) for r in connection.execute(rows)]


def staff(store: Store) -> list[tuple[str, str, str, date | None]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(agents))]


def test_a_new_person_has_a_one_time_password_and_what_fits_of_name_and_team(store: Store) -> None:
    first = people.create_user(store, "ines", role="lead", name="n" * 90, team="t" * 130, by="adam")
    assert one(store, "ines") == Person(
        login="ines",
        name="n" * 80,
        role=AccountRole.LEAD,
        team="t" * 120,
        must_change=True,
        active=True,
    )
    with store.reading() as connection:
        kept = connection.scalar(select(people_table.c.password))
    assert kept == f"hash of {first}"
    assert traces(store) == [("adam", "person.made", "ines", {"role": "lead"})]
    assert staff(store) == []


def test_a_person_is_let_in_and_need_change_nothing_unless_that_is_told() -> None:
    plain = Person(login="ines", name="Ines", role=AccountRole.LEAD)
    assert (plain.active, plain.must_change) == (True, False)


def test_without_a_name_the_login_is_shown_and_is_an_agents_number(store: Store) -> None:
    made(store, "1001", role="agent")
    assert (one(store, "1001").name, one(store, "1001").agent) == ("1001", "1001")
    first_day = date(2026, 3, 2)
    people.create_user(
        store, "wang", role="agent", name="王芳", agent=" 1002 ", team="red", first_day=first_day
    )
    assert one(store, "wang").agent == "1002"
    assert staff(store) == [("1001", "1001", "", None), ("1002", "王芳", "red", first_day)]


@pytest.mark.parametrize("login", ["", "x y", "x" * 65])
def test_a_login_has_1_to_64_characters_and_no_spaces(store: Store, login: str) -> None:
    with pytest.raises(ReviewError) as refused:
        people.create_user(store, login, role="lead")
    assert refused.value.key == "bad_login"


def test_there_are_four_roles_and_no_others(store: Store) -> None:
    made(store, "ines")
    for role in AccountRole:
        change(store, "ines", role=role)
        assert one(store, "ines").role is role
    with pytest.raises(ReviewError) as created:
        made(store, "eva", role="boss")
    with pytest.raises(ReviewError) as changed:
        change(store, "ines", role="boss")
    assert (created.value.key, changed.value.key) == ("bad_role", "bad_role")


def test_two_accounts_have_no_staff_number_in_common(store: Store) -> None:
    made(store, "1001", role="agent")
    made(store, "ines")
    with pytest.raises(Taken) as created:
        people.create_user(store, "wang", role="agent", agent="1001")
    with pytest.raises(Taken) as changed:
        change(store, "ines", agent="1001")
    assert (created.value.key, changed.value.key) == ("number_taken", "number_taken")
    change(store, "1001", name="王芳")
    assert staff(store) == [("1001", "王芳", "", None)]


def test_a_staff_number_is_no_name_but_one_from_before_stays(store: Store) -> None:
    made(store, "ines")
    with pytest.raises(ReviewError) as refused:
        change(store, "ines", agent="王芳")
    assert refused.value.key == "bad_number"
    with store.writing() as connection:
        connection.execute(update(people_table).values(agent="王芳"))
    change(store, "ines", team="red")
    assert (one(store, "ines").agent, one(store, "ines").team) == ("王芳", "red")
    change(store, "ines", agent="")
    assert one(store, "ines").agent == ""


def test_inspectors_and_leads_may_judge_who_are_not_shut_out(store: Store) -> None:
    for login, name in (("ines", "王芳"), ("ida", "陈一"), ("iris", "赵二")):
        people.create_user(store, login, role="inspector", name=name)
    people.create_user(store, "lena", role="lead", name="李三")
    people.create_user(store, "lars", role="lead", name="安")
    made(store, "1001", role="agent")
    made(store, "adam", role="admin")
    people.set_active(store, "iris", active=False)
    people.set_active(store, "lars", active=False)
    with store.reading() as connection:
        assert [who.login for who in people.inspectors(connection)] == ["ida", "lena", "ines"]
        assert people.leads(connection) == ["lena"]
        assert people.names(connection)["ines"] == "王芳"
        logins = [who.login for who in people.everybody(connection)]
        assert people.find(connection, "stranger") is None
    assert logins == ["1001", "adam", "ida", "ines", "iris", "lars", "lena"]


def test_people_of_one_name_are_told_apart_and_found_by_whatever_is_shown(store: Store) -> None:
    people.create_user(store, "fang1", role="agent", name="王芳", agent="1001")
    people.create_user(store, "fang2", role="inspector", name="王芳")
    made(store, "ines")
    with store.reading() as connection:
        assert people.names(connection) == {
            "fang1": "王芳（1001）",
            "fang2": "王芳（fang2）",
            "ines": "ines",
        }
        assert list(people.accounts(connection).values()) == [
            "王芳（fang1）",
            "王芳（fang2）",
            "ines",
        ]
        for told, logins in (
            ("王芳", ["fang1", "fang2"]),
            ("1001", ["fang1"]),
            ("王芳（1001）", ["fang1"]),
            ("王芳（fang1）", ["fang1"]),
            ("ines", ["ines"]),
            ("stranger", []),
        ):
            assert sorted(people.meant(connection, told)) == logins
        found = [people.of_agent(connection, number) for number in ("1001", "1002")]
    assert found == ["fang1", ""]


@pytest.mark.parametrize("loses", [{"role": "lead"}, {"active": False}])
def test_an_administrator_may_go_while_another_is_there(
    store: Store, loses: dict[str, Any]
) -> None:
    made(store, "adam", "ada", role="admin")
    change(store, "adam", **loses)
    with pytest.raises(Taken) as refused:
        change(store, "ada", **loses)
    assert refused.value.key == "last_admin"
    change(store, "ada", name="Ada")
    assert one(store, "ada").name == "Ada"


def test_of_administrators_only_those_count_who_may_come_in(store: Store) -> None:
    made(store, "adam", "ada", role="admin")
    made(store, "lena", role="lead")
    people.set_active(store, "adam", active=False)
    with pytest.raises(Taken):
        people.set_active(store, "ada", active=False)
    people.set_active(store, "lena", active=False)
    assert not one(store, "lena").active


def test_a_closed_account_of_an_administrator_may_be_changed(store: Store) -> None:
    made(store, "adam", "ada", role="admin")
    people.set_active(store, "adam", active=False)
    change(store, "adam", name="Adam", active=False)
    assert one(store, "adam").name == "Adam"
    change(store, "adam", role="lead", active=False)
    assert one(store, "adam").role is AccountRole.LEAD


@pytest.mark.parametrize(
    ("changes", "stays"),
    [({"name": "Ines"}, True), ({"team": "red"}, True), ({"role": "lead"}, False)],
)
def test_a_new_role_ends_the_logins_of_this_person_alone(
    store: Store, changes: dict[str, str], stays: bool
) -> None:
    made(store, "ines", "ida")
    session, other = (sessions.begin(store, who, how="test") for who in ("ines", "ida"))
    change(store, "ines", **changes)
    assert (sessions.resume(store, session.token) is not None) is stays
    assert sessions.resume(store, other.token) is not None


def test_who_is_shut_out_and_let_in_again_has_to_log_in_again(store: Store) -> None:
    made(store, "ines")
    session = sessions.begin(store, "ines", how="test")
    people.set_active(store, "ines", active=False, by="adam")
    people.set_active(store, "ines", active=True, by="adam")
    assert sessions.resume(store, session.token) is None
    kept = {"role": "inspector", "name": "ines", "agent": "", "team": ""}
    assert traces(store)[1:] == [
        ("adam", "person.changed", "ines", kept | {"active": "False"}),
        ("adam", "person.changed", "ines", kept | {"active": "True"}),
    ]


@pytest.mark.parametrize("one_time", [True, False])
def test_a_password_of_ones_own_leaves_the_second_step_and_a_one_time_one_does_not(
    store: Store, one_time: bool
) -> None:
    made(store, "ines", "ida")
    with store.writing() as connection:
        connection.execute(update(people_table).values(totp="secret", totp_at=7))
    session, other = (sessions.begin(store, who, how="test") for who in ("ines", "ida"))
    if one_time:
        new = people.reset_password(store, "ines", by="adam")
    else:
        new = "a sentence of her own"
        people.set_password(store, "ines", new, by="adam")
    with store.reading() as connection:
        rows = connection.execute(select(people_table).order_by(people_table.c.login))
        other_row, row = rows.all()
    step = ("", 0) if one_time else ("secret", 7)
    assert (row.password, row.must_change) == (f"hash of {new}", one_time)
    assert ((row.totp, row.totp_at), (other_row.totp, other_row.totp_at)) == (step, ("secret", 7))
    assert other_row.password != row.password
    assert sessions.resume(store, session.token) is None
    assert sessions.resume(store, other.token) is not None
    assert traces(store)[-1] == ("adam", "password.set", "ines", {"one_time": str(one_time)})


def test_a_stranger_is_not_changed(store: Store) -> None:
    for act in (
        lambda: people.reset_password(store, "stranger"),
        lambda: people.set_active(store, "stranger", active=False),
        lambda: people.change_person(
            store, "stranger", by="adam", role="lead", name="", agent="", team="", active=True
        ),
    ):
        with pytest.raises(NotThere):
            act()
    assert traces(store) == []


def test_the_first_administrator_is_made_while_nobody_is_there(store: Store) -> None:
    assert people.first_admin(store, "root")
    assert one(store, "root").role is AccountRole.ADMIN
    assert people.first_admin(store, "other") is None
    assert traces(store) == [("first start", "person.made", "root", {"role": "admin"})]
