"""How often an address may connect: a burst at once, then one by one as the minute allows."""

from __future__ import annotations

import pytest
from starlette.websockets import WebSocket

from api.auth import Tokens
from api.live import socket_auth
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket, SocketAuth
from tests.api.live.servers import SECRET


class Clock:
    """Stands until it is told to go on."""

    now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()
    monkeypatch.setattr(socket_auth, "time", told)
    return told


def came(address: str) -> WebSocket:
    scope = {"type": "websocket", "headers": [], "client": (address, 1), "state": {}}
    return WebSocket(scope, receive=None, send=None)  # type: ignore[arg-type]


def gate(per_minute: int) -> SocketAuth:
    return SocketAuth(Tokens(SECRET), origins=(), connects_per_minute=per_minute)


def let_in(auth: SocketAuth, address: str) -> bool:
    try:
        auth.check_rate(came(address))
    except Refused as refused:
        return refused.why is not Why.TOO_MUCH
    return True


def test_a_bucket_gives_its_burst_then_as_much_as_time_puts_in(clock: Clock) -> None:
    bucket = Bucket(rate=2.0, burst=3.0)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]

    clock.now_s += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]

    clock.now_s += 3_600
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_after_a_burst_of_a_minutes_connections_one_more_comes_in_each_share_of_a_minute(
    clock: Clock,
) -> None:
    auth = gate(per_minute=30)
    assert all(let_in(auth, "10.0.0.1") for _ in range(30))
    assert not let_in(auth, "10.0.0.1")

    clock.now_s += 1.9
    assert not let_in(auth, "10.0.0.1")
    clock.now_s += 0.2
    assert let_in(auth, "10.0.0.1")
    assert not let_in(auth, "10.0.0.1")


def test_one_address_that_connects_too_often_does_not_lock_out_others(clock: Clock) -> None:
    auth = gate(per_minute=1)

    assert [let_in(auth, "10.0.0.1"), let_in(auth, "10.0.0.1")] == [True, False]
    assert let_in(auth, "10.0.0.2")


def test_of_too_many_addresses_the_one_that_came_longest_ago_is_forgotten(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_auth, "ADDRESSES", 2)
    auth = gate(per_minute=1)
    for address in ("a", "b", "a", "c"):
        let_in(auth, address)

    assert [let_in(auth, address) for address in ("a", "c", "b")] == [False, False, True]
