"""Who may watch a call or the board; the others are told why not, counted and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from api.auth import Right, Tokens
from tests.api.live.servers import Json, Server, next_message, running, settings_for, watching
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_faults import refusal

ROOM = 2
"""Watchers that fit."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("watch")
    with running(settings_for(folder, max_watchers=ROOM), scripted_hearing(folder)) as up:
        yield up


def refused_times(server: Server, code: str) -> float:
    counter = server.calls.metrics.refused.labels(code)
    return float(counter._value.get())


async def turned_away(server: Server, path: str, token: str) -> Json:
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(f"{server.ws}{path}", additional_headers=headers) as socket:
        return await refusal(socket)


FOREIGN = Tokens("another secret of more than 32 characters")


@pytest.mark.parametrize(
    ("path", "right", "call", "says"),
    [
        ("/v1/calls/mine/events", Right.WATCH, "other", "to watch call other, not to watch mine"),
        ("/v1/calls/mine/events", Right.FEED, "mine", "to feed call mine, not to watch mine"),
        ("/v1/board", Right.WATCH, "mine", "the board needs a token to supervise all calls"),
        ("/v1/board", Right.FEED, "*", "the board needs a token to supervise all calls"),
    ],
    ids=["another's call", "a feeder", "a watcher at the board", "a feeder at the board"],
)
def test_a_token_for_something_else_shows_nothing(
    server: Server, path: str, right: Right, call: str, says: str
) -> None:
    before = refused_times(server, "token")

    told = asyncio.run(turned_away(server, path, server.token(call, right)))

    assert (told["type"], told["code"], told["close"]) == ("refusal", "token", 4403)
    assert says in told["reason"]
    assert refused_times(server, "token") == before + 1


@pytest.mark.parametrize("path", ["/v1/calls/mine/events", "/v1/board"])
def test_a_forged_token_shows_nothing(server: Server, path: str) -> None:
    forged = FOREIGN.mint("*", Right.SUPERVISE)

    told = asyncio.run(turned_away(server, path, forged))

    assert (told["type"], told["code"], told["close"]) == ("refusal", "token", 4403)


def test_a_place_that_makes_no_sense_is_refused(server: Server) -> None:
    path = "/v1/calls/mine/events?last_seq=-1"

    told = asyncio.run(turned_away(server, path, server.token("mine", Right.WATCH)))

    assert (told["code"], told["close"]) == ("bad_request", 4400)


def test_a_supervisor_watches_any_call_and_the_board(server: Server) -> None:
    async def scenario() -> list[str]:
        async with AsyncExitStack() as stack:
            call = await stack.enter_async_context(watching(server, "any", right=Right.SUPERVISE))
            board = await stack.enter_async_context(at_board(server))
            return [(await next_message(socket))["type"] for socket in (call, board)]

    assert asyncio.run(scenario()) == ["heartbeat", "heartbeat"]


def at_board(server: Server) -> connect:
    headers = server.bearer("*", Right.SUPERVISE)
    return connect(f"{server.ws}/v1/board", additional_headers=headers)


def test_more_watchers_than_fit_are_told_to_come_back(server: Server) -> None:
    """Those of calls and of the board count together; whoever leaves makes room."""

    async def scenario() -> list[Json]:
        async with AsyncExitStack() as stack:
            sockets: list[ClientConnection] = [
                await stack.enter_async_context(watching(server, "a", right=Right.SUPERVISE)),
                await stack.enter_async_context(at_board(server)),
            ]
            assert len(sockets) == ROOM
            for socket in sockets:
                await next_message(socket)
            everything = server.token("*", Right.SUPERVISE)
            paths = ("/v1/calls/b/events", "/v1/board")
            return [await turned_away(server, path, everything) for path in paths]

    for told in asyncio.run(scenario()):
        assert (told["code"], told["close"]) == ("overloaded", 1013)
        assert f"{ROOM} watchers are connected" in told["reason"]

    async def later() -> str:
        async with watching(server, "b", right=Right.SUPERVISE) as watcher:
            return str((await next_message(watcher))["type"])

    assert asyncio.run(later()) == "heartbeat"
