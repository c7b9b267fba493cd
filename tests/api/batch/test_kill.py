"""A batch that is killed at any moment goes on with the same command, to the very same result."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from api.store import Store, audit
from tests.api.batch.scripted import contents, recordings, run, slow

NAMES = [f"{number:02}.wav" for number in range(24)]


def start(folder: Path, store: Path) -> subprocess.Popen[bytes]:
    program = (
        "from tests.api.batch.scripted import run, slow\n"
        f"run({str(folder)!r}, {str(store)!r}, workers=2, analyzer=slow)"
    )
    return subprocess.Popen([sys.executable, "-c", program], start_new_session=True)


def test_killed_again_and_again_it_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    recordings(tmp_path / "in", NAMES)
    run(tmp_path / "in", str(tmp_path / "calm.db"), workers=2, analyzer=slow)
    store = tmp_path / "killed.db"
    Store.open(str(store)).close()
    moments = random.Random(5)
    kills = 0
    for _ in range(3):
        batch = start(tmp_path / "in", store)
        _wait_for(store, at_least=kills * 5 + moments.randint(1, 4), batch=batch)
        time.sleep(moments.random() / 10)
        if batch.poll() is None:
            os.kill(batch.pid, signal.SIGKILL)
            kills += 1
        batch.wait()

    run(tmp_path / "in", str(store), workers=2)

    assert kills
    assert contents(str(store)) == contents(str(tmp_path / "calm.db"))
    opened = Store.open(str(store))
    with opened.reading() as connection:
        assert list(audit.broken_links(connection)) == []
    opened.close()


def _wait_for(store: Path, *, at_least: int, batch: subprocess.Popen[bytes]) -> None:
    """Until so many calls are filed, or the batch is over."""
    opened = Store.open(str(store))
    while batch.poll() is None:
        with opened.reading() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM calls").scalar_one() >= at_least:
                break
        time.sleep(0.01)
    opened.close()
