"""Who may come in, and what it costs to guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from api.review.accounts import passwords, people, sessions
from api.review.accounts.attempts import note_failure, wait_s
from api.review.accounts.sessions import TooManyAttempts
from api.review.errors import NotAllowed, ReviewError, Taken
from api.review.tables import attempts
from api.review.tables import people as people_table
from api.review.tables import sessions as sessions_table
from api.store import Store
from api.store.tables import audit


def test_the_first_start_makes_one_administrator_and_no_second(store: Store) -> None:
    first = people.first_admin(store)

    assert first is not None
    assert people.first_admin(store) is None
    session = sessions.log_in(store, "admin", first, address="here")
    assert session.person.role == "admin"
    assert session.person.must_change


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 300, "i am anna and proud", "123456789012", "aaaaaaaaaaaa", "qwertyuiop12"],
)
def test_a_bad_password_is_refused(store: Store, password: str) -> None:
    people.create_user(store, "anna", role="agent")

    with pytest.raises(ReviewError):
        people.set_password(store, "anna", password, by="anna")


def test_passwords_and_cookies_are_not_in_the_store(store: Store) -> None:
    first = people.create_user(store, "anna", role="agent")
    session = sessions.log_in(store, "anna", first, address="here")

    with store.reading() as connection:
        kept = str(connection.execute(select(people_table)).all())
        kept += str(connection.execute(select(sessions_table)).all())
        kept += str(connection.execute(select(audit)).all())
    assert first not in kept
    assert session.token not in kept
    assert "$argon2id$" in kept


def test_guessing_waits_longer_each_time(store: Store) -> None:
    people.create_user(store, "anna", role="agent")
    for _ in range(5):
        with pytest.raises(NotAllowed):
            sessions.log_in(store, "anna", "a wrong sentence", address="here")

    with pytest.raises(TooManyAttempts) as first:
        sessions.log_in(store, "anna", "a wrong sentence", address="elsewhere")
    with store.writing() as connection:
        row = update(attempts).where(attempts.c.key == "login anna")
        connection.execute(row.values(failures=12))
    with pytest.raises(TooManyAttempts) as later:
        sessions.log_in(store, "anna", "a wrong sentence", address="elsewhere")
    assert later.value.seconds > first.value.seconds


def test_a_whole_centre_behind_one_address_is_slowed_and_soon_forgiven(store: Store) -> None:
    """Thirty typing errors in a day are honest; thirty in a minute are not."""
    first = people.create_user(store, "anna", role="agent")
    with store.writing() as connection:
        for _ in range(30):
            note_failure(connection, "address proxy")
        assert 0 < wait_s(connection, "address proxy") <= 30
        assert wait_s(connection, "address elsewhere") == 0
    with pytest.raises(TooManyAttempts):
        sessions.log_in(store, "anna", first, address="proxy")

    with store.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=10)
        connection.execute(update(attempts).values(last_at=long_ago))
        assert wait_s(connection, "address proxy") == 0
        note_failure(connection, "address proxy")
        kept = connection.scalar(select(attempts.c.failures))

    assert kept == 30 - 20 + 1
    assert sessions.log_in(store, "anna", first, address="proxy").person.login == "anna"


def test_an_unknown_login_is_answered_like_a_wrong_password(store: Store) -> None:
    people.create_user(store, "anna", role="agent")
    told = []
    for login in ("anna", "nobody"):
        with pytest.raises(NotAllowed) as error:
            sessions.log_in(store, login, "a wrong sentence", address="here")
        told.append(str(error.value))

    assert told[0] == told[1]


@pytest.mark.parametrize("gone", ["expires_at", "seen_at"])
def test_a_session_ends_by_itself(store: Store, gone: str) -> None:
    first = people.create_user(store, "anna", role="agent")
    session = sessions.log_in(store, "anna", first, address="here")
    assert sessions.resume(store, session.token) is not None

    with store.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=1)
        connection.execute(update(sessions_table).values({gone: long_ago}))

    assert sessions.resume(store, session.token) is None


def test_a_new_password_ends_all_sessions(store: Store) -> None:
    first = people.create_user(store, "anna", role="agent")
    session = sessions.log_in(store, "anna", first, address="here")

    people.reset_password(store, "anna")

    assert sessions.resume(store, session.token) is None


def test_the_last_administrator_stays(store: Store) -> None:
    people.first_admin(store)
    change = {"name": "A", "agent": "", "team": "", "active": True}

    with pytest.raises(Taken):
        people.change_person(store, "admin", by="admin", role="agent", **change)


def test_a_login_is_taken_once(store: Store) -> None:
    people.create_user(store, "anna", role="agent")

    with pytest.raises(Taken):
        people.create_user(store, "anna", role="lead")


def test_one_time_passwords_are_all_different() -> None:
    assert len({passwords.one_time() for _ in range(100)}) == 100
