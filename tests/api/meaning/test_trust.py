"""A question takes points by itself only once inspectors have shown that its answers are right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.meaning.agreement import agreement
from api.meaning.passes import answer_waiting
from api.meaning.proving import proven
from api.meaning.replaying import replay
from api.review.boards.precision import Proposal, rule_precision
from api.store import Store, verdicts
from api.store.verdicts import Verdict
from phrasebook.model import Phrasebook
from qa_engine.meaning.answers import AnswerState
from qa_engine.meaning.joining import hit_id
from tests.api.meaning.scripted import KEYWORDS, Server, serving
from tests.api.meaning.stored import asking, endpoint, fill, many, pack
from tests.qa_engine.meaning.asked_calls import PACK

MODEL = "scripted-1 @ 127.0.0.1"
CALLS = 24


@pytest.fixture
def book(tmp_path: Path) -> Phrasebook:
    return pack(tmp_path)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def answered(store: Store, book: Phrasebook, server: Server, count: int = CALLS) -> None:
    fill(store, book, list(many(book, count)))
    with asking(store, endpoint(server.url)) as asker:
        answer_waiting(store, asker)


def judge(store: Store, item: str, *, wrong: int = 0, calls: int = CALLS) -> None:
    with store.writing() as connection:
        for number in range(calls):
            verdicts.give(
                connection,
                Verdict(
                    call_id=f"c-{number:03}",
                    hit_id=hit_id(item),
                    rule=item,
                    utterance=0,
                    begin_char=0,
                    end_char=2,
                    right=number >= wrong,
                    by="i1",
                ),
            )


def test_verdicts_prove_a_question(store: Store, book: Phrasebook, server: Server) -> None:
    answered(store, book, server)
    with store.reading() as connection:
        assert proven(connection, book, MODEL) == frozenset()
    judge(store, "安抚")
    judge(store, "催促", wrong=9)
    with store.reading() as connection:
        assert proven(connection, book, MODEL) == {"安抚"}


def test_what_one_model_or_wording_has_shown_proves_nothing_of_another(
    store: Store, book: Phrasebook, server: Server, tmp_path: Path
) -> None:
    answered(store, book, server)
    judge(store, "安抚")
    reworded = pack(tmp_path, PACK.replace("客户着急时", "客户不高兴时"))
    with store.reading() as connection:
        assert proven(connection, book, MODEL) == {"安抚"}
        assert proven(connection, book, "another @ 127.0.0.1") == frozenset()
        assert proven(connection, reworded, MODEL) == frozenset()


def test_the_board_has_a_questions_precision_and_its_demotion(
    store: Store, book: Phrasebook, server: Server
) -> None:
    answered(store, book, server)
    judge(store, "催促", wrong=20)
    with store.reading() as connection:
        rows = {row.rule: row for row in rule_precision(book, verdicts.standing(connection))}
    assert rows["催促"].precision.whole == CALLS
    assert rows["催促"].proposal is Proposal.SWITCH_OFF
    assert rows["安抚"].proposal is Proposal.MORE_VERDICTS


def test_asked_again_a_model_is_compared_with_itself_and_nothing_is_filed(
    store: Store, book: Phrasebook, server: Server
) -> None:
    answered(store, book, server, 4)
    before = [store.load(f"c-{n:03}") for n in range(4)]
    server.keywords = {**KEYWORDS, "安抚": "您"}
    with asking(store, endpoint(server.url)) as asker:
        changed = [row for row in replay(store, asker, limit=4) if row.changed]
    assert {row.after.item for row in changed} == {"安抚"}
    assert all(row.why == () for row in changed)
    assert [store.load(f"c-{n:03}") for n in range(4)] == before


def test_an_edit_is_tried_on_stored_calls_and_only_what_it_changed_is_asked(
    store: Store, book: Phrasebook, server: Server, tmp_path: Path
) -> None:
    answered(store, book, server, 3)
    asked = len(server.received)
    extra = "  - {id: 道别, ask: 坐席是否道别？, yes: 说了再见, no: 没有说}\nscorecard:"
    edited = pack(tmp_path, PACK.replace("scorecard:", extra))
    with asking(store, endpoint(server.url)) as asker:
        rows = list(replay(store, asker, book=edited, limit=3, afresh=False))
    new = [row for row in rows if row.before is None]
    assert {row.after.item for row in new} == {"道别"}
    assert all(row.after.state is AnswerState.NO for row in new)
    assert len(server.received) == asked + 3
    assert all("讲清犹豫期" not in body.decode() for body in server.received[asked:])


def test_a_question_that_is_worded_anew_says_so_beside_its_answer(
    store: Store, book: Phrasebook, server: Server, tmp_path: Path
) -> None:
    answered(store, book, server, 1)
    reworded = pack(tmp_path, PACK.replace("客户着急时", "客户不高兴时"))
    with asking(store, endpoint(server.url)) as asker:
        rows = {row.after.item: row for row in replay(store, asker, book=reworded, afresh=False)}
    assert rows["安抚"].why == ("item",)
    assert rows["催促"].why == ()


def test_as_many_calls_are_asked_as_are_wanted_of_those_that_a_question_applies_to(
    store: Store, book: Phrasebook, server: Server
) -> None:
    calls = list(many(book, 6))
    applies = [one.call.id for one in calls if one.answers[0].why != "condition"]
    assert len(applies) == 4
    fill(store, book, calls)
    with asking(store, endpoint(server.url)) as asker:
        rows = list(replay(store, asker, book=book, only="讲清犹豫期", limit=3))
        assert [row.call_id for row in rows] == applies[:0:-1]
        assert len(server.received) == 3


def test_the_inspectors_agreement_with_a_model_is_told_question_by_question(
    store: Store, book: Phrasebook, server: Server
) -> None:
    from datetime import UTC, datetime

    from sqlalchemy import insert

    from api.review.tables import outcomes

    answered(store, book, server, 10)
    judge(store, "安抚", wrong=2, calls=10)
    with store.writing() as connection:
        for number in range(10):
            connection.execute(
                insert(outcomes).values(
                    call_id=f"c-{number:03}",
                    score=90.0,
                    passed=True,
                    fatal=False,
                    source="review",
                    review=1,
                    sheet=1,
                    hit_count=0,
                    at=datetime.now(UTC),
                )
            )
    rows = {row.item: row for row in agreement(store)}
    assert (rows["安抚"].calls, rows["安抚"].same) == (10, 8)
    assert rows["讲清犹豫期"].kappa is not None or rows["讲清犹豫期"].calls
