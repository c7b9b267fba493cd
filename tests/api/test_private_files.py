"""What holds callers' words is for the server's own account alone."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from api.desk.desk import store_of
from api.live.sqlite_log import SqliteEventLog
from api.private_files import private_file, private_folder
from api.store.audio import AudioShelf
from tests.api.live.servers import settings_for


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything_is_private(folder: Path) -> None:
    found = list(folder.rglob("*"))
    assert found
    assert {mode(path) for path in found if path.is_file()} == {0o600}
    assert {mode(path) for path in (folder, *found) if path.is_dir()} == {0o700}


def test_the_log_of_live_calls_is_private_with_its_journal(tmp_path: Path) -> None:
    log = SqliteEventLog(tmp_path / "data" / "live.sqlite")
    asyncio.run(log.open_call("a", {}))
    everything_is_private(tmp_path / "data")
    log.close()


def test_the_store_is_private_with_its_journal(tmp_path: Path) -> None:
    store = store_of(settings_for(tmp_path))
    with store.reading():
        everything_is_private(tmp_path / "data")
    store.close()


def test_kept_sound_is_private(tmp_path: Path) -> None:
    recording = tmp_path / "call.wav"
    recording.write_bytes(b"sound")
    recording.chmod(0o644)
    AudioShelf(tmp_path / "shelf").keep(recording, "abcdef")
    everything_is_private(tmp_path / "shelf")


@pytest.mark.parametrize(
    ("before", "after"), [(0o644, 0o600), (0o664, 0o660), (0o660, 0o660), (0o400, 0o400)]
)
def test_an_existing_file_becomes_private(tmp_path: Path, before: int, after: int) -> None:
    path = tmp_path / "live.sqlite"
    path.write_bytes(b"kept")
    path.chmod(before)
    private_file(path)
    assert (mode(path), path.read_bytes()) == (after, b"kept")


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    private_folder(tmp_path / "a" / "b")
    assert [mode(p) for p in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [
        0o750,
        0o700,
        0o700,
    ]
