"""How long a login lasts, what ends it, and what is kept of it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from api.review.accounts import people, sessions
from api.review.accounts.attempts import note_failure
from api.review.accounts.sessions import LoginSession, TooManyAttempts
from api.review.errors import NotAllowed
from api.review.tables import attempts
from api.review.tables import people as people_table
from api.review.tables import sessions as sessions_table
from api.store import Store
from api.store.tables import audit
from tests.api.review.accounts.conftest import Clock


@pytest.fixture
def first(store: Store) -> str:
    """anna's password."""
    return people.create_user(store, "anna", role="agent")


def opened(store: Store) -> LoginSession:
    return sessions.begin(store, "anna", how="test")


def traces(store: Store) -> list[tuple[str, str, str]]:
    """(who, action, subject) of what was done with sessions."""
    rows = select(audit.c.who, audit.c.action, audit.c.subject).order_by(audit.c.n)
    with store.reading() as connection:
        found = [(row.who, row.action, row.subject) for row in connection.execute(rows)]
    return [one for one in found if one[1].startswith("session.")]


def test_a_login_in_use_ends_after_twelve_hours(store: Store, first: str, clock: Clock) -> None:
    session = opened(store)
    for _ in range(5):
        clock.on(hours=2)
        assert sessions.resume(store, session.token) is not None
    clock.on(hours=2, seconds=-1)
    assert sessions.resume(store, session.token) is not None
    clock.on(seconds=1)
    assert sessions.resume(store, session.token) is None


def test_a_login_that_lies_idle_ends_after_two_hours(
    store: Store, first: str, clock: Clock
) -> None:
    session = opened(store)
    clock.on(hours=2, seconds=1)
    assert sessions.resume(store, session.token) is None


def test_that_it_was_used_is_noted_once_a_minute(store: Store, first: str, clock: Clock) -> None:
    session, since = opened(store), clock.at
    for seconds, noted in ((60, False), (1, True)):
        clock.on(seconds=seconds)
        resumed = sessions.resume(store, session.token)
        assert resumed == session
        with store.reading() as connection:
            seen_at = connection.scalar(select(sessions_table.c.seen_at))
        assert seen_at == (clock.at if noted else since)


def test_a_new_login_clears_away_those_that_are_over(
    store: Store, first: str, clock: Clock
) -> None:
    opened(store)
    clock.on(hours=11)
    opened(store)
    clock.on(hours=2)
    opened(store)
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(sessions_table)) == 2


def test_a_cookie_and_its_form_token_are_256_and_192_random_bits(store: Store, first: str) -> None:
    one, other = opened(store), opened(store)
    assert (len(one.token), len(one.csrf)) == (43, 32)
    assert len({one.token, other.token, one.csrf, other.csrf}) == 4


def test_a_closed_account_resumes_and_begins_nothing(store: Store, first: str) -> None:
    session = opened(store)
    with store.writing() as connection:
        connection.execute(update(people_table).values(active=False))
    assert sessions.resume(store, session.token) is None
    for login in ("anna", "stranger"):
        with pytest.raises(NotAllowed):
            sessions.begin(store, login, how="test")
    with pytest.raises(NotAllowed):
        sessions.log_in(store, "anna", first, address="here")


def test_an_unknown_cookie_resumes_nothing_and_ends_nothing(store: Store, first: str) -> None:
    session = opened(store)
    assert sessions.resume(store, "guessed") is None
    sessions.end(store, "guessed")
    assert sessions.resume(store, session.token) is not None


def test_logging_out_ends_this_login_alone_and_leaves_a_trace(store: Store, first: str) -> None:
    session, other = opened(store), opened(store)
    sessions.end(store, session.token)
    assert sessions.resume(store, session.token) is None
    assert sessions.resume(store, other.token) is not None
    sessions.end(store, session.token)
    made = ("anna", "session.opened", "anna")
    assert traces(store) == [made, made, ("anna", "session.closed", "anna")]


def test_a_refused_login_is_kept_with_its_address_and_a_strangers_without_what_was_typed(
    store: Store, first: str
) -> None:
    address = "x" * 70
    for login in ("anna", "my password by mistake"):
        with pytest.raises(NotAllowed):
            sessions.log_in(store, login, "wrong", address=address)
    assert traces(store) == [
        ("x" * 64, "session.refused", "anna"),
        ("x" * 64, "session.refused", "nobody of that name"),
    ]


def test_attempts_are_counted_for_the_first_64_characters_of_a_login_in_any_case(
    store: Store, first: str
) -> None:
    for login in ("A" * 64, "a" * 70):
        with pytest.raises(NotAllowed):
            sessions.log_in(store, login, "wrong", address="y" * 70)
    with store.reading() as connection:
        kept = {row.key: row.failures for row in connection.execute(select(attempts))}
    assert kept == {f"login {'a' * 64}": 2, f"address {'y' * 64}": 2}


def test_a_login_with_more_behind_it_is_another_one(store: Store) -> None:
    login = "a" * 64
    first = people.create_user(store, login, role="agent")
    with pytest.raises(NotAllowed):
        sessions.log_in(store, login + "x", first, address="here")
    assert traces(store) == [("here", "session.refused", "nobody of that name")]


def test_a_right_password_makes_wrong_ones_of_its_login_forgotten(store: Store, first: str) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(NotAllowed):
                sessions.log_in(store, "anna", "wrong", address="here")
        assert sessions.log_in(store, "anna", first, address="here").person.login == "anna"
    with store.reading() as connection:
        kept = {row.key: row.failures for row in connection.execute(select(attempts))}
    assert kept == {"address here": 8}


@pytest.mark.parametrize(("key", "failures"), [("login anna", 5), ("address here", 30)])
def test_too_many_attempts_of_the_login_or_from_the_address_make_wait(
    store: Store, first: str, key: str, failures: int
) -> None:
    with store.writing() as connection:
        for _ in range(failures):
            note_failure(connection, key)
    with pytest.raises(TooManyAttempts):
        sessions.log_in(store, "anna", first, address="here")


def test_the_wait_is_told_in_seconds() -> None:
    told = TooManyAttempts(17)
    assert (told.seconds, told.status, "wait 17 s" in str(told)) == (17, 429, True)


def test_without_a_cookie_each_person_has_a_form_token_of_this_process() -> None:
    assert sessions.proxy_csrf("anna") == sessions.proxy_csrf("anna")
    assert sessions.proxy_csrf("anna") != sessions.proxy_csrf("ines")
    assert len(sessions.proxy_csrf("anna")) == 64
