"""A server that stops tells every watcher when to come back, however slow its disk is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from api.live.event_log import LogEntry
from api.live.sql_log import SqlEventLog
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import (
    Json,
    Server,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
    watching,
)
from tests.api.live.speech import record, scripted_hearing

AUDIO = encode(record([(0, 400, "这个我不知道")], 16_000), Encoding.LINEAR16)
SLOW_S = 0.5


def test_the_word_to_come_back_is_kept_and_told_before_the_sockets_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SqlEventLog.append

    async def slowly(log: SqlEventLog, entries: Sequence[LogEntry], *more: Any) -> None:
        if any(entry.type == "notice" for entry in entries):
            await asyncio.sleep(SLOW_S)
        await real(log, entries, *more)

    async def scenario(server: Server) -> tuple[list[Json], int]:
        told: list[Json] = []
        async with watching(server, "a") as watcher, feeding(server, "a") as feeder:
            await play(feeder, AUDIO)
            await until(watcher, "hit")
            asyncio.run_coroutine_threadsafe(server.calls.suspend(), server.loop)
            try:
                while True:
                    told.append(await next_message(watcher))
            except ConnectionClosed as closed:
                return told, closed.rcvd.code if closed.rcvd else 1006

    monkeypatch.setattr(SqlEventLog, "append", slowly)
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        told, code = asyncio.run(scenario(server))

    assert code == 1012
    assert [notice["code"] for notice in of(told, "notice")] == ["restart"]
