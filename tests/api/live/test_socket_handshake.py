"""What a socket must bring before it may do anything: an Origin of ours, and a token or a login."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import ANY_CALL, Grant, LoginMissing, Right, TokenRefused, Tokens
from api.live import socket_auth
from api.live.refusals import Refused, Why
from api.live.socket_auth import (
    SocketAuth,
    accepted_subprotocol,
)
from api.store import StoreError
from tests.api.live.peer import GONE, TEXT, Json, Peer, opened, run
from tests.api.live.servers import SECRET

TOKENS = Tokens(SECRET)
HOST = ("host", "qa.example")
OURS = ("origin", "https://qa.example")


class Desk:
    """Who is logged in."""

    def __init__(self, *answers: Grant | Exception) -> None:
        self.answers = list(answers)
        self.noted: list[tuple[str, str]] = []

    def grant(self, asked: HTTPConnection) -> Grant:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def note(self, grant: Grant, subject: str) -> None:
        if subject == "broken":
            raise StoreError("the disk is gone")
        self.noted.append((grant.login, subject))


INES = Grant(call=ANY_CALL, right=Right.SUPERVISE, expires_s=0, jti="", login="ines")


def gate(people: Desk | None = None, *origins: str) -> SocketAuth:
    return SocketAuth(TOKENS, origins=origins, connects_per_minute=60, people=people)


def refused(one: Coroutine[Any, Any, object]) -> Refused:
    with pytest.raises(Refused) as found:
        run(one)
    return found.value


@pytest.mark.parametrize(
    ("origin", "comes_in"),
    [
        ("https://qa.example", True),
        ("https://QA.example", True),
        ("https://crm.example", True),
        ("https://CRM.example/", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_a_page_comes_in_from_our_host_and_from_origins_that_are_named(
    origin: str, comes_in: bool
) -> None:
    peer = Peer(HOST, ("origin", origin))
    auth = gate(None, "https://crm.Example/")
    if comes_in:
        run(auth.accept(peer.socket))
        assert peer.told[0]["type"] == "websocket.accept"
    else:
        assert refused(auth.accept(peer.socket)).why is Why.ORIGIN
        assert peer.told == []


def test_a_program_has_no_origin_and_a_header_that_no_page_can_set_needs_none() -> None:
    run(gate().accept(Peer(HOST).socket))
    program = Peer(HOST, ("origin", "https://evil.example"), ("authorization", "Bearer x"))
    run(gate().accept(program.socket))
    assert program.socket.state.caller == "10.0.0.1"


def test_of_a_long_origin_the_first_hundred_characters_are_told() -> None:
    long = "https://" + "x" * 200
    told = refused(gate().accept(Peer(HOST, ("origin", long)).socket)).reason
    assert long[:100] in told
    assert long[:101] not in told


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
def test_a_token_comes_in_a_header(scheme: str) -> None:
    token = TOKENS.mint("c-1", Right.FEED)
    peer = Peer(("authorization", f"{scheme}  {token} "))
    assert run(gate().authenticate(peer.socket)).call == "c-1"


def test_a_token_comes_as_the_second_of_two_subprotocols() -> None:
    token = TOKENS.mint("c-1", Right.FEED)
    peer = Peer(offers=("bearer", token))
    run(gate().accept(peer.socket))
    assert peer.told[0]["subprotocol"] == "bearer"
    assert run(gate().authenticate(peer.socket)).call == "c-1"
    for offers in ((), ("bearer",), ("chat", token), ("bearer", token, "more")):
        assert accepted_subprotocol(Peer(offers=offers).socket) is None


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer "])
def test_a_header_without_a_token_leaves_it_to_the_first_message(header: str) -> None:
    said = json.dumps({"type": "Auth", "token": TOKENS.mint("c-2", Right.WATCH)})
    peer = Peer(("authorization", header))
    peer.sends.append({"type": TEXT, "text": said})
    run(peer.socket.accept())
    assert run(gate().authenticate(peer.socket)).call == "c-2"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"type": TEXT, "bytes": b"\0\0"}, "audio came before a token"),
        ({"type": TEXT, "text": '{"type": "KeepAlive"}'}, "not an Auth message"),
        ({"type": TEXT, "text": '{"type": "Auth", "token": "a.b.c"}'}, "JSON Web Token"),
    ],
)
def test_anything_else_first_is_refused(said: Json, why: str) -> None:
    found = refused(gate().authenticate(opened(said).socket))
    assert why in found.reason
    assert found.why is (Why.TOKEN if "a.b.c" in str(said) else Why.NO_TOKEN)


def test_who_says_nothing_is_refused_and_who_hangs_up_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket_auth, "AUTH_WAIT_S", 0.02)
    found = refused(gate().authenticate(opened().socket))
    assert (found.why, "within 0.02 s" in found.reason) == (Why.NO_TOKEN, True)
    with pytest.raises(WebSocketDisconnect) as gone:
        run(gate().authenticate(opened(GONE).socket))
    assert gone.value.code == 1005


def page(*headers: tuple[str, str], query: str = "login=1") -> WebSocket:
    return Peer(*(headers or (HOST, OURS)), query=query).socket


def test_a_page_of_ours_may_say_that_its_person_is_logged_in() -> None:
    assert run(gate(Desk(INES)).authenticate(page())).login == "ines"
    assert run(gate(Desk(INES)).authenticate(page(("host", "QA.example"), OURS))).login == "ines"


def test_a_token_goes_before_a_login() -> None:
    header = ("authorization", f"Bearer {TOKENS.mint('c-1', Right.WATCH)}")
    assert run(gate(Desk(INES)).authenticate(page(header, HOST, OURS))).call == "c-1"


@pytest.mark.parametrize("headers", [(HOST,), (HOST, ("origin", "https://evil.example"))])
def test_a_login_counts_on_no_other_page(headers: tuple[tuple[str, str], ...]) -> None:
    assert refused(gate(Desk(INES)).authenticate(page(*headers))).why is Why.ORIGIN


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (LoginMissing("log in"), Why.NO_TOKEN),
        (TokenRefused("not you"), Why.TOKEN),
        (StoreError("gone"), Why.OVERLOADED),
    ],
)
def test_a_login_that_is_none_says_why(fault: Exception, why: Why) -> None:
    assert refused(gate(Desk(fault)).authenticate(page())).why is why


def test_without_accounts_or_without_asking_for_one_a_token_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket_auth, "AUTH_WAIT_S", 0.02)
    for auth, query in ((gate(), "login=1"), (gate(Desk(INES)), "")):
        peer = Peer(HOST, OURS, query=query)
        run(peer.socket.accept())
        assert refused(auth.authenticate(peer.socket)).why is Why.NO_TOKEN


def test_what_a_person_watches_is_kept_first_and_of_a_token_nothing() -> None:
    desk = Desk(INES)
    run(gate(desk).note(INES, "c-1"))
    run(gate(desk).note(TOKENS.check(TOKENS.mint("c-1", Right.WATCH)), "c-2"))
    run(gate().note(INES, "c-3"))
    assert desk.noted == [("ines", "c-1")]
    assert refused(gate(desk).note(INES, "broken")).why is Why.OVERLOADED


def test_a_login_is_looked_at_again_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_auth, "LOGIN_LOOK_S", 0.001)
    desk = Desk(INES, StoreError("busy"), LoginMissing("closed"), AssertionError("looked on"))
    over = run(asyncio.wait_for(gate(desk).logged_out(page(), INES), 5))
    assert over.why is Why.NO_TOKEN


@pytest.mark.parametrize("people", [None, Desk(LoginMissing("closed"))])
def test_a_token_needs_no_login(monkeypatch: pytest.MonkeyPatch, people: Desk | None) -> None:
    monkeypatch.setattr(socket_auth, "LOGIN_LOOK_S", 0.001)
    grant = INES if people is None else TOKENS.check(TOKENS.mint("c-1", Right.WATCH))
    with pytest.raises(TimeoutError):
        run(asyncio.wait_for(gate(people).logged_out(page(), grant), 0.05))
