"""What a draft says stays in the draft until it is handed in; a trial verdict counts nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from api.review.accounts import people
from api.review.accounts.people import AccountRole, Person
from api.review.boards.periods import Unit, holding
from api.review.boards.phrase_board import top_phrases
from api.review.boards.scope import BoardScope
from api.review.judging import appeals, draft_sheet, reviews, single_verdicts, submitting
from api.review.scores import scorecards
from api.review.scores.opinions import Place
from api.review.tables import appeals as appeals_table
from api.review.tables import reviews as reviews_table
from api.review.tables import sheets
from api.store import Store, verdicts, versions
from api.store.tables import audit
from api.store.tables import verdicts as verdicts_table
from tests.api.review.calls import put
from tests.qa_engine.report.sample_pack import pack

LENA = Person(login="lena", name="Lena", role=AccountRole.LEAD)
ANNA = Person(login="anna", name="Anna", role=AccountRole.AGENT, agent="anna")


@pytest.fixture
def desk(store: Store) -> Store:
    scorecards.ensure(store, pack())
    for login, role in (("ines", "inspector"), ("lena", "lead"), ("anna", "agent")):
        people.create_user(store, login, role=role)
    put(store)
    return store


def judged_in(store: Store, review: int, *, login: str, right: bool) -> list[str]:
    """A verdict on every finding, in a draft."""
    loaded = store.load("call-1")
    assert loaded is not None
    hits = [hit.id for hit in loaded.hits]
    for hit in hits:
        single_verdicts.judge(store, review, login=login, hit_id=hit, right=right)
    return hits


def everything_that_counts(store: Store) -> Any:
    with store.reading() as connection:
        period = holding(Unit.QUARTER, datetime.now(UTC) - timedelta(days=1))
        board = top_phrases(connection, period, BoardScope())
        return (
            connection.execute(select(verdicts_table)).all(),
            list(verdicts.standing(connection)),
            [(row.id, row.precision, row.missed) for row in board],
        )


def submitted(store: Store, *, login: str = "ines", right: bool = True) -> reviews.Review:
    review = reviews.begin(store, "call-1", purpose="sample", login=login)
    judged_in(store, review.id, login=login, right=right)
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, reviews.by_number(connection, review.id))
    return submitting.submit(
        store,
        review.id,
        login=login,
        revision=0,
        answers={name: {"points": 1} for name in sheet.missing},
        comment="",
    )


@pytest.mark.parametrize("purpose", ["sample", "double", "calibration"])
def test_a_draft_writes_no_verdict_that_counts(desk: Store, purpose: str) -> None:
    before = everything_that_counts(desk)
    draft = reviews.begin(desk, "call-1", purpose=purpose, login="ines")

    judged_in(desk, draft.id, login="ines", right=False)
    place = Place(utterance=0, begin_char=0, end_char=2, rule="s1-1-dont-know")
    single_verdicts.mark_missed(desk, draft.id, login="ines", place=place)

    assert everything_that_counts(desk) == before


def test_handed_in_the_verdicts_count_and_say_who_gave_them(desk: Store) -> None:
    submitted(desk, right=False)

    with desk.reading() as connection:
        standing = list(verdicts.standing(connection))
    assert standing
    assert {(one.right, one.by) for one in standing} == {(False, "ines")}


def appealed(store: Store) -> tuple[int, reviews.Review]:
    review = submitted(store)
    within = timedelta(days=7)
    made = appeals.appeal(
        store, "call-1", review.id, by=ANNA, reason="请再听一遍这段录音", within=within
    )
    return made, appeals.open_answer(store, made, LENA)


def test_the_trial_of_an_appeal_counts_nowhere_and_a_rejection_discards_it(desk: Store) -> None:
    number, draft = appealed(desk)
    before = everything_that_counts(desk)

    judged_in(desk, draft.id, login="lena", right=False)
    assert everything_that_counts(desk) == before
    appeals.answer(desk, number, by=LENA, accepted=False, words="录音里确实说了")

    assert everything_that_counts(desk) == before


def test_an_accepted_appeal_brings_its_verdicts(desk: Store) -> None:
    number, draft = appealed(desk)
    judged_in(desk, draft.id, login="lena", right=False)

    appeals.answer(desk, number, by=LENA, accepted=True, words="申诉成立，已改判")

    with desk.reading() as connection:
        assert {(v.right, v.by) for v in verdicts.standing(connection)} == {(False, "lena")}


@pytest.mark.parametrize("accepted", [True, False])
def test_who_answered_an_appeal_and_what_it_came_to_is_in_the_trail(
    desk: Store, accepted: bool
) -> None:
    number, draft = appealed(desk)
    judged_in(desk, draft.id, login="lena", right=not accepted)

    appeals.answer(desk, number, by=LENA, accepted=accepted, words="再听过一遍，说明如下")

    with desk.reading() as connection:
        row = connection.execute(select(appeals_table).where(appeals_table.c.id == number)).one()
        about_appeals = select(audit).where(audit.c.action.startswith("appeal."))
        told = connection.execute(about_appeals.order_by(audit.c.n)).all()
    assert [(one.action, one.who, one.subject) for one in told] == [
        ("appeal.made", "anna", "call-1"),
        ("appeal.answered", "lena", "call-1"),
    ]
    assert told[-1].detail == {
        "accepted": accepted,
        "before": row.score_before,
        "after": row.score_after,
    }


def test_an_appeal_begins_with_the_verdicts_that_are_objected_to(desk: Store) -> None:
    _, draft = appealed(desk)

    said = draft_sheet.said_of_hits(draft)
    assert said
    assert all(said.values())


def test_words_marked_as_missed_count_once_they_are_handed_in(desk: Store) -> None:
    draft = reviews.begin(desk, "call-1", purpose="sample", login="ines")
    place = Place(utterance=0, begin_char=0, end_char=2, rule="s1-1-dont-know")
    single_verdicts.mark_missed(desk, draft.id, login="ines", place=place)

    submitted(desk)

    with desk.reading() as connection:
        missed = [v for v in verdicts.standing(connection) if v.missed]
    assert [(v.rule, v.by) for v in missed] == [("s1-1-dont-know", "ines")]


def test_an_older_store_takes_trial_verdicts_out_of_what_counts(desk: Store) -> None:
    """Drafts of appeals wrote verdicts at once; they go back into the draft that made them."""
    _, draft = appealed(desk)
    hit = next(iter(draft_sheet.said_of_hits(draft)))
    before = everything_that_counts(desk)
    versions.downgrade(desk.engine, "0005")
    with desk.writing() as connection:
        connection.execute(update(reviews_table).values(answers={"items": {}, "hits": {}}))
        row = {"call_id": "call-1", "hit_id": hit, "rule": "r", "right": False, "missed": False}
        place = {"utterance": 5, "begin_char": 0, "end_char": 2}
        now = datetime.now(UTC)
        connection.execute(insert(verdicts_table).values(**row, **place, by="lena", at=now))

    versions.upgrade(desk.engine)

    assert everything_that_counts(desk) == before
    with desk.reading() as connection:
        found = {r.purpose: r for r in reviews.of_call(connection, "call-1")}
    assert all(draft_sheet.said_of_hits(found["sample"]).values())
    assert draft_sheet.said_of_hits(found["appeal"])[hit] is False


def test_a_callers_number_is_covered_in_whatever_people_write(desk: Store) -> None:
    phone, name = "13912345678", "tone"
    review = reviews.begin(desk, "call-1", purpose="sample", login="ines")
    loaded = desk.load("call-1")
    assert loaded is not None
    hit = loaded.hits[0].id
    single_verdicts.judge(
        desk, review.id, login="ines", hit_id=hit, right=True, comment=f"号码{phone}"
    )
    with desk.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, review)
    items = {item: {"points": 1, "note": phone} for item in (name, *sheet.missing)}
    words = f"幺三九一二三四五六七八 {phone}"
    done = submitting.submit(
        desk, review.id, login="ines", revision=0, answers=items, comment=words
    )
    submitting.acknowledge(desk, done.id, login="anna", comment=phone)
    within = timedelta(days=7)
    number = appeals.appeal(
        desk, "call-1", done.id, by=ANNA, reason=f"客户留的电话是{phone}", within=within
    )
    appeals.open_answer(desk, number, LENA)
    appeals.answer(desk, number, by=LENA, accepted=False, words=f"已回拨{phone}")

    with desk.reading() as connection:
        for table in (reviews_table, appeals_table, verdicts_table, sheets):
            kept = str(connection.execute(select(table)).all())
            assert phone not in kept, table.name
            assert "一二三四五六七八" not in kept, table.name
