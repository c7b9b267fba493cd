"""A pass over a store is killed while the server thinks; the next one pays for nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from api.meaning.passes import answer_waiting, count_waiting
from api.store import Store, audit, tables
from tests.api.meaning.scripted import Server, serving
from tests.api.meaning.stored import asking, endpoint, fill, many, pack

CALLS = 8


def start(store_url: str, server: Server) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "QA_ENGINE_MEANING_URL": server.url,
        "QA_ENGINE_MEANING_HOSTS": "127.0.0.1",
        "QA_ENGINE_MEANING_MODEL": "scripted-1",
        "QA_ENGINE_MEANING_CONCURRENCY": "1",
    }
    program = Path(sys.executable).with_name("qa-engine")
    return subprocess.Popen(
        [str(program), "meaning", "run", "--store", store_url],
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )


def test_a_pass_over_a_shared_database_that_was_killed_goes_on_where_it_was(
    postgres_database: str, tmp_path: Path
) -> None:
    book = pack(tmp_path)
    store = Store.open(postgres_database)
    fill(store, book, list(many(book, CALLS)))
    with serving(slow_s=0.05) as server:
        process = start(postgres_database, server)
        while len(server.received) < 3:
            assert process.poll() is None
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        paid = len(server.received)
        filed = CALLS - count_waiting(store)
        assert 0 < filed < CALLS
        with asking(store, endpoint(server.url)) as asker:
            tally = answer_waiting(store, asker)
        sent = len(server.received)
    assert count_waiting(store) == 0
    assert len(tally.calls) == CALLS - filed
    # What was killed in the middle of its request is asked again, and nothing else.
    assert sent - paid <= CALLS - filed
    assert sent <= CALLS + 1
    with store.reading() as connection:
        assert list(audit.broken_links(connection)) == []
        kept = connection.scalar(select(func.count()).select_from(tables.asked))
        answers = connection.execute(select(tables.answers)).all()
    assert kept == sum(answer.rest["why"] != "condition" for answer in answers)
    store.close()
