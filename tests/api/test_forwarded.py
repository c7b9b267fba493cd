"""Who calls, through proxies or not; and what a server behind one gives to whom."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.auth import Right
from api.forwarded import BY_PROXY, caller, came_by_proxy
from tests.api.live.servers import Server, next_message, running, settings_for, until
from tests.api.live.speech import scripted_hearing


def connection(peer: str, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return HTTPConnection({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.9", (), "10.0.0.9"),
        ("10.0.0.9", ("1.2.3.4",), "10.0.0.9"),
        ("127.0.0.1", ("1.2.3.4",), "1.2.3.4"),
        ("127.0.0.1", ("6.6.6.6, 1.2.3.4",), "1.2.3.4"),
        ("127.0.0.1", ("6.6.6.6", "1.2.3.4"), "1.2.3.4"),
        ("127.0.0.1", ("1.2.3.4, 10.1.1.1",), "1.2.3.4"),
        ("127.0.0.1", (), "127.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_is_believed_and_only_its_own_word(
    peer: str, forwarded: tuple[str, ...], expected: str
) -> None:
    assert caller(connection(peer, *forwarded), {"127.0.0.1", "10.1.1.1"}) == expected


def test_a_peer_without_an_address_is_nobody() -> None:
    nobody = HTTPConnection({"type": "http", "client": None, "headers": []})
    assert caller(nobody, {"127.0.0.1"}) == ""


@pytest.mark.parametrize("name", BY_PROXY)
def test_any_header_of_a_proxy_tells_that_one_is_there(name: str) -> None:
    assert came_by_proxy(Headers({name: "x"}))
    assert not came_by_proxy(Headers({"host": "x"}))


@pytest.fixture
def server(tmp_path: Path) -> Any:
    settings = settings_for(tmp_path, connects_per_minute=3, trusted_proxies=("127.0.0.1",))
    with running(settings, scripted_hearing(tmp_path)) as up:
        yield up


async def board(server: Server, **headers: str) -> Any:
    return connect(
        f"{server.ws}/v1/board",
        additional_headers=server.bearer("*", Right.SUPERVISE) | headers,
        compression=None,
    )


def test_those_behind_a_proxy_are_counted_each_for_himself_and_told_to_wait(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> tuple[str, int]:
        for client in ("1.1.1.1", "2.2.2.2"):
            for _ in range(3):
                async with await board(server, **{"X-Forwarded-For": client}) as socket:
                    assert (await next_message(socket))["type"] == "heartbeat"
        async with await board(server, **{"X-Forwarded-For": "1.1.1.1"}) as socket:
            refused = (await until(socket, "refusal"))[-1]
            try:
                await socket.recv()
            except ConnectionClosed as closed:
                return refused["reason"], closed.rcvd.code if closed.rcvd else 0
        raise AssertionError("not closed")

    with caplog.at_level(logging.INFO, "qa_engine"):
        reason, code = asyncio.run(scenario())
    assert (code, "1.1.1.1" in reason) == (4429, True)
    counted = server.calls.metrics.registry.get_sample_value
    assert counted("qa_refused_total", {"code": "too_much"}) == 1
    assert "refused: too_much" in caplog.text


def test_a_foreign_page_is_refused_counted_and_noted_and_a_program_with_a_token_is_not(
    server: Server,
) -> None:
    async def page() -> int:
        with pytest.raises(InvalidStatus) as caught:
            async with connect(f"{server.ws}/v1/board", origin="https://evil.example"):  # type: ignore[arg-type]
                pass
        return caught.value.response.status_code

    async def program() -> str:
        async with await board(server, Origin="https://pbx.example") as socket:
            return str((await next_message(socket))["type"])

    assert asyncio.run(page()) == 403
    assert asyncio.run(program()) == "heartbeat"
    counted = server.calls.metrics.registry.get_sample_value
    assert counted("qa_refused_total", {"code": "origin"}) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"X-Forwarded-For": "1.2.3.4"}, 401), ({"Forwarded": "for=1.2.3.4"}, 401)],
)
def test_metrics_are_open_to_this_machine_and_not_through_its_proxy(
    server: Server, headers: dict[str, str], status: int
) -> None:
    assert httpx.get(f"{server.http}/metrics", headers=headers).status_code == status
