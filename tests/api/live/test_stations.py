"""A frame comes to a prompt through few files, and the room's page names them."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from api.auth import Right
from api.live import log_writer, messages
from api.live.call import LiveCall
from api.live.call_handle import CallHandle
from api.live.event_log import LogEntry
from api.live.scheduler import DecodeQueue
from api.live.socket_writer import SocketWriter
from api.live.sql_log import SqlEventLog
from api.live.watchers import Watchers
from api.live.wire_audio import Encoding, encode
from qa_engine.hearing.ear import Window
from tests.api.live.servers import (
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    until,
    watching,
)
from tests.api.live.speech import ScriptedRecogniser, record, scripted_hearing

ROOT = Path(__file__).parents[3]
ROOMS = {"api", "qa_engine", "models", "phrasebook"}
PAGE = (ROOT / "api/live/README.md").read_text("utf-8")
MOST = 20
STATIONS = re.findall(r"^\d+\. `([^`]+)`", PAGE, re.MULTILINE)
SHELL = {"api/server.py", "api/root_path.py", "api/security_middleware.py", "api/live/calls.py"}
"""What every request goes through before it is a call's socket, and where a call's tasks begin."""
AUDIO = encode(record([(0, 400, "这个我不知道")], 16_000), Encoding.LINEAR16)


def test_a_frame_comes_to_a_prompt_through_at_most_twenty_files() -> None:
    assert 10 < len(STATIONS) <= MOST
    assert [name for name in STATIONS if not (ROOT / name).is_file()] == []


def test_no_file_hands_a_frame_on_that_the_page_does_not_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each place where sound, window, text, message and entry change hands, who called whom."""
    seen: dict[str, set[str]] = {}

    def spy(owner: Any, name: str, is_ours: Callable[..., bool] = lambda *_: True) -> None:
        real, where = getattr(owner, name), f"{getattr(owner, '__name__', owner)}.{name}"

        def note(arguments: tuple[Any, ...], more: dict[str, Any]) -> None:
            if is_ours(*arguments, *more.values()):
                seen.setdefault(where, set()).update(files(sys._getframe(2)))

        async def later(*arguments: Any, **more: Any) -> Any:
            note(arguments, more)
            return await real(*arguments, **more)

        def now(*arguments: Any, **more: Any) -> Any:
            note(arguments, more)
            return real(*arguments, **more)

        monkeypatch.setattr(owner, name, later if inspect.iscoroutinefunction(real) else now)

    def hold_a_prompt(*given: Any) -> bool:
        told = [one for each in given for one in (each if isinstance(each, list) else [each])]
        return any(isinstance(one, messages.PromptTold | LogEntry) for one in told) and any(
            getattr(one, "type", "") == "prompt" for one in told
        )

    spy(Window, "__init__")
    spy(DecodeQueue, "offer")
    spy(ScriptedRecogniser, "transcribe")
    spy(LiveCall, "decoded")
    spy(messages.PromptTold, "__init__")
    spy(CallHandle, "say", hold_a_prompt)
    spy(SqlEventLog, "append", hold_a_prompt)
    spy(log_writer, "_execute")
    spy(Watchers, "tell", hold_a_prompt)
    spy(SocketWriter, "_send", hold_a_prompt)

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        told = asyncio.run(_prompted(server))

    assert of(told, "prompt")
    assert len(seen) == 10, f"nothing was handed on at some of them: {sorted(seen)}"
    handing_on = set().union(*seen.values()) - SHELL
    assert len(handing_on) >= 12
    assert sorted(handing_on - set(STATIONS)) == []


async def _prompted(server: Any) -> list[dict[str, Any]]:
    async with (
        watching(server, "walk", right=Right.WATCH) as watcher,
        feeding(server, "walk") as feeder,
    ):
        await play(feeder, AUDIO)
        await close_stream(feeder)
        return await until(watcher, "ended")


def files(frame: FrameType | None) -> set[str]:
    """Those of ours that a call came through."""
    found = set()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ROOMS:
            found.add(path.relative_to(ROOT).as_posix())
        frame = frame.f_back
    return found


def test_where_something_is_decided_is_a_file_that_there_is() -> None:
    table = PAGE[: PAGE.index("## From a frame")]
    named = set(re.findall(r"`([a-z_/]+\.py)`", table))

    assert len(named) > 20
    assert [
        name
        for name in sorted(named)
        if not (ROOT / name).is_file() and not (ROOT / "api/live" / name).is_file()
    ] == []
