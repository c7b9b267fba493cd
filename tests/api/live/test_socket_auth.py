"""How often an address may connect, which host is ours, and how a refusal is told."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.websockets import WebSocket, WebSocketState

from api.auth import Tokens
from api.live import socket_auth
from api.live.metrics import Metrics
from api.live.refusals import Refused, Why
from api.live.socket_auth import Bucket, SocketAuth, is_known_host, receive, refuse, turn_away
from tests.api.live.peer import GONE, TEXT, Peer, opened, run
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

    clock.now_s += 1.99
    assert not let_in(auth, "10.0.0.1")
    clock.now_s += 0.02
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


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8765", True),
        ("localhost", True),
        ("[::1]:8765", True),
        ("qa.example:443", True),
        ("evil.example", False),
        ("", False),
    ],
)
def test_a_host_is_this_machine_or_a_name_that_it_was_given(host: str, known: bool) -> None:
    assert is_known_host(host, {"qa.example"}) is known


def test_who_is_turned_away_before_the_handshake_gets_a_close_code_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    peer, metrics = Peer(), Metrics()
    with caplog.at_level(logging.INFO, "qa_engine.sockets"):
        run(turn_away(peer.socket, Refused(Why.ORIGIN, "no"), metrics, "c-1"))
    assert [(one["type"], one["code"]) for one in peer.told] == [("websocket.close", 4403)]
    assert vars(caplog.records[-1])["peer"] == "10.0.0.1"
    assert metrics.refused.labels("origin")._value.get() == 1


def test_afterwards_the_reason_is_told_and_the_close_frame_holds_what_fits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    peer, metrics = opened(), Metrics()
    peer.socket.state.caller = "192.0.2.7"
    reason = "太" * 60
    with caplog.at_level(logging.INFO, "qa_engine.sockets"):
        run(turn_away(peer.socket, Refused(Why.TOKEN, reason), metrics))
    told, close = peer.told[1:]
    assert json.loads(told["text"])["reason"] == reason
    assert (close["code"], close["reason"]) == (4403, "太" * 40)
    assert vars(caplog.records[-1])["peer"] == "192.0.2.7"
    plain = opened()
    run(turn_away(plain.socket, Refused(Why.TOKEN, "x" * 200), metrics))
    assert plain.told[-1]["reason"] == "x" * 120


def test_a_socket_has_five_seconds_to_show_a_token_and_a_minute_after_its_login_ended() -> None:
    assert (socket_auth.AUTH_WAIT_S, socket_auth.LOGIN_LOOK_S) == (5.0, 60.0)
    assert socket_auth.ADDRESSES == 10_000


def test_a_peer_that_is_gone_is_told_nothing() -> None:
    peer = opened(GONE)
    assert run(receive(peer.socket)) is None
    assert peer.socket.client_state is WebSocketState.DISCONNECTED
    run(refuse(peer.socket, Refused(Why.TOKEN, "no")))
    assert len(peer.told) == 1


def test_a_message_is_text_or_bytes_and_nothing_is_no_bytes() -> None:
    peer = opened({"type": TEXT, "text": "words"}, {"type": TEXT, "bytes": b"\1"}, {"type": TEXT})
    assert [run(receive(peer.socket)) for _ in range(3)] == ["words", b"\1", b""]
