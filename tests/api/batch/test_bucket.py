"""A bucket's recordings are judged like a folder's; fsspec's own memory stands for the bucket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from sqlalchemy import select

from api.batch.bucket import BucketError
from api.batch.download_dir import DownloadDir
from api.batch.processes import Processes
from api.batch.run import Batch, BatchProgress
from api.batch.sources import Source, SourceError, find_sources
from api.batch.worker import Job
from api.store import Store, tables
from tests.api.batch.scripted import JUDGE, VERSIONS, recordings, scripted


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Any]:
    recordings(tmp_path / "in", ["a.wav", "b.wav"])
    files = fsspec.filesystem("memory")
    files.makedirs("/night/of/21", exist_ok=True)
    files.pipe("/night/a.wav", (tmp_path / "in" / "a.wav").read_bytes())
    files.pipe("/night/of/21/b.WAV", (tmp_path / "in" / "b.wav").read_bytes())
    files.pipe("/night/readme.txt", b"no recording")
    yield files
    files.rm("/night", recursive=True)


def judge(found: list[Source], tmp_path: Path) -> BatchProgress:
    store = Store.open(str(tmp_path / "calls.db"))
    job = Job(store=str(tmp_path / "calls.db"), analyzer=scripted)
    downloads = DownloadDir(tmp_path / "incoming")
    batch = Batch(found, store, versions=VERSIONS, judge=JUDGE, downloads=downloads)
    tally = BatchProgress(total=0, before=batch.before)
    if batch.left:
        tally = list(batch.run(Processes(job), workers=2))[-1][0]
    store.close()
    return tally


def filed(tmp_path: Path) -> list[tuple[str, str]]:
    """(where it came from, the call's own name of its file) of every call."""
    store = Store.open(str(tmp_path / "calls.db"))
    with store.reading() as connection:
        rows = connection.execute(
            select(tables.sources.c.path, tables.calls.c.source)
            .join(tables.calls, tables.calls.c.id == tables.sources.c.call_id)
            .order_by(tables.sources.c.path)
        ).all()
    store.close()
    return [(row[0], row[1]) for row in rows]


def test_every_recording_below_a_url_becomes_a_call(bucket: Any, tmp_path: Path) -> None:
    tally = judge(find_sources("memory://night"), tmp_path)

    assert (tally.done, tally.failed) == (2, 0)
    assert filed(tmp_path) == [
        ("memory:///night/a.wav", "a.wav"),
        ("memory:///night/of/21/b.WAV", "b.WAV"),
    ]
    assert not (tmp_path / "incoming").exists()


def test_a_glob_chooses_among_the_objects(bucket: Any) -> None:
    assert [s.name for s in find_sources("memory://night/*.wav")] == ["memory:///night/a.wav"]


def test_the_same_again_fetches_nothing(bucket: Any, tmp_path: Path) -> None:
    judge(find_sources("memory://night"), tmp_path)

    assert judge(find_sources("memory://night"), tmp_path).before == 2


def test_an_object_that_was_replaced_is_judged_again(bucket: Any, tmp_path: Path) -> None:
    judge(find_sources("memory://night"), tmp_path)
    recordings(tmp_path / "more", ["c.wav", "d.wav", "e.wav"])
    bucket.pipe("/night/a.wav", (tmp_path / "more" / "e.wav").read_bytes())
    tally = judge(find_sources("memory://night"), tmp_path)

    assert (tally.before, tally.done) == (1, 1)


def test_a_manifest_may_name_objects(bucket: Any, tmp_path: Path) -> None:
    manifest = tmp_path / "night.csv"
    manifest.write_text("path,agent\nmemory://night/a.wav,王芳\n", "utf-8")
    judge(find_sources(str(manifest)), tmp_path)

    assert filed(tmp_path) == [("memory://night/a.wav", "a.wav")]


def test_an_object_that_is_gone_is_listed_and_the_others_go_on(bucket: Any, tmp_path: Path) -> None:
    found = find_sources("memory://night")
    bucket.rm("/night/a.wav")
    tally = judge(found, tmp_path)

    assert (tally.done, tally.failed) == (1, 1)


def test_an_address_that_leads_nowhere_is_told(bucket: Any) -> None:
    with pytest.raises(SourceError, match="no recordings here"):
        find_sources("memory://night/nothing")
    with pytest.raises(BucketError, match="no driver for this address"):
        find_sources("nosuchstore://night")


def test_what_a_killed_batch_left_is_removed(tmp_path: Path) -> None:
    code = """
import os, sys, fsspec
from pathlib import Path
from api.batch.download_dir import DownloadDir
fsspec.filesystem("memory").pipe("/night/a.wav", b"somebody")
downloads = DownloadDir(Path(sys.argv[1])).__enter__()
downloads.fetch("memory://night/a.wav")
os._exit(9)
"""
    folder = tmp_path / "incoming"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert list(folder.rglob("*.wav"))
    with DownloadDir(folder):
        assert not list(folder.rglob("*"))


def test_the_downloads_of_another_host_or_container_are_left_alone(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "incoming"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(socket, "gethostname", lambda: "another-container")
        other = DownloadDir(folder)
    with other:
        kept = other.fetch("memory://night/a.wav")
        with DownloadDir(folder) as mine:
            mine.fetch("memory://night/a.wav")
            with DownloadDir(folder):
                assert kept.exists()
                assert len(list(folder.rglob("*.wav"))) == 2
        assert kept.exists()
        long_ago = time.time() - 8 * 86_400
        for path in (kept.parent / ".lock", kept.parent):
            os.utime(path, (long_ago, long_ago))
        with DownloadDir(folder):
            assert not kept.exists()
