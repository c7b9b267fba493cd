"""How long do the queue, search and boards of a desk take with 100,000 calls in the store?

    python -m benchmarks.desk_speed [--store FILE_OR_URL] [--calls 100000] [--json FILE]

The calls are generated: 120 agents of 8 teams over a year, each with hits, steps and a report of
its own scores; every fourth has a task, every tenth an outcome and verdicts, twenty a late appeal.
Medians of 9 requests through the whole application (routing, session, template, gzip), in process:
on the clock, and of our own processor time, which a busy machine changes least. The target is
200 ms.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from api.desk.desk import prepare_desk
from api.desk.routes import desk_router
from api.review.accounts import passwords
from api.review.tables import appeals, outcomes, people, reviews, tasks
from api.settings import Settings
from api.store import Store
from api.store.folding import folded
from api.store.tables import breaches, calls, hits, steps, utterances, verdicts

PASSWORD = "only for this benchmark"
RULES = ("dont-know", "not-my-job", "cannot-do", "you-are-wrong", "shirk-wait", "vague")
STEPS = ("opening", "identity-check", "confirm-understanding", "more-help", "closing")
TITLES = {
    "dont-know": "我不知道",
    "not-my-job": "不归我管",
    "cannot-do": "办不了",
    "you-are-wrong": "你搞错了",
    "shirk-wait": "再等等吧",
    "vague": "可能大概",
    "opening": "开场问候",
    "identity-check": "核实身份",
    "confirm-understanding": "确认理解",
    "more-help": "询问其他需要",
    "closing": "结束语",
}
TABLES = (calls, hits, steps, breaches, utterances, tasks, outcomes, verdicts, reviews, appeals)
CHECKS = ("conduct.silence", "conduct.rate", "conduct.interruption", "conduct.turn")
SAID = "您好很高兴为您服务请问有什么可以帮您这个问题我来为您查询一下请稍等感谢您的耐心等待"
PAGES = (
    ("queue", "/desk/queue"),
    ("queue, filtered", "/desk/queue?reason=random&agent=a017"),
    ("plans and bias", "/desk/plans"),
    ("board, agents, week", "/desk/boards?view=agents&unit=week"),
    ("board, agents, quarter", "/desk/boards?view=agents&unit=quarter"),
    ("board, phrases, quarter", "/desk/boards?view=phrases&unit=quarter"),
    ("board, teams, quarter", "/desk/boards?view=teams&unit=quarter"),
    ("board, steps, quarter", "/desk/boards?view=steps&unit=quarter"),
    ("board, steps, month", "/desk/boards?view=steps&unit=month"),
    ("board, conduct, quarter", "/desk/boards?view=conduct&unit=quarter"),
    ("search", "/desk/search?q=耐心等"),
    ("search, long", "/desk/search?q=很高兴为您服务"),
    ("search, listed", "/desk/search?agent=a017&conclusion=failed&sort=lowest"),
    ("search, words listed", "/desk/search?q=感谢您，的耐心&team=一组"),
    ("appeals", "/desk/appeals"),
    ("coaching", "/desk/coaching?agent=a017"),
    ("calibrations", "/desk/calibrations"),
    ("one call", "/desk/calls/{call}"),
)


def fill(store: Store, count: int, *, days: int = 365, seed: int = 7) -> None:
    """Put that many generated calls in, the newest now."""
    random, now = Random(seed), datetime.now(UTC)
    for first in range(0, count, 2_000):
        rows = [
            call_rows(random, n, now - timedelta(days=days * n / count, minutes=5))
            for n in range(first, min(count, first + 2_000))
        ]
        with store.writing() as connection:
            for table in TABLES:
                found = [row for made in rows for row in made.get(table.name, ())]
                if found:
                    connection.execute(insert(table), found)


def call_rows(
    random: Random, n: int, at: datetime, *, call: str = ""
) -> dict[str, list[dict[str, Any]]]:
    """Rows of one generated call, by table."""
    call, agent = call or f"g{n:07}", random.randrange(120)
    skill = 96 - agent % 30
    score = round(min(100.0, max(0.0, random.gauss(skill, 7))), 1)
    fatal = random.random() < 0.01
    found = [r for r in RULES if random.random() < 0.22]
    broken = {c for c in CHECKS if random.random() < 0.12}
    made: dict[str, list[dict[str, Any]]] = {
        "calls": [
            {
                "id": call,
                "origin": "batch",
                "source": f"{call}.wav",
                "audio_hash": "",
                "agent": f"a{agent:03}",
                "team": f"{'一二三四五六七八'[agent % 8]}组",
                "customer": "",
                "direction": "in",
                "script": "inbound",
                "started_at": at,
                "stored_at": at,
                "duration_ms": random.randrange(40_000, 900_000),
                "score": 0.0 if fatal else score,
                "passed": not fatal and score >= 85,
                "fatal": fatal,
                "hit_count": len(found),
                "confidence": round(random.uniform(0.5, 0.98), 3),
                "engine_version": "0.1.0",
                "phrasebook_version": "generated 1",
                "model_version": "generated",
                "rest": _rest(call, score, broken),
            }
        ],
        "utterances": [utterance(random, call, i) for i in range(4)],
        "hits": [hit(call, i, rule) for i, rule in enumerate(found)],
        "breaches": [{"call_id": call, "name": name} for name in sorted(broken)],
        "steps": [_step(random, call, step, skill) for step in STEPS],
    }
    if n % 4 == 0:
        made["tasks"] = [_task(call, at, random)]
    if n % 10 == 0:
        made["outcomes"] = [_outcome(call, at, score)]
        made["verdicts"] = [_verdict(random, row, at) for row in made["hits"]]
    if n % 5_000 == 0:
        made["reviews"] = [_review(n // 5_000 + 1, call, at, score)]
        made["appeals"] = [_late_appeal(n // 5_000 + 1, call, at, score)]
    return made


def _rest(call: str, score: float, broken: set[str]) -> dict[str, Any]:
    checks = [{"id": c, "state": "breach" if c in broken else "within"} for c in CHECKS]
    item = {"id": "all", "title": "通话质量", "group": "", "points": 100.0, "deductions": []}
    return {
        "call": {"id": call, "script_title": "呼入服务", "duration_ms": 300_000},
        "conduct": {"checks": checks, "silences": [], "overlaps": []},
        "score": {"total": score, "items": [{**item, "earned": score}], "fatal": []},
    }


def utterance(random: Random, call: str, n: int) -> dict[str, Any]:
    begin = random.randrange(len(SAID) - 12)
    return {
        "call_id": call,
        "n": n,
        "role": ("agent", "customer")[n % 2],
        "channel": n % 2,
        "begin_ms": n * 5_000,
        "end_ms": n * 5_000 + 4_000,
        "text": SAID[begin : begin + 12],
        "pinyin": "",
        "folded": folded(SAID[begin : begin + 12]),
        "confidence": 0.9,
        "intelligible": True,
        "words": [],
    }


def hit(call: str, n: int, rule: str) -> dict[str, Any]:
    return {
        "call_id": call,
        "id": f"{call}-{n}",
        "rule": rule,
        "source": "S1.1",
        "role": "agent",
        "utterance": 0,
        "begin_char": 0,
        "end_char": 4,
        "begin_ms": 300,
        "end_ms": 1_400,
        "phrase": TITLES[rule],
        "heard": TITLES[rule],
        "tier": "exact",
        "score": 1.0,
        "confidence": 0.9,
        "severity": "medium",
        "fatal": False,
        "needs_review": False,
        "rest": {
            "title": TITLES[rule],
            "kind": "forbidden",
            "points": 3.0,
            "suggest": [],
            "coach": "",
            "why": "",
        },
    }


def _step(random: Random, call: str, step: str, skill: int) -> dict[str, Any]:
    done = random.random() * 100 < skill - STEPS.index(step) * 6
    return {
        "call_id": call,
        "step": step,
        "source": "S3",
        "state": "done" if done else random.choice(("late", "missed")),
        "at_ms": 1_000,
        "deadline_ms": 15_000,
        "rest": {"title": TITLES[step], "utterance": None},
    }


def _task(call: str, at: datetime, random: Random) -> dict[str, Any]:
    return {
        "call_id": call,
        "purpose": "sample",
        "seat": "",
        "reasons": [random.choice(("random", "low_score", "fatal"))],
        "priority": random.choice((20, 50, 100)),
        "state": "open",
        "locked_by": "",
        "made_at": at,
    }


def _outcome(call: str, at: datetime, score: float) -> dict[str, Any]:
    row = {"call_id": call, "score": score, "passed": score >= 85, "fatal": False}
    return {**row, "source": "review", "review": 0, "at": at}


def _verdict(random: Random, hit: dict[str, Any], at: datetime) -> dict[str, Any]:
    kept = ("call_id", "rule", "utterance", "begin_char", "end_char")
    row = {"hit_id": hit["id"], "right": random.random() < 0.9, "missed": False}
    return row | {name: hit[name] for name in kept} | {"by": "ines", "at": at}


def _review(number: int, call: str, at: datetime, score: float) -> dict[str, Any]:
    row = {"id": number, "call_id": call, "purpose": "sample", "inspector": "ines"}
    row |= {"state": "submitted", "revision": 1, "scorecard": 1, "answers": {}, "fatal": False}
    row |= {"score": score, "passed": score >= 85, "machine_score": score}
    return row | {"opened_at": at, "saved_at": at, "submitted_at": at}


def _late_appeal(number: int, call: str, at: datetime, score: float) -> dict[str, Any]:
    row = {"review": number, "call_id": call, "by": "anna", "reason": "x", "state": "open"}
    return row | {"made_at": at, "due_at": at, "score_before": score}


def measure(store: Store, count: int) -> Iterator[tuple[str, float, float]]:
    """(what, median ms on the clock, median ms of our own processor time) of each page."""
    settings = Settings(data_dir=Path(tempfile.mkdtemp()))
    prepare_desk(store, settings)
    app = FastAPI()
    app.include_router(desk_router(store, settings))
    client = TestClient(app)
    client.post("/desk/login", data={"login": "lead", "password": PASSWORD})
    for name, path in PAGES:
        times = [_timed(client, path.format(call=f"g{count // 2:07}")) for _ in range(9)]
        yield name, *(statistics.median(column) for column in zip(*times, strict=True))


def _timed(client: TestClient, path: str) -> tuple[float, float]:
    begin, used = time.perf_counter(), time.process_time()
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return (time.perf_counter() - begin) * 1_000, (time.process_time() - used) * 1_000


def settle(store: Store) -> None:
    """Somebody to log in as."""
    with store.writing() as connection:
        if connection.scalar(select(func.count()).select_from(people)) == 0:
            connection.execute(
                insert(people).values(
                    login="lead",
                    name="Lead",
                    role="lead",
                    password=passwords.hashed(PASSWORD, login="lead"),
                    must_change=False,
                    active=True,
                    made_at=datetime.now(UTC),
                )
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    store = Store.open(asked.store or str(Path(tempfile.mkdtemp()) / "calls.db"))
    settle(store)
    with store.reading() as connection:
        there = connection.scalar(select(func.count()).select_from(calls))
    if not there:
        fill(store, asked.calls)
    rows = list(measure(store, asked.calls))
    for name, median, processor in rows:
        print(f"{name:28} {median:8.0f} ms {processor:8.0f} ms")
    if asked.json:
        keep(asked.json, store.engine.dialect.name, asked.calls, rows)


def keep(path: Path, database: str, count: int, rows: list[tuple[str, float, float]]) -> None:
    """Put the rows of one database into the file, beside those of the other."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept |= {"calls": count, "python": platform.python_version()}
    kept[database] = {
        "median_ms": {name: round(median, 1) for name, median, _ in rows},
        "processor_ms": {name: round(used, 1) for name, _, used in rows},
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
