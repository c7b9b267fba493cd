"""What a desk holds beside its calls after a year: accounts, names, notes, notices, the trail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select

from api.review.accounts import passwords
from api.review.accounts import people as accounts
from api.review.judging import appeals, draft_sheet, reviews, single_verdicts, submitting
from api.review.tables import (
    calibrations,
    coaching_notes,
    corrections,
    flags,
    notices,
    people,
    pins,
    saved_searches,
)
from api.store import Store
from api.store.tables import agents, audit, calls
from benchmarks.desk_calls import NUMBERED, RULES

PASSWORD = "only for this benchmark"
STAFF = {"lead": "lead", "ines": "inspector", "adam": "admin", "anna": "agent"}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = ("静", "伟", "芳", "晓明", "丽", "强", "敏", "磊")
ACTIONS = ("call.read", "search.made", "task.opened", "review.submitted", "audio.heard")


def settle(store: Store) -> None:
    """Somebody of each role to log in as, and an account and a name for each agent."""
    with store.writing() as connection:
        if connection.scalar(select(func.count()).select_from(people)):
            return
        kept = passwords.hashed(PASSWORD, login="nobody at all")
        row = {"password": kept, "must_change": False, "active": True, "made_at": _now()}
        for login, role in STAFF.items():
            number = "a017" if role == "agent" else ""
            told = {"login": login, "name": login.title(), "role": role, "agent": number}
            connection.execute(insert(people).values(**told, team="", **row))
        named = [(f"a{n:03}", f"{SURNAMES[n % 20]}{GIVEN[n % 8]}") for n in range(120)]
        for number, name in named:
            connection.execute(insert(agents).values(number=number, name=name))
            if number != "a017":
                told = {"login": number, "name": name, "role": "agent", "agent": number}
                connection.execute(insert(people).values(**told, team="", **row))


def live(store: Store, count: int, *, seed: int = 11) -> None:
    """A year of work on that many calls: three rows of the trail each, a note for every tenth."""
    random, now = Random(seed), _now()
    ids = [f"g{n:07}" for n in range(count)]
    with store.writing() as connection:
        notes = [_note(random, n, now) for n in range(count // 10)]
        connection.execute(insert(coaching_notes), notes)
        connection.execute(insert(pins), [_pin(random, ids, len(notes), now) for _ in notes * 2])
        connection.execute(insert(notices), list(_notices(random, len(notes), now)))
        connection.execute(insert(corrections), [_correction(random, ids, now) for _ in notes])
        connection.execute(insert(flags), [_flag(n, ids, now) for n in range(count // 100)])
        connection.execute(insert(calibrations), [_session(n, ids, now) for n in range(50)])
        kept = [{"login": "lead", "name": f"s{n}", "query": "agent=a017"} for n in range(40)]
        connection.execute(insert(saved_searches), [row | {"at": now} for row in kept])
    _write_trail(store, random, ids, 3 * count)


def judge(store: Store, call_id: str) -> None:
    """One call judged as people judge it, and appealed: its page reads a whole sheet."""
    review = reviews.begin(store, call_id, purpose="sample", login="ines")
    with store.reading() as connection:
        report = draft_sheet.report_of(connection, review)
    for hit in report["hits"]:
        single_verdicts.judge(store, review.id, login="ines", hit_id=hit["id"], right=True)
    with store.reading() as connection:
        review = reviews.by_number(connection, review.id)
        sheet, _ = draft_sheet.sheet_of(connection, review)
    answers = {name: {"points": 1} for name in sheet.missing}
    done: dict[str, Any] = {"login": "ines", "revision": review.revision, "comment": ""}
    submitting.submit(store, review.id, answers=answers, **done)
    with store.reading() as connection:
        agent = connection.scalar(select(calls.c.agent).where(calls.c.id == call_id))
        by = next(one for one in accounts.everybody(connection) if one.agent == agent)
    reason, within = "请再听一遍这一段录音。", timedelta(days=7)
    appeals.appeal(store, call_id, review.id, by=by, reason=reason, within=within)


def _now() -> datetime:
    return datetime.now(UTC)


def _ago(random: Random, now: datetime) -> datetime:
    return now - timedelta(minutes=random.randrange(365 * 24 * 60))


def _note(random: Random, n: int, now: datetime) -> dict[str, Any]:
    at = _ago(random, now)
    row = {
        "id": NUMBERED + n,
        "agent": f"a{random.randrange(120):03}",
        "title": "先致歉再解释",
        "by": "lead",
    }
    row |= {"title": "先致歉再解释", "words": "两处都在第一分钟。", "given_at": at}
    return row | {"read_at": at if n % 3 else None}


def _pin(random: Random, ids: list[str], notes: int, now: datetime) -> dict[str, Any]:
    note = NUMBERED + random.randrange(notes) if random.random() < 0.9 else None
    row = {"call_id": random.choice(ids), "at_ms": random.randrange(40_000), "by": "lead"}
    return row | {"words": "这里先致歉。", "made_at": _ago(random, now), "note": note}


def _notices(random: Random, notes: int, now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(2 * notes):
        login = "lead" if n % 50 == 0 else f"a{n % 120:03}"
        at = _ago(random, now)
        row = {"login": login, "kind": "note_given", "subject": str(NUMBERED + n % notes), "at": at}
        yield row | {"seen_at": at if n % 4 else None}


def _correction(random: Random, ids: list[str], now: datetime) -> dict[str, Any]:
    row = {"call_id": random.choice(ids), "utterance": 0, "begin_char": 0, "end_char": 2}
    return row | {"heard": "你好", "said": "您好", "by": "ines", "at": _ago(random, now)}


def _flag(n: int, ids: list[str], now: datetime) -> dict[str, Any]:
    row = {"call_id": ids[n * 100 % len(ids)], "rule": RULES[n % 6], "begin_ms": n}
    return row | {"by": "a017", "at": now}


def _session(n: int, ids: list[str], now: datetime) -> dict[str, Any]:
    row = {"call_id": ids[n], "title": f"第 {n} 次", "inspectors": ["ines"], "made_by": "lead"}
    return row | {"made_at": now, "closed_at": now if n > 3 else None}


def _write_trail(store: Store, random: Random, ids: list[str], count: int) -> None:
    """Rows with links of their own: a page reads them, and does not check the chain."""
    begin = _now() - timedelta(days=365)
    each = timedelta(days=364) / count
    for first in range(0, count, 10_000):
        rows = [
            {
                "at": begin + each * n,
                "who": "ines" if n % 3 else f"a{n % 120:03}",
                "action": ACTIONS[n % 5],
                "subject": random.choice(ids),
                "detail": {"purpose": "sample"},
                "link": hashlib.sha256(f"generated {n}".encode()).hexdigest(),
            }
            for n in range(first, min(count, first + 10_000))
        ]
        with store.writing() as connection:
            connection.execute(insert(audit), rows)
