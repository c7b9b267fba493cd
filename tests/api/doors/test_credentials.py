"""What a telephone system shows to bring a call in: a header, or a ticket in the address."""

from __future__ import annotations

import base64
import time

import pytest
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from api.auth import ANY_CALL, Grant, Right, Tokens
from api.doors.credentials import PASSWORD_LIFE_S, DoorCredentials
from api.live.refusals import Refused, Why
from tests.api.live.servers import SECRET

TOKENS = Tokens(SECRET)
PASSWORD = "a password of the site"
FEED = TOKENS.mint("c-1", Right.FEED)
"""Good for hours; a ticket is for seconds only, and a suite takes longer."""


def ticket() -> str:
    return TOKENS.ticket("c-2", Right.FEED)


def asked(header: str = "", query: str = "") -> HTTPConnection:
    headers = [(b"authorization", header.encode())] if header else []
    return HTTPConnection({"type": "http", "headers": headers, "query_string": query.encode()})


def door(password: str | None = PASSWORD) -> DoorCredentials:
    return DoorCredentials(TOKENS, SecretStr(password) if password else None)


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"pbx:{secret}".encode()).decode()


def why(connection: HTTPConnection, credentials: DoorCredentials | None = None) -> Why:
    with pytest.raises(Refused) as refused:
        (credentials or door()).grant(connection)
    return refused.value.why


@pytest.mark.parametrize("header", [f"Bearer {FEED}", f"Bearer  {FEED} ", basic(FEED)])
def test_a_feed_token_comes_in_either_header(header: str) -> None:
    assert door().grant(asked(header)).call == "c-1"


@pytest.mark.parametrize("header", [f"Bearer {PASSWORD}", basic(PASSWORD)])
def test_the_sites_password_feeds_any_call_for_an_hour(header: str) -> None:
    now_s = int(time.time())
    first, second = door().grant(asked(header)), door().grant(asked(header))
    assert (first.call, first.right, first.ticket) == (ANY_CALL, Right.FEED, False)
    assert 0 <= first.expires_s - PASSWORD_LIFE_S - now_s <= 5
    assert PASSWORD_LIFE_S == 3_600
    assert first.jti.startswith("door-")
    assert len(first.jti) == len("door-") + 16
    assert first.jti != second.jti


def test_a_ticket_comes_in_the_address_and_a_header_goes_before_it() -> None:
    assert door().grant(asked(query=f"ticket={ticket()}")).call == "c-2"
    assert door().grant(asked(f"Bearer {FEED}", f"ticket={ticket()}")).call == "c-1"


def test_a_token_in_the_address_and_a_ticket_in_a_header_are_refused() -> None:
    assert why(asked(query=f"ticket={FEED}")) is Why.TOKEN
    assert why(asked(f"Bearer {ticket()}")) is Why.TOKEN


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic "])
def test_without_anything_shown_there_are_no_credentials(header: str) -> None:
    assert door().find(asked(header)) is None
    assert why(asked(header)) is Why.NO_TOKEN


@pytest.mark.parametrize("header", ["Bearer wrong", basic("wrong"), "Basic ???", "Basic /w=="])
def test_wrong_ones_are_refused(header: str) -> None:
    assert why(asked(header)) is Why.TOKEN


@pytest.mark.parametrize(("shown", "says"), [("wrong", "neither"), ("a.b.c", "JSON Web Token")])
def test_what_has_no_dots_is_taken_for_a_password(shown: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        door().grant(asked(f"Bearer {shown}"))


def test_where_the_site_has_no_password_none_opens_a_door() -> None:
    assert why(asked(f"Bearer {PASSWORD}"), door(None)) is Why.TOKEN
    assert why(asked(basic("")), door(None)) is Why.NO_TOKEN


def of(ticket: str = "", token: str = "") -> Grant:
    return door().of_parameters(ticket, token)


def test_parameters_of_a_stream_are_a_ticket_or_else_a_token_or_the_password() -> None:
    assert of(ticket(), FEED).call == "c-2"
    assert of(token=FEED).call == "c-1"
    assert of(token=PASSWORD).call == ANY_CALL


@pytest.mark.parametrize(
    ("first", "token", "code"),
    [("", "", Why.NO_TOKEN), (FEED, "", Why.TOKEN), ("", "a ticket", Why.TOKEN)],
)
def test_other_parameters_are_refused(first: str, token: str, code: Why) -> None:
    with pytest.raises(Refused) as refused:
        of(first, ticket() if token else "")
    assert refused.value.why is code
