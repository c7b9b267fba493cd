"""What another server wrote of a call is told here to those who watch it, once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest

from api.live.event_log import LogEntry
from api.live.shared_calls import COME_BACK, MOST_AT_ONCE, SharedCalls
from api.live.watchers import CallWatchers, Watcher


def entry(seq: int, kind: str = "utterance") -> LogEntry:
    return LogEntry(call_id="c", seq=seq, type=kind, body=f"{kind} {seq}")


class SharedLog:
    """What all servers have written of the call."""

    def __init__(self, *kept: LogEntry) -> None:
        self.kept = list(kept)
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while it is read."""

    async def shown(self, within_s: float) -> list[object]:
        return []

    async def entries(self, call_id: str, after_seq: int) -> list[LogEntry]:
        found = [one for one in self.kept if one.seq > after_seq]
        self.meanwhile()
        return found


class AlertBoard:
    """The board, as far as alerts go."""

    def __init__(self) -> None:
        self.share: object = None
        self.alerts: list[int] = []

    def alert(self, entries: Iterable[LogEntry]) -> None:
        self.alerts += [one.seq for one in entries]


class Scene:
    """One watcher here, of a call that runs at another server."""

    def __init__(self, *kept: LogEntry) -> None:
        self.log, self.board = SharedLog(*kept), AlertBoard()
        self.running: dict[str, Any] = {}
        self.watchers = CallWatchers(self.log.entries, self.running)
        self.watcher = Watcher(capacity=2 * MOST_AT_ONCE, supervisor=True)
        self.watchers.of("c").add(self.watcher)
        unused = cast(Any, None)
        log, board = cast(Any, self.log), cast(Any, self.board)
        self.shared = SharedCalls(
            log, self.running, self.watchers, board, unused, take_over=unused, do=unused
        )

    def news(self, first: int, *alerts: int) -> None:
        """Another server says that it wrote from `first` on."""
        told = {"kind": "told", "call": "c", "from": first, "alerts": list(alerts)}
        asyncio.run(self.shared._hear(told))

    def told(self) -> list[int]:
        """What the watcher was told since this was last asked."""
        if self.watcher.is_empty:
            return []
        return [one.seq for one in asyncio.run(self.watcher.next(0.1))]


def test_what_was_written_elsewhere_is_told_once_and_in_order() -> None:
    scene = Scene(entry(1), entry(2))

    scene.news(1)
    assert scene.told() == [1, 2]
    scene.news(2)
    assert scene.told() == []

    scene.log.kept.append(entry(3))
    scene.news(3)
    assert scene.told() == [3]


def test_a_call_that_came_here_while_the_log_was_read_is_told_by_this_server_itself() -> None:
    scene = Scene(entry(1))
    scene.log.meanwhile = lambda: scene.running.setdefault("c", object())

    scene.news(1)

    assert scene.told() == []


def test_alerts_of_others_are_on_the_board_here() -> None:
    scene = Scene(entry(1), entry(2, "alert"), entry(3))

    scene.news(1, 2)

    assert scene.board.alerts == [2]


def test_who_missed_too_much_is_sent_to_read_it_from_the_log() -> None:
    scene = Scene(*(entry(seq) for seq in range(1, MOST_AT_ONCE + 2)))

    scene.news(1)

    assert scene.watcher.close == COME_BACK


def test_after_the_end_nothing_more_is_told() -> None:
    scene = Scene(entry(1), entry(2, "ended"))

    scene.news(1)

    assert scene.told() == [1, 2]
    assert scene.watcher.close == 1000


@pytest.mark.parametrize("news", ["of the call", "that news comes again"])
def test_where_nobody_watches_any_more_nothing_is_kept(news: str) -> None:
    scene = Scene(entry(1))
    scene.news(1)
    scene.watchers.leave("c", scene.watchers.of("c"), scene.watcher)

    if news == "of the call":
        scene.news(2)
    else:
        asyncio.run(scene.shared._hear({"kind": "again"}))

    assert not scene.shared._told
