"""How long does each page of a desk take with 100,000 calls in the store?

    python -m benchmarks.desk_speed [--store FILE_OR_URL] [--calls 100000] [--json FILE]

The centre is generated: `desk_calls.py` its calls, `desk_centre.py` all that people made of them.
Medians of 9 requests through the whole application (routing, session, template, gzip), in process:
on the clock, and of processor time, which a busy machine changes least: ours, and that of the
PostgreSQL processes of this machine (one for each connection: parallel plans are switched off, so
that nothing is spent elsewhere). The target is 200 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import func, select, text
from starlette.testclient import TestClient

from api.desk.desk import prepare_desk
from api.desk.routes import desk_router
from api.review.tables import appeals, tasks
from api.rulebook import in_force
from api.settings import Settings
from api.store import Store
from api.store.number_key import KEY_VARIABLE
from api.store.tables import calls
from benchmarks.desk_calls import customer, fill
from benchmarks.desk_centre import PASSWORD, judge, live, settle

PAGES = {
    "ines": (
        ("queue", "/desk/queue"),
        ("queue, filtered", "/desk/queue?reason=random&agent=a017"),
        ("queue, done", "/desk/queue?state=done"),
        ("queue, page 20", "/desk/queue?after=760"),
        ("a task", "/desk/tasks/{task}"),
        ("search", "/desk/search?q=耐心等"),
        ("search, long", "/desk/search?q=很高兴为您服务"),
        ("search, by sound", "/desk/search?q=耐新等&sound=1"),
        ("search, two characters", "/desk/search?q=为您"),
        ("search, nothing found", "/desk/search?q=量子力学"),
        ("search, all calls", "/desk/search?judged=no"),
        ("search, listed", "/desk/search?agent=a017&conclusion=failed&sort=lowest"),
        ("search, by name", "/desk/search?agent=冯晓明"),
        ("search, lowest of all", "/desk/search?sort=lowest"),
        ("search, longest of all", "/desk/search?sort=longest"),
        ("search, page 20", "/desk/search?sort=oldest&after=950"),
        ("search, words listed", "/desk/search?q=感谢您，的耐心&team=一组"),
        ("search, by rule", "/desk/search?rule=dont-know"),
        ("search, by step", "/desk/search?rule=opening"),
        ("search, by file", "/desk/search?file=g0040"),
        ("search, by call", "/desk/search?call=0040001"),
        ("search, by score", "/desk/search?below=60&sort=highest"),
        ("search, by customer's number", "/desk/search?customer={customer}"),
        ("search, by customer's id", "/desk/search?customer=C-4711"),
        ("search, one day", "/desk/search?begin={day}&until={day}"),
        ("appeals", "/desk/appeals"),
        ("one call, machine's", "/desk/calls/{unjudged}"),
        ("one call, reviewed", "/desk/calls/{call}"),
        ("notices", "/desk/notices"),
    ),
    "lead": (
        *(
            (f"board, {view}, {unit}", f"/desk/boards?view={view}&unit={unit}")
            for view in ("agents", "teams", "phrases", "steps", "conduct")
            for unit in ("week", "month", "quarter")
        ),
        ("board, agents, sorted", "/desk/boards?view=agents&unit=quarter&sort=name"),
        ("board, one agent", "/desk/boards?view=agents&unit=quarter&agent=a017"),
        ("board, one team", "/desk/boards?view=phrases&unit=quarter&team=一组"),
        ("plans and bias", "/desk/plans"),
        ("coaching", "/desk/coaching"),
        ("coaching, one agent", "/desk/coaching?agent=a017"),
        ("coaching note", "/desk/coaching/1000000"),
        ("notices, many", "/desk/notices"),
        ("calibrations", "/desk/calibrations"),
        ("calibration", "/desk/calibrations/9"),
        ("scorecards", "/desk/scorecards"),
        ("rules", "/desk/rules"),
        ("rules, steps", "/desk/rules?part=steps"),
        ("one rule", "/desk/rules/piece?key=entries:dont-know"),
        ("rules, draft", "/desk/rules/draft"),
        ("rules, history", "/desk/rules/history"),
        ("rules, learned", "/desk/rules/learned"),
        ("rules, discovered", "/desk/rules/discovered"),
        ("an appeal", "/desk/appeals/{appeal}"),
    ),
    "adam": (
        ("audit", "/desk/audit"),
        ("audit, one person", "/desk/audit?who=ines"),
        ("audit, one call", "/desk/audit?subject={call}"),
        ("audit, one action", "/desk/audit?action=session.refused"),
        ("audit, one day", "/desk/audit?begin={day}&until={day}"),
        ("audit, person and action", "/desk/audit?who=a017&action=call.read"),
        ("people", "/desk/people"),
        ("persons", "/desk/persons"),
        ("persons, an agent", "POST /desk/persons kind=agent&value=a017"),
        ("persons, a customer", "POST /desk/persons kind=customer&value={customer}"),
        ("persons, an account", "POST /desk/persons kind=account&value=ines"),
    ),
    "anna": (("my, week", "/desk/my"), ("my, quarter", "/desk/my?unit=quarter")),
}


Row = tuple[str, float, float, float]


def measure(store: Store, settings: Settings, count: int) -> Iterator[Row]:
    """(what, median ms on the clock, of our processor time, of PostgreSQL's) of each page."""
    app = FastAPI()
    app.include_router(desk_router(store, settings))
    known = _known(store, count)
    for login, pages in PAGES.items():
        client = TestClient(app)
        client.post("/desk/login", data={"login": login, "password": PASSWORD})
        shown = re.search(r'data-csrf="([^"]+)"', client.get("/desk/password").text)
        client.headers["X-CSRF"] = shown.group(1) if shown else ""
        for name, path in pages:
            times = [_timed(client, path.format(**known)) for _ in range(9)]
            clock, ours, server = (statistics.median(one) for one in zip(*times, strict=True))
            yield name, clock, ours, server


def _known(store: Store, count: int) -> dict[str, object]:
    """What the addresses name."""
    with store.reading() as connection:
        at = connection.scalar(select(calls.c.started_at).where(calls.c.id == f"g{count // 2:07}"))
        task = connection.scalar(select(func.min(tasks.c.id)).where(tasks.c.state == "open"))
        judged = select(appeals.c.id).where(appeals.c.call_id == f"g{count // 2 + 2:07}")
        appeal = connection.scalar(judged)
    assert at is not None
    found = {
        "call": f"g{count // 2 + 2:07}",
        "unjudged": f"g{count // 2 + 1:07}",
        "task": task,
        "appeal": appeal,
    }
    return found | {"customer": customer(count // 2), "day": f"{at:%Y-%m-%d}"}


def _server_s() -> float:
    """Processor seconds of all PostgreSQL processes of this machine."""
    used_ns = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "comm").read_text().strip() == "postgres":
                used_ns += int((process / "schedstat").read_text().split()[0])
    return used_ns / 1e9


def _timed(client: TestClient, path: str) -> tuple[float, float, float]:
    before = _server_s()
    begin, used = time.perf_counter(), time.process_time()
    if path.startswith("POST "):
        _, where, body = path.split(" ")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.post(where, content=body.encode(), headers=form)
    else:
        answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    clock, ours = time.perf_counter() - begin, time.process_time() - used
    return clock * 1_000, ours * 1_000, (_server_s() - before) * 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    # Always the same, so that a store which is measured again finds its customers.
    os.environ[KEY_VARIABLE] = "A" * 43 + "="
    os.environ["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"
    store = Store.open(asked.store or str(Path(tempfile.mkdtemp()) / "calls.db"))
    settings = Settings(data_dir=Path(tempfile.mkdtemp()))
    settle(store)
    prepare_desk(store, settings)
    in_force.begin(store)
    with store.reading() as connection:
        there = connection.scalar(select(func.count()).select_from(calls))
    if not there:
        fill(store, asked.calls)
        live(store, asked.calls)
        judge(store, f"g{asked.calls // 2 + 2:07}")
        _settle_statistics(store)
    rows = list(measure(store, settings, asked.calls))
    for name, median, ours, server in rows:
        print(f"{name:28} {median:8.0f} ms {ours:8.0f} ms {server:8.0f} ms")
    if asked.json:
        keep(asked.json, store.engine.dialect.name, asked.calls, rows)


def _settle_statistics(store: Store) -> None:
    """What PostgreSQL does by itself within a minute or two of such a load."""
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("VACUUM ANALYZE"))


def keep(path: Path, database: str, count: int, rows: list[Row]) -> None:
    """Put the rows of one database into the file, beside those of the other."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept |= {"calls": count, "python": platform.python_version()}
    kept[database] = {
        "median_ms": {name: round(median, 1) for name, median, *_ in rows},
        "processor_ms": {name: round(used, 1) for name, _, used, _ in rows},
        "server_ms": {name: round(used, 1) for name, *_, used in rows},
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
