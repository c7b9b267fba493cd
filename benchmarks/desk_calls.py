"""Rows of a generated centre's calls: 120 agents of 8 teams over a year, each call with hits, steps
and a report of its own scores; every fourth has a task, every tenth a sheet of a person and
verdicts, twenty a late appeal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from api.review.tables import appeals, outcomes, reviews, sheet_findings, sheets, tasks
from api.store import Store
from api.store.folding import folded
from api.store.tables import breaches, calls, hits, steps, utterances, verdicts
from qa_engine.privacy import mask

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
TABLES = (
    *(calls, hits, steps, breaches, utterances, tasks, sheets, outcomes, sheet_findings, verdicts),
    *(reviews, appeals),
)
CHECKS = ("conduct.silence", "conduct.rate", "conduct.interruption", "conduct.turn")
NUMBERED = 1_000_000
"""From here on, so that what is numbered by a database meets none of these."""
SAID = "您好很高兴为您服务请问有什么可以帮您这个问题我来为您查询一下请稍等感谢您的耐心等待"


def customer(n: int) -> str:
    """The number of whoever is on the call: one calls five times a year."""
    return f"138{n % 20_000:08}"


def fill(store: Store, count: int, *, days: int = 365, seed: int = 7) -> None:
    """Put that many generated calls in, the newest now."""
    random, now = Random(seed), datetime.now(UTC)
    for first in range(0, count, 2_000):
        rows = [
            call_rows(random, n, now - timedelta(days=days * n / count, minutes=5))
            for n in range(first, min(count, first + 2_000))
        ]
        if store.numbers is not None:
            for n, made in enumerate(rows, first):
                made["calls"][0]["customer_print"] = store.numbers.fingerprint(customer(n))
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
                "customer": mask(customer(n)),
                "customer_print": "",
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
        made["sheets"] = [_sheet(NUMBERED + n, call, at, score, len(found))]
        made["outcomes"] = [_outcome(NUMBERED + n, call, at, score, len(found))]
        made["sheet_findings"] = list(_findings(NUMBERED + n, made))
        made["verdicts"] = [_verdict(random, row, at) for row in made["hits"]]
    if n % 5_000 == 0:
        made["reviews"] = [_review(NUMBERED + n // 5_000, call, at, score)]
        made["appeals"] = [_late_appeal(NUMBERED + n // 5_000, call, at, score)]
    return made


def _rest(call: str, score: float, broken: set[str]) -> dict[str, Any]:
    checks = [{"id": c, "state": "breach" if c in broken else "within"} for c in CHECKS]
    item: dict[str, Any] = {"id": "all", "title": "通话质量", "group": "", "points": 100.0}
    item |= {"deductions": [], "waiting": []}
    return {
        "call": {"id": call, "script_title": "呼入服务", "duration_ms": 300_000},
        "conduct": {"checks": checks, "silences": [], "overlaps": []},
        "score": {
            **{"total": score, "out_of": 100.0, "pass_score": 85.0, "passed": score >= 85},
            **{"items": [{**item, "earned": score}], "fatal": [], "fatal_waiting": []},
        },
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
        "tier": "meaning" if call[-1] == "8" else "exact",
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


def _sheet(number: int, call: str, at: datetime, score: float, hit_count: int) -> dict[str, Any]:
    row = {"id": number, "call_id": call, "source": "review", "author": "ines", "at": at}
    row |= {"score": score, "passed": score >= 85, "fatal": False, "hit_count": hit_count}
    return row | {"body": {}}


def _outcome(number: int, call: str, at: datetime, score: float, hits: int) -> dict[str, Any]:
    row = {"call_id": call, "score": score, "passed": score >= 85, "fatal": False}
    row |= {"source": "review", "review": 0, "at": at, "sheet": number}
    return row | {"hit_count": hits}


def _findings(number: int, made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    row = {"sheet": number, "call_id": made["calls"][0]["id"], "role": "agent", "counts": True}
    for hit in made["hits"]:
        yield row | {"kind": "hit", "name": hit["rule"], "title": TITLES[hit["rule"]], "state": ""}
    for step in made["steps"]:
        title = TITLES[step["step"]]
        yield row | {"kind": "step", "name": step["step"], "title": title, "state": step["state"]}
    for breach in made["breaches"]:
        told = {"name": breach["name"], "title": breach["name"], "state": "breach"}
        yield row | {"kind": "conduct", **told}


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
