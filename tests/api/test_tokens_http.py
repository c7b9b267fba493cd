"""A supervisor's token makes narrower ones, and no other does."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.auth import Right, Tokens
from api.tokens_http import tokens_router
from tests.api.live.servers import SECRET

TOKENS = Tokens(SECRET)
ALL = TOKENS.mint("*", Right.SUPERVISE)


def wanted(token: str = ALL, scheme: str = "Bearer", **body: Any) -> Any:
    app = FastAPI()
    app.include_router(tokens_router(TOKENS))
    headers = {"Authorization": f"{scheme} {token}"} if scheme else {}
    body = {"call": "c-1", "role": "watch"} | body
    return TestClient(app).post("/v1/tokens", json=body, headers=headers)


@pytest.mark.parametrize("role", ["feed", "watch"])
@pytest.mark.parametrize(("asked", "life_s"), [({}, 3_600), ({"life_s": 60}, 60)])
def test_a_token_is_for_one_call_and_lasts_as_long_as_was_asked(
    role: str, asked: dict[str, Any], life_s: int
) -> None:
    given = wanted(role=role, **asked).json()
    grant = TOKENS.check(given.pop("token"))
    assert given == {"role": role, "call": "c-1", "expires_in_s": life_s}
    assert (grant.call, grant.right, grant.ticket) == ("c-1", Right(role), False)
    assert abs(grant.expires_s - life_s - time.time()) < 5


@pytest.mark.parametrize(("asked_s", "life_s"), [(3_600, 60), (60, 60), (20, 20)])
def test_a_ticket_lasts_a_minute_at_most(asked_s: int, life_s: int) -> None:
    given = wanted(ticket=True, life_s=asked_s).json()
    assert given["expires_in_s"] == life_s
    assert TOKENS.check_ticket(given["token"]).call == "c-1"


@pytest.mark.parametrize(
    ("life_s", "status"), [(0, 422), (1, 200), (12 * 3_600, 200), (12 * 3_600 + 1, 422)]
)
def test_a_token_lasts_from_a_second_to_a_shift(life_s: int, status: int) -> None:
    assert wanted(life_s=life_s).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"call": "c" * 64}, 200),
        ({"call": "c" * 65}, 422),
        ({"call": "*"}, 422),
        ({"role": "supervise"}, 422),
        ({"more": 1}, 422),
    ],
)
def test_a_token_is_for_nothing_wider(body: dict[str, Any], status: int) -> None:
    assert wanted(**body).status_code == status


@pytest.mark.parametrize(
    ("token", "scheme", "status"),
    [
        (ALL, "bearer", 200),
        (f" {ALL} ", "Bearer", 200),
        (ALL, "", 401),
        (ALL, "Basic", 401),
        ("", "Bearer", 401),
        ("a.b.c", "Bearer", 403),
        (TOKENS.mint("c-1", Right.SUPERVISE), "Bearer", 403),
        (TOKENS.mint("*", Right.WATCH), "Bearer", 403),
        (TOKENS.mint("*", Right.FEED), "Bearer", 403),
    ],
)
def test_a_token_to_supervise_every_call_is_needed(token: str, scheme: str, status: int) -> None:
    assert wanted(token, scheme).status_code == status
