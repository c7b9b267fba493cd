"""How long a wrong password makes wait, to the second."""

from __future__ import annotations

from sqlalchemy import select

from api.review.accounts.attempts import forget, note_failure, wait_s
from api.review.tables import attempts
from api.store import Store
from tests.api.review.accounts.conftest import Clock

LOGIN, ADDRESS = "login anna", "address proxy"


def waits_after(store: Store, key: str, failures: int) -> list[int]:
    """Seconds to wait before any failure and after each of so many."""
    with store.writing() as connection:
        found = [wait_s(connection, key)]
        for _ in range(failures):
            note_failure(connection, key)
            found.append(wait_s(connection, key))
    return found


def wait(store: Store, key: str) -> int:
    with store.reading() as connection:
        return wait_s(connection, key)


def failures(store: Store, key: str) -> int | None:
    with store.reading() as connection:
        return connection.scalar(select(attempts.c.failures).where(attempts.c.key == key))


def test_for_a_login_the_wait_doubles_from_the_fifth_failure_to_a_quarter_of_an_hour(
    store: Store, clock: Clock
) -> None:
    doubled = [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert waits_after(store, LOGIN, 16) == [0, 0, 0, 0, 0, *doubled]

    clock.on(seconds=890.5)
    assert wait(store, LOGIN) == 10
    clock.on(seconds=9.5)
    assert wait(store, LOGIN) == 0
    clock.on(minutes=5)
    assert wait(store, LOGIN) == 0


def test_an_address_may_fail_thirty_times_at_once_and_then_twice_a_minute(
    store: Store, clock: Clock
) -> None:
    assert waits_after(store, ADDRESS, 31) == [*([0] * 30), 30, 60]

    clock.on(seconds=10)
    assert wait(store, ADDRESS) == 50
    clock.on(seconds=20)
    assert wait(store, ADDRESS) == 30
    clock.on(seconds=29.5)
    assert wait(store, ADDRESS) == 1
    clock.on(seconds=0.5)
    assert wait(store, ADDRESS) == 0


def test_an_address_waits_a_quarter_of_an_hour_at_most(store: Store, clock: Clock) -> None:
    assert waits_after(store, ADDRESS, 80)[-1] == 900


def test_every_half_minute_an_address_has_one_failure_less_and_never_fewer_than_none(
    store: Store, clock: Clock
) -> None:
    waits_after(store, ADDRESS, 5)
    clock.on(seconds=60)
    waits_after(store, ADDRESS, 1)
    assert failures(store, ADDRESS) == 4
    clock.on(hours=1)
    waits_after(store, ADDRESS, 1)
    assert failures(store, ADDRESS) == 1


def test_a_login_is_not_forgiven_by_the_half_minute_but_forgotten_after_a_day(
    store: Store, clock: Clock
) -> None:
    waits_after(store, LOGIN, 3)
    clock.on(hours=24)
    waits_after(store, LOGIN, 1)
    assert failures(store, LOGIN) == 4
    clock.on(hours=24, seconds=1)
    waits_after(store, ADDRESS, 1)
    assert failures(store, LOGIN) is None


def test_what_is_forgotten_under_one_key_stays_under_the_others(store: Store, clock: Clock) -> None:
    waits_after(store, LOGIN, 5)
    waits_after(store, ADDRESS, 2)
    with store.writing() as connection:
        forget(connection, LOGIN)
    assert wait(store, LOGIN) == 0
    assert failures(store, ADDRESS) == 2
