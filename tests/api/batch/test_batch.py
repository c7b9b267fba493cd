"""Many recordings through real worker processes: bad ones, equal ones, deadly ones, twice."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from api.batch.processes import Processes
from api.batch.run import Batch
from api.batch.sources import find_sources
from api.batch.worker import Job
from api.store import Store, tables
from api.store.audio import open_kept
from qa_engine.errors import QAError
from tests.api.batch.scripted import (
    DEADLY,
    JUDGE,
    VERSIONS,
    contents,
    reasons,
    recordings,
    run,
    scripted,
    states,
    with_full_disk,
)


def test_each_recording_becomes_a_call(store_url: str, tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "b.wav", "c.wav"])

    tally = run(tmp_path / "in", store_url, workers=2)

    assert (tally.done, tally.failed, tally.audio_ms) == (3, 0, 180)
    assert tally.peak_mb > 10
    assert set(states(store_url).values()) == {"done"}


def test_the_same_again_does_nothing_and_changes_nothing(store_url: str, tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "b.wav"])
    run(tmp_path / "in", store_url)
    before = contents(store_url)

    tally = run(tmp_path / "in", store_url)

    assert (tally.total, tally.before) == (0, 2)
    assert contents(store_url) == before


def test_only_what_is_new_or_changed_is_done(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path / "in", ["a.wav", "b.wav"])
    run(tmp_path / "in", store)
    recordings(tmp_path / "in", ["b.wav"], ms=80)
    recordings(tmp_path / "in", ["c.wav"], ms=100)

    assert run(tmp_path / "in", store).done == 2


def test_a_limit_leaves_the_rest_for_the_next_time(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path / "in", ["a.wav", "b.wav", "c.wav"])

    assert run(tmp_path / "in", store, limit=2).done == 2
    assert run(tmp_path / "in", store).done == 1


def test_of_equal_recordings_the_first_counts(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path / "in", ["b.wav"])
    for name in ("a.wav", "c.wav"):
        shutil.copy(tmp_path / "in" / "b.wav", tmp_path / "in" / name)

    tally = run(tmp_path / "in", store, workers=2)

    assert (tally.done, tally.duplicates) == (1, 2)
    assert states(store) == {"a.wav": "done", "b.wav": "duplicate", "c.wav": "duplicate"}


def test_a_file_that_was_moved_is_known_by_its_sound(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path / "in", ["a.wav"])
    run(tmp_path / "in", store)
    (tmp_path / "in").rename(tmp_path / "moved")

    assert run(tmp_path / "moved", store).duplicates == 1


def test_a_corrected_manifest_is_done_again(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path, ["a.wav"])
    for agent in ("王方", "王芳"):
        (tmp_path / "calls.csv").write_text(f"path,agent\na.wav,{agent}\n", "utf-8")
        assert run(tmp_path / "calls.csv", store).done == 1

    opened = Store.open(store)
    with opened.reading() as connection:
        assert connection.scalars(select(tables.calls.c.agent_name)).all() == ["王芳"]
    opened.close()


def bad_recordings(folder: Path) -> None:
    recordings(folder, ["good.wav", "puzzling.wav"])
    (folder / "empty.wav").touch()
    (folder / "text.mp3").write_text("这不是录音", "utf-8")
    with zipfile.ZipFile(folder / "zip.wav", "w") as archive:
        archive.writestr("a.txt", "nothing to hear")
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    os.mkfifo(folder / "pipe.wav")


def test_bad_files_never_stop_the_run_and_are_listed_with_a_reason(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    bad_recordings(tmp_path / "in")

    tally = run(tmp_path / "in", store)

    assert (tally.done, tally.failed) == (1, 7)
    told = {name: reason.split(": ", 1)[1] for name, reason in reasons(store).items()}
    assert told["empty.wav"].startswith("is empty")
    assert told["text.mp3"].startswith("is text")
    assert told["zip.wav"].startswith("is not a recording that can be read")
    assert told["loop.wav"].startswith("cannot be read (too many levels")
    assert told["gone.wav"] == "cannot be read (no such file or directory)"
    assert told["pipe.wav"] == "cannot be read (not a regular file)"
    assert told["puzzling.wav"] == "could not be analysed (ZeroDivisionError)"


def test_a_failure_is_tried_again_the_next_time(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").touch()
    assert run(tmp_path / "in", store).failed == 1

    recordings(tmp_path / "in", ["a.wav"])

    assert run(tmp_path / "in", store).done == 1
    assert reasons(store) == {}


def test_thousands_of_tiny_files_fail_fast(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(1_000):
        (tmp_path / "in" / f"{number}.wav").write_bytes(b"RIFF%d" % number)

    tally = run(tmp_path / "in", str(tmp_path / "calls.db"))

    assert (tally.done, tally.failed) == (0, 1_000)


def test_any_file_name_is_kept_apart_and_done_once(store_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    raw = [b"=cmd().wav", b"a..\\..\\b.wav", b"line\nbreak.wav", "😀.wav".encode(), b"\xff\xfe.wav"]
    recordings(folder, [os.fsdecode(name) for name in raw])

    assert run(folder, store_url).done == len(raw)
    assert run(folder, store_url).before == len(raw)
    assert len(states(store_url)) == len(raw)


def test_a_recording_that_kills_its_worker_twice_is_given_up(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path / "in", ["a.wav", f"{DEADLY}.wav", "b.wav", "c.wav"])

    tally = run(tmp_path / "in", store, workers=2)

    assert (tally.done, tally.failed) == (3, 1)
    assert "killed its worker twice" in reasons(store)[f"{DEADLY}.wav"]


def test_a_decode_that_never_returns_does_not_end_the_night(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "endless.wav", "b.wav", "c.wav"])
    store = str(tmp_path / "calls.db")

    tally = run(tmp_path / "in", store, workers=1, patience_s=3.0)

    assert (tally.done, tally.failed) == (3, 1)
    assert states(store)["endless.wav"] == "failed"
    assert "took longer than 0.05 minutes" in reasons(store)["endless.wav"]


def test_a_worker_that_cannot_start_stops_the_batch_with_its_reason(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav"])
    store = str(tmp_path / "calls.db")

    with pytest.raises(QAError, match="nowhere"):
        run(tmp_path / "in", store, analyzer=None, model=str(tmp_path / "nowhere"))


def test_a_store_that_cannot_be_written_stops_the_batch(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "b.wav"])
    path = tmp_path / "calls.db"
    Store.open(str(path)).close()

    with pytest.raises(QAError, match="read-only"):
        run(tmp_path / "in", f"sqlite:///file:{path}?mode=ro&uri=true")


def test_a_full_disk_stops_the_batch_and_keeps_no_half_call(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "b.wav"])
    store = str(tmp_path / "calls.db")

    with pytest.raises(QAError, match="disk is full"):
        run(tmp_path / "in", store, analyzer=with_full_disk)

    assert all(rows == [] for rows in contents(store).values())
    assert run(tmp_path / "in", store).done == 2


def test_pages_that_cannot_be_written_stop_the_batch(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav"])

    with pytest.raises(QAError, match="cannot write the result here"):
        run(tmp_path / "in", str(tmp_path / "calls.db"), pages=tmp_path / "no" / "folder")


def test_recordings_are_kept_on_the_shelf(tmp_path: Path) -> None:
    recordings(tmp_path / "in", ["a.wav", "b.wav"])
    store = str(tmp_path / "calls.db")

    run(tmp_path / "in", store, shelf=str(tmp_path / "shelf"))

    opened = Store.open(store)
    with opened.reading() as connection:
        digest = connection.scalar(
            select(tables.calls.c.audio_hash).where(tables.calls.c.source == "a.wav")
        )
        assert digest
        with open_kept(connection, digest) as kept:
            assert kept.read() == (tmp_path / "in" / "a.wav").read_bytes()
    opened.close()


def test_another_phrasebook_does_everything_again(tmp_path: Path) -> None:
    store = str(tmp_path / "calls.db")
    recordings(tmp_path / "in", ["a.wav"])
    run(tmp_path / "in", store)
    opened = Store.open(store)
    sources = [replace(one) for one in find_sources(str(tmp_path / "in"))]

    newer = Batch(sources, opened, versions=("sample 2", VERSIONS[1]), judge=f"{JUDGE}+")
    done = [
        o.state for _, o in newer.run(Processes(Job(store=store, analyzer=scripted)), workers=1)
    ]

    opened.close()
    assert done == ["done"]
