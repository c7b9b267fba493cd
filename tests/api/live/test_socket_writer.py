"""What one socket is told: everything once, in order, whatever counts its messages."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket

from api.live.event_log import LogEntry
from api.live.metrics import Metrics
from api.live.socket_writer import SocketWriter
from api.live.watchers import Watcher


class Socket:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed = 0

    async def send_text(self, text: str) -> None:
        self.sent.append(text)

    async def close(self, code: int) -> None:
        self.closed = code


def entry(call_id: str, seq: int) -> LogEntry:
    return LogEntry(call_id=call_id, seq=seq, type="alert", body=f"{call_id} {seq}")


def written(told: list[Any], news: list[LogEntry], **how: bool) -> list[str]:
    socket = Socket()

    async def run() -> None:
        watcher = Watcher(capacity=50, supervisor=True)
        writer = SocketWriter(
            cast(WebSocket, socket), watcher, Metrics(), send_timeout_s=1.0, **how
        )
        for one in news:
            watcher.tell(one)
        watcher.end(1000)
        await writer.run(told, every_s=1.0, between=lambda idle: None)

    asyncio.run(run())
    assert socket.closed == 1000
    return socket.sent


def test_what_the_log_and_the_watcher_share_is_sent_once() -> None:
    sent = written([entry("a", 1), entry("a", 2)], [entry("a", 2), entry("a", 3)])
    assert sent == ["a 1", "a 2", "a 3"]


@pytest.mark.parametrize(
    "news",
    [[("a", 17), ("a", 2), ("b", 1)], [("b", 30), ("a", 3), ("a", 3)]],
    ids=["an alert before its line", "two calls"],
)
def test_a_board_is_told_of_every_call_whatever_number_each_has_reached(
    news: list[tuple[str, int]],
) -> None:
    sent = written([], [entry(*one) for one in news], one_call=False)
    assert sent == [f"{call} {seq}" for call, seq in news]
