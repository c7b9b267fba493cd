"""What takes points on a sheet: kept hits, doubtful ones judged right, steps; fatal from the score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from api.review.accounts import people
from api.review.errors import ReviewError
from api.review.judging import draft_sheet, reviews, single_verdicts, submitting
from api.review.scores import scorecards, scoring
from api.review.scores.rulebook import rulebook_of
from api.store import CallFiling, Store, versions
from api.store.tables import calls
from phrasebook.model import Phrasebook
from phrasebook.scorecard import Scorecard
from qa_engine.events import StepState
from qa_engine.report import Report
from qa_engine.report.stored import StoredReport
from qa_engine.rules.counting import Effect, Reason
from qa_engine.rules.score import Deduction, EvidenceKind, ItemScore
from tests.api.review.calls import put, report, stored
from tests.qa_engine.report.sample_pack import pack

FULL = {name: {"points": 99} for name in ("tone", "real-solution", "sincere-empathy")}
RULE = "s1-1-dont-know"


def doubtful(made: Report, *, fatal: bool = False) -> Report:
    """The first agent's hit was heard too unsurely: it took nothing, and waits."""
    first = next(hit for hit in made.hits if hit.rule == RULE)
    waits: dict[str, Any] = {
        "needs_review": True,
        "points": 0.0,
        "fatal": fatal,
        "effect": Effect.WAITING,
        "effect_reason": Reason.DOUBTFUL,
    }
    hits = tuple(replace(hit, **waits) if hit is first else hit for hit in made.hits)
    assert made.score is not None
    items = tuple(_without(item, first.id) for item in made.score.items)
    return replace(made, hits=hits, score=replace(made.score, items=items))


def _without(item: ItemScore, evidence: str) -> ItemScore:
    """The item as it was before this finding took its points."""
    lost = sum(d.points for d in item.deductions if d.evidence == evidence)
    return replace(
        item,
        earned=None if item.earned is None else item.earned + lost,
        deductions=tuple(d for d in item.deductions if d.evidence != evidence),
    )


def sheet(store: Store, said: dict[str, bool]) -> scoring.ScoreSheet:
    """What the sheet of call-1 comes to, everything a person answers being full."""
    with store.reading() as connection:
        card = scorecards.current(connection).card
        book = rulebook_of(connection, "call-1")
    return scoring.fill(card, loaded(store), said, FULL, book)


def loaded(store: Store) -> StoredReport:
    with store.reading() as connection:
        return stored(connection, "call-1")


@pytest.fixture
def desk(store: Store) -> Store:
    scorecards.ensure(store, pack())
    people.create_user(store, "ines", role="inspector")
    return store


def save(store: Store, made: Report, book: Phrasebook | None = None) -> None:
    store.save(made, CallFiling(), book=book or pack())


def hit_of(made: Report) -> str:
    return next(hit.id for hit in made.hits if hit.rule == RULE)


def test_a_doubtful_hit_judged_right_takes_its_points(desk: Store) -> None:
    save(desk, doubtful(report()))
    sure, unsure = report(), hit_of(report())

    before, right, wrong = (
        sheet(desk, said).total or 0.0 for said in ({}, {unsure: True}, {unsure: False})
    )

    assert wrong == before > right
    save(desk, sure)
    assert sheet(desk, {}).total == right


def test_a_doubtful_hit_takes_what_the_phrasebook_names_for_its_rule(desk: Store) -> None:
    save(desk, doubtful(report()))

    found = [
        loss
        for line in sheet(desk, {hit_of(report()): True}).lines
        for loss in line.losses
        if loss.evidence == hit_of(report())
    ]

    assert [loss.points for loss in found] == [10.0]
    assert all(loss.stands for loss in found)


def test_when_one_breath_breaks_a_rule_twice_the_second_is_charged_once_the_first_is_wrong(
    desk: Store,
) -> None:
    put(desk)
    twice = [h["id"] for h in loaded(desk)["hits"] if h["utterance"] == 7]
    assert len(twice) == 2
    whole = sheet(desk, {}).total or 0.0

    assert sheet(desk, {twice[0]: False}).total == whole
    assert (sheet(desk, dict.fromkeys(twice, False)).total or 0.0) > whole


