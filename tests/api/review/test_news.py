"""What a newer analysis of a judged call found otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.review.accounts import people
from api.review.judging import casefile, reviews, submitting
from api.review.judging.casefile import CaseFile
from api.review.scores import scorecards
from api.review.scores.news import ShownPoint
from api.store import CallFiling, Store
from qa_engine.events import StepState
from qa_engine.report import Report
from tests.api.desk.conftest import settle
from tests.api.review.calls import put, report
from tests.qa_engine.report.sample_pack import pack


@pytest.fixture
def judged(store: Store) -> Store:
    """A store with a call that an inspector has judged."""
    settle(store)
    scorecards.ensure(store, pack())
    call_id = put(store)
    with store.reading() as connection:
        items = scorecards.current(connection).card.items
    review = reviews.begin(store, call_id, purpose="sample", login="ines")
    answers = {i.id: {"points": i.points} for i in items if i.manual and not i.fatal}
    submitting.submit(
        store, review.id, login="ines", revision=review.revision, answers=answers, comment=""
    )
    return store


def again(store: Store, made: Report) -> CaseFile:
    newer = replace(made, versions=replace(made.versions, phrasebook="sample 2"))
    store.save(newer, CallFiling(agent="anna"), book=pack())
    with store.reading() as connection:
        lead = people.find(connection, "lena")
        assert lead is not None
        return casefile.open_case(connection, lead, made.call.id)


def test_the_same_result_by_newer_versions_is_no_news(judged: Store) -> None:
    assert again(judged, report()).news is None


def test_what_came_and_what_went_is_told(judged: Store) -> None:
    made = report()
    gone = made.hits[0]
    steps = tuple(
        replace(step, state=StepState.MISSED) if step.state is StepState.DONE else step
        for step in made.steps
    )
    news = again(judged, replace(made, hits=made.hits[1:], steps=steps)).news
    assert news is not None
    assert news.went == (ShownPoint(gone.title),)
    assert {one.state for one in news.came} == {"missed"}
    assert news.before == news.after
