"""The application behind `SecurityMiddleware` is reached by whom it should be, and its answers carry
what makes a page hard to misuse: request by request, without a server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from api.security_middleware import LARGER_BODIES, MAX_BODY, SecurityMiddleware, tell_mistakes

Json = dict[str, Any]
GONE = {"type": "http.disconnect"}
OURS = ("host", "qa.example")
LIMITS = {"/desk/api/rules/import": 4_194_304, "/desk/api/rules/judge": 16_777_216}


def body(*pieces: bytes) -> list[Json]:
    last = len(pieces) - 1
    return [
        {"type": "http.request", "body": piece, "more_body": at < last}
        for at, piece in enumerate(pieces)
    ]


class Asked:
    """One request: what the application saw of it, and what the asker was told."""

    def __init__(
        self,
        *headers: tuple[str, str],
        kind: str = "http",
        path: str = "/",
        sends: list[Json] | None = None,
    ) -> None:
        self.read: list[Json] = []
        self.told: list[Json] = []
        self.reached = False
        self._sends = body(b"") if sends is None else sends
        scope = {
            "type": kind,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
        guard = SecurityMiddleware(
            self._application, hosts=frozenset({"qa.example"}), frame_ancestors=("https://crm",)
        )
        asyncio.run(guard(scope, self._receive, self._send))

    async def _receive(self) -> Json:
        return self._sends.pop(0) if self._sends else GONE

    async def _send(self, message: Any) -> None:
        self.told.append(message)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached = True
        if scope["type"] == "http":
            self.read += [await receive(), await receive()]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.told[0]["headers"]}

    @property
    def status(self) -> int:
        return int(self.told[0]["status"])


def test_an_answer_carries_the_policy_and_no_page_of_others_may_frame_it() -> None:
    headers = Asked(OURS).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert policy.endswith("frame-ancestors 'self' https://crm")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"


@pytest.mark.parametrize("host", ["evil.example", ""])
def test_another_host_is_turned_away_before_the_application(host: str) -> None:
    asked = Asked(("host", host))
    assert (asked.status, asked.reached) == (421, False)


def test_of_a_long_host_the_first_hundred_characters_are_told() -> None:
    text = Asked(("host", "x" * 200)).told[1]["body"].decode()
    assert f"'{'x' * 100}'" in text


def test_a_socket_of_another_host_is_closed_with_the_reason() -> None:
    asked = Asked(("host", "e" * 200), kind="websocket")
    (close,) = asked.told
    assert (close["type"], close["code"]) == ("websocket.close", 4403)
    assert len(close["reason"]) == 100
    assert not asked.reached


def test_a_socket_of_ours_goes_through_and_its_messages_are_not_read() -> None:
    assert Asked(OURS, kind="websocket", sends=[]).reached


def test_the_start_of_the_server_needs_no_host() -> None:
    assert Asked(kind="lifespan", sends=[]).reached


@pytest.mark.parametrize(
    ("length", "status"),
    [(str(MAX_BODY), 200), (str(MAX_BODY + 1), 413), ("-1", 413), ("many", 413)],
)
def test_a_length_is_a_number_within_the_limit(length: str, status: int) -> None:
    assert Asked(OURS, ("content-length", length)).status == status


def test_of_a_long_length_the_first_twenty_characters_are_told() -> None:
    text = Asked(OURS, ("content-length", "9" * 50)).told[1]["body"].decode()
    assert f"a body of {'9' * 20} bytes, expected at most {MAX_BODY}" in text


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 413)])
def test_pieces_are_counted_together(over: int, status: int) -> None:
    asked = Asked(OURS, sends=body(b"x" * 60_000, b"x" * (MAX_BODY - 60_000 + over)))
    assert (asked.status, asked.reached) == (status, status == 200)


@pytest.mark.parametrize("path", LARGER_BODIES)
def test_where_files_come_in_the_limit_is_theirs(path: str) -> None:
    most = LARGER_BODIES[path]
    assert Asked(OURS, path=path, sends=body(b"x" * most)).status == 200
    assert Asked(OURS, path=path, sends=body(b"x" * (most + 1))).status == 413
    assert Asked(OURS, path="/desk/api/rules", sends=body(b"x" * (MAX_BODY + 1))).status == 413


def test_a_body_is_64_kb_at_most_but_for_rules_and_judges_that_are_brought_as_files() -> None:
    assert MAX_BODY == 64 * 1_024
    assert LARGER_BODIES == LIMITS


def test_the_application_reads_the_whole_body_once_and_then_that_the_asker_left() -> None:
    first, then = Asked(OURS, sends=body(b"a", b"b", b"c")).read
    assert first == {"type": "http.request", "body": b"abc", "more_body": False}
    assert then == GONE


def test_a_server_that_does_not_say_whether_more_comes_means_that_none_does() -> None:
    first, _ = Asked(OURS, sends=[{"type": "http.request", "body": b"all"}]).read
    assert first["body"] == b"all"


def test_half_a_body_reaches_nobody() -> None:
    pieces = [*body(b"a", b"b")[:1], GONE]
    asked = Asked(OURS, sends=pieces)
    assert (asked.reached, asked.told) == (False, [])


def test_a_mistake_tells_where_and_never_what_was_sent() -> None:
    row = {"loc": ["body", "x" * 90], "msg": "wrong\ud800", "type": "value", "input": "13800138000"}
    error = RequestValidationError([row])
    answer = asyncio.run(tell_mistakes(Request({"type": "http"}), error))
    assert answer.status_code == 422
    assert answer.media_type == "application/json"
    text = bytes(answer.body).decode()
    assert json.loads(text)["detail"] == [
        {"loc": ["body", "x" * 64], "msg": "wrong\ud800", "type": "value"}
    ]
    assert text.isascii()