def test_a_doubtful_fatal_hit_waits_and_the_call_has_not_passed(desk: Store) -> None:
    save(desk, doubtful(report(), fatal=True))
    hit = hit_of(report())
    others = {h["id"]: False for h in loaded(desk)["hits"] if h["id"] != hit}
    steps = {i: {"points": 99} for i in (line.item.id for line in sheet(desk, {}).lines)} | FULL

    def filled(said: dict[str, bool]) -> scoring.ScoreSheet:
        with desk.reading() as connection:
            card = scorecards.current(connection).card
        return scoring.fill(card, loaded(desk), others | said, steps)

    assert (filled({}).waiting, filled({}).passed, filled({}).fatal) == ((hit,), None, False)
    assert (filled({hit: True}).total, filled({hit: True}).fatal) == (0.0, True)
    assert (filled({hit: False}).passed, filled({hit: False}).fatal) == (True, False)


def fatal_step(made: Report) -> Report:
    """A fatal step was missed: the score is 0."""
    step = made.steps[0]
    found = Deduction(
        points=0.0, kind=EvidenceKind.STEP, evidence=step.id, title=step.title, reason="missed"
    )
    steps = (replace(step, state=StepState.MISSED), *made.steps[1:])
    assert made.score is not None
    score = replace(made.score, total=0.0, passed=False, fatal=(found,))
    return replace(made, steps=steps, score=score)


@pytest.mark.parametrize(
    ("made", "fatal"),
    [
        (report(), False),
        (doubtful(report(), fatal=True), False),
        (fatal_step(report()), True),
    ],
    ids=["nothing fatal", "a doubtful fatal hit", "a missed fatal step"],
)
def test_the_stored_call_is_fatal_when_its_score_is(desk: Store, made: Report, fatal: bool) -> None:
    save(desk, made)
    stored = select(calls.c.fatal)
    with desk.reading() as connection:
        assert connection.scalar(stored) is fatal
    assert sheet(desk, {}).fatal is fatal

    with desk.writing() as connection:
        connection.execute(text("UPDATE calls SET fatal = NOT fatal"))
    versions.downgrade(desk.engine, "0007")
    versions.upgrade(desk.engine)

    with desk.reading() as connection:
        assert connection.scalar(stored) is fatal


def test_a_pack_without_a_scorecard_keeps_the_machines_deductions(store: Store) -> None:
    bare = replace(pack(), scorecard=Scorecard(items=()))
    made = report()
    assert made.score is not None
    taken = tuple(d for item in made.score.items for d in item.deductions)
    lost = sum(d.points for d in taken)
    one = replace(
        made.score.items[0],
        id="all",
        title="通话质量",
        points=100.0,
        earned=100.0 - lost,
        deductions=taken,
    )
    score = replace(made.score, total=100.0 - lost, items=(one,))
    scorecards.ensure(store, bare)
    save(store, replace(made, score=score), bare)

    result = sheet(store, {})

    line = next(line for line in result.lines if line.item.id == "all")
    assert line.earned == pytest.approx(100.0 - lost)
    assert result.total is not None
    assert result.total < 100.0


def test_the_sheet_of_a_review_charges_a_doubtful_hit(desk: Store) -> None:
    """From the verdict on the page to the score that is kept."""
    save(desk, doubtful(report()))
    review = reviews.begin(desk, "call-1", purpose="sample", login="ines")

    def total() -> Any:
        with desk.reading() as connection:
            return draft_sheet.sheet_of(connection, reviews.by_number(connection, review.id))[
                0
            ].total

    before = total()
    single_verdicts.judge(desk, review.id, login="ines", hit_id=hit_of(report()), right=True)

    assert total() < before


def test_nothing_is_handed_in_while_a_fatal_finding_waits(desk: Store) -> None:
    save(desk, doubtful(report(), fatal=True))
    review = reviews.begin(desk, "call-1", purpose="sample", login="ines")
    handed_in: dict[str, Any] = {"login": "ines", "answers": FULL, "comment": ""}

    with pytest.raises(ReviewError, match="fatal finding waits"):
        submitting.submit(desk, review.id, revision=0, **handed_in)

    single_verdicts.judge(desk, review.id, login="ines", hit_id=hit_of(report()), right=True)
    assert submitting.submit(desk, review.id, revision=0, **handed_in).fatal
