"""A desk in full use, over calls that a real batch analysed: for pictures and for looking around.

    qa-engine batch CALLS --store calls.db --audio shelf
    python -m tests.api.desk.scene calls.db

Everybody's password is `PASSWORD` of the tests. Judging follows a fixed seed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert, select, update

from api.desk.desk import prepare_desk
from api.review.accounts import passwords, people
from api.review.coaching import notes, pins
from api.review.judging import (
    appeals,
    calibration,
    corrections,
    draft_sheet,
    reviews,
    single_verdicts,
    submitting,
)
from api.review.sampling import drawing
from api.review.tables import people as people_table
from api.review.tables import reviews as reviews_table
from api.settings import Settings
from api.store import Store
from api.store.tables import calls
from tests.api.desk.conftest import PASSWORD

STAFF = (
    ("lin", "林静", "inspector"),
    ("gao", "高远", "inspector"),
    ("xu", "徐曼", "inspector"),
    ("shen", "沈立", "lead"),
    ("he", "何倩", "lead"),
)
COMMENTS = (
    "开场规范，问题解释清楚，结束前确认了客户还有没有其他需要。",
    "语速偏快，解释资费时客户打断了两次，建议分点说明。",
    "共情到位，先安抚再给方案，可以作为案例。",
    "等待前没有说明原因和时长。",
    "",
)
REASONS = (
    "这一句是在复述客户的话，不是我自己说的，请再听一遍 18 秒前后的录音。",
    "客户主动说不需要核实身份，我按流程做了说明，语气分扣得偏重。",
    "当时系统正在升级，我已经说明原因并致歉。",
)


def settle(store: Store, settings: Settings) -> None:
    """Staff, and an account for every agent who has calls."""
    prepare_desk(store, settings)
    kept = passwords.hashed(PASSWORD, login="nobody at all")
    row = {"password": kept, "must_change": False, "active": True, "made_at": datetime.now(UTC)}
    with store.writing() as connection:
        for login, name, role in STAFF:
            connection.execute(
                insert(people_table).values(login=login, name=name, role=role, **row)
            )
        found = connection.execute(select(calls.c.agent, calls.c.team).distinct()).all()
        for number, agent in enumerate(sorted(found), 1):
            connection.execute(
                insert(people_table).values(
                    login=f"a{1000 + number}",
                    name=agent.agent,
                    agent=agent.agent,
                    team=agent.team,
                    role="agent",
                    **row,
                )
            )
        admin = update(people_table).where(people_table.c.login == "admin")
        connection.execute(admin.values(password=kept, must_change=False, name="系统管理员"))


def judge(
    store: Store, call_id: str, login: str, random: Random, *, purpose: str = "sample"
) -> reviews.Review:
    """One review from opened to submitted."""
    review = reviews.begin(store, call_id, purpose=purpose, login=login)
    report = store.load(call_id)
    for hit in report.hits if report else ():
        right = random.random() < (0.5 if hit.needs_review else 0.93)
        single_verdicts.judge(store, review.id, login=login, hit_id=hit.id, right=right)
    with store.reading() as connection:
        review = reviews.by_number(connection, review.id)
        sheet, _ = draft_sheet.sheet_of(connection, review)
    answers = {}
    for line in sheet.lines:
        if line.item.id in sheet.missing:
            share = random.choice((1.0, 1.0, 1.0, 0.5, 0.75))
            answers[line.item.id] = {"points": round(line.item.points * share, 1)}
    return submitting.submit(
        store,
        review.id,
        login=login,
        revision=review.revision,
        answers=answers,
        comment=random.choice(COMMENTS),
    )


def play(store: Store, settings: Settings) -> None:
    """Weeks of work: samples, reviews, appeals, acknowledgements, a calibration, double reviews."""
    random = Random(11)
    settle(store, settings)
    some = list(_hits(store))
    for call_id, rule, begin_ms in some[:: max(1, len(some) // 4)][:4]:
        drawing.flag_not_right(store, call_id, rule=rule, begin_ms=begin_ms, by="坐席")
    drawing.draw(store, since=datetime.now(UTC) - timedelta(days=90), by="shen")
    with store.reading() as connection:
        newest = select(calls.c.id).order_by(calls.c.started_at.desc())
        ids = list(connection.scalars(newest))
    for n, call_id in enumerate(ids[6 : len(ids) // 2]):
        who = ("lin", "gao", "xu")[n % 3]
        judge(store, call_id, who, random)
        if n % 9 == 0:
            judge(store, call_id, "he", random, purpose="double")
    _aged(store)
    _appeals(store, ids[6:], random)
    _coach(store, ids[8])
    for number, call_id in enumerate(ids[2:4]):
        made = calibration.make(
            store,
            call_id,
            title=f"十一月校准第 {number + 1} 次",
            inspectors=["lin", "gao", "xu"],
            by="shen",
        )
        for login in ("lin", "gao", "xu")[: 3 - number]:
            judge(store, call_id, login, random, purpose="calibration")
        if not number:
            calibration.close(store, made, by="shen")


def _coach(store: Store, call_id: str) -> None:
    """A note of two comments, and a third that waits for the next."""
    moments = (
        (8_000, "开场很规范。"),
        (24_000, "这里先致歉，再说明原因。"),
        (41_000, "语速放慢一点。"),
    )
    made = [pins.pin(store, call_id, at_ms=ms, words=words, by="shen") for ms, words in moments]
    with store.reading() as connection:
        agent = connection.scalar(select(calls.c.agent).where(calls.c.id == call_id)) or ""
    notes.give(
        store, agent, title="先致歉再解释", words="两处都在第一分钟。", chosen=made[:2], by="shen"
    )


def _hits(store: Store) -> Iterator[tuple[str, str, int]]:
    from api.store.tables import hits

    with store.reading() as connection:
        yield from connection.execute(select(hits.c.call_id, hits.c.rule, hits.c.begin_ms)).all()


def _aged(store: Store) -> None:
    """Reviews were made a day after the call, not all in this second."""
    with store.writing() as connection:
        query = select(reviews_table.c.id, calls.c.started_at).join(
            calls, calls.c.id == reviews_table.c.call_id
        )
        for row in connection.execute(query).all():
            at = min(row.started_at + timedelta(hours=20), datetime.now(UTC) - timedelta(hours=2))
            moved = update(reviews_table).where(reviews_table.c.id == row.id)
            connection.execute(moved.values(submitted_at=at, saved_at=at, opened_at=at))


def _appeals(store: Store, ids: list[str], random: Random) -> None:
    with store.reading() as connection:
        people_here = {p.agent: p for p in people.everybody(connection) if p.agent}
        judged = [
            (call_id, found[0])
            for call_id in ids
            if (found := [r for r in reviews.of_call(connection, call_id) if r.purpose == "sample"])
            and not found[0].passed
        ]
        owner = dict(connection.execute(select(calls.c.id, calls.c.agent)).all())
    made = []
    for n, (call_id, review) in enumerate(judged[:7]):
        by = people_here[owner[call_id]]
        made.append(
            appeals.appeal(
                store, call_id, review.id, by=by, reason=REASONS[n % 3], within=timedelta(days=99)
            )
        )
        submitting.acknowledge(store, review.id, login=by.login, comment="")
    _backdate(store, made)
    with store.reading() as connection:
        leads = {p.login: p for p in people.everybody(connection)}
    for n, number in enumerate(made[3:]):
        by = leads["shen" if n % 2 else "he"]
        draft = appeals.open_answer(store, number, by)
        better = {"tone": {"points": 3}, "real-solution": {"points": 6}}
        reviews.save(
            store,
            draft.id,
            login=by.login,
            revision=0,
            answers={**draft.answers["items"], **better, "sincere-empathy": {"points": 4}},
            comment="",
        )
        said = draft_sheet.said_of_hits(draft)
        if overturned := [hit for hit, right in said.items() if right][: 1 - n % 2]:
            single_verdicts.judge(
                store, draft.id, login=by.login, hit_id=overturned[0], right=False
            )
        words = (
            "复听后确认，维持原判；注意在说明之前先致歉。"
            if n % 2
            else "复听后同意：语气真诚，问题当场解决，分数已改。"
        )
        appeals.answer(store, number, by=by, accepted=n % 2 == 0, words=words)
    for call_id, _ in judged[:1]:
        report = store.load(call_id)
        assert report is not None
        first = report.utterances[0].id
        corrections.correct(store, call_id, utterance=first, begin=0, end=2, said="你好", by="lin")


def _backdate(store: Store, made: list[int]) -> None:
    """The first appeal is overdue, the second due tomorrow."""
    from api.review.tables import appeals as table

    with store.writing() as connection:
        for number, days in zip(made, (9.0, 6.2, 1.0, 12.0, 14.0, 18.0, 20.0), strict=False):
            at = datetime.now(UTC) - timedelta(days=days)
            due = at + timedelta(days=7)
            moved = update(table).where(table.c.id == number)
            connection.execute(moved.values(made_at=at, due_at=due))


if __name__ == "__main__":
    opened = Store.open(sys.argv[1])
    play(opened, Settings(data_dir=Path(sys.argv[1]).parent / "data"))
    opened.close()
