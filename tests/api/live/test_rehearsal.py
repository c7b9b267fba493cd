"""Nothing is loaded while calls run: the event loop would hear nobody for so long."""

from __future__ import annotations

import builtins
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from api.live.call_info import CallInfo
from api.live.rehearsal import rehearse
from qa_engine.events import DecodeWanted, Role
from tests.api.live.speech import SENTENCES, record, scripted_hearing

BOTH = (Role.CUSTOMER, Role.AGENT)
MS = 4_000


def forget_what_was_loaded() -> None:
    """As in a new process: whatever the rooms below keep of files is gone."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("qa_engine", "models"):
            for one in list(vars(module).values()):
                if getattr(one, "__module__", "") == name and hasattr(one, "cache_clear"):
                    one.cache_clear()


def test_the_first_call_of_a_server_reads_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hearing = scripted_hearing(tmp_path)
    forget_what_was_loaded()
    rehearse(hearing.sessions, hearing.book)
    read: list[str] = []
    opened = builtins.open

    def told(path: Any, *how: Any, **more: Any) -> Any:
        read.append(str(path))
        return opened(path, *how, **more)

    for module in (builtins, io):
        monkeypatch.setattr(module, "open", told)
    info = CallInfo(call_id="first", roles=BOTH, began_at="2026-11-30T12:00:00+00:00")
    session = hearing.sessions.open_session(info)
    lines = [(0, 200, SENTENCES[0]), (1, 200, SENTENCES[2])]
    sound = record(lines, MS).reshape(-1, len(BOTH)).T
    events = [*session.hear(sound), *session.finalize()]
    asked = [event for event in events if isinstance(event, DecodeWanted)]
    assert asked
    for event in asked:
        (heard,) = hearing.recogniser.transcribe([event.samples], final=event.final)
        session.decoded(event.window_id, heard)
    session.close()
    assert read == []
