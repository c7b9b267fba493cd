"""Calls without a score, dropped candidates, and the reports that were stored before there were any."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from api.review.boards import agent_board
from api.review.boards.periods import Unit, holding
from api.review.boards.scope import BoardScope
from api.review.sampling import queue
from api.review.sampling.drawing import run
from api.review.sampling.plans import Plan, PlanKind
from api.store import CallFiling, Store, tables, versions
from qa_engine.events import Decision
from qa_engine.report import Report
from qa_engine.report.model import SCHEMA_VERSION
from qa_engine.rules.counting import Conclusion, Effect, Reason
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def named(report: Report, name: str) -> Report:
    return replace(report, call=replace(report.call, id=name))


def unjudged() -> Report:
    report = sample_report()
    return replace(
        named(report, "unjudged"),
        judgeable=unjudgeable(Unjudgeable.ONE_PARTY),
        conclusion=Conclusion.NOT_JUDGEABLE,
        score=None,
        hits=tuple(
            replace(h, effect=Effect.NOT_COUNTED, effect_reason=Reason.NOT_JUDGEABLE, points=0.0)
            for h in report.hits
        ),
    )


def waiting() -> Report:
    report = sample_report()
    assert report.score is not None
    return replace(
        named(report, "waiting"),
        conclusion=Conclusion.TO_REVIEW,
        score=replace(report.score, passed=None),
    )


def put(store: Store, *reports: Report) -> None:
    for report in reports:
        store.save(report, CallFiling(agent="anna", started_at=YESTERDAY), book=pack())


def test_a_call_without_a_score_comes_back_with_its_reason(store: Store) -> None:
    put(store, unjudged())

    loaded = store.load("unjudged")

    assert loaded is not None
    assert loaded.score is None
    assert loaded.judgeable.reason is Unjudgeable.ONE_PARTY
    with store.reading() as connection:
        row = connection.execute(select(tables.calls)).one()
    assert (row.score, row.passed, row.unjudgeable, row.hit_count) == (None, None, "one_party", 0)


def test_dropped_candidates_come_back_apart_from_the_hits(store: Store) -> None:
    report = sample_report()
    dropped = replace(
        report.hits[0], id="h-dropped", decision=Decision.DROPPED, reason="negated", points=0.0
    )
    put(store, replace(named(report, "both"), held_back=(dropped,)))

    loaded = store.load("both")

    assert loaded is not None
    assert loaded.held_back == (dropped,)
    assert len(loaded.hits) == len(report.hits)


def test_one_denominator_for_mean_share_and_breaches_a_call(store: Store) -> None:
    judged = named(sample_report(), "judged")
    put(store, judged, unjudged(), waiting())

    with store.reading() as connection:
        (row,) = agent_board.by_agent(connection, holding(Unit.DAY, YESTERDAY), BoardScope())

    assert judged.score is not None
    assert (row.calls, row.unjudged, row.waiting) == (3, 1, 1)
    assert row.mean == judged.score.total
    assert row.passed.whole == row.judged == 2
    assert row.breaches_a_call == row.breaches / row.judged


@pytest.mark.parametrize(
    ("conclusion", "found"),
    [("not_judgeable", ["unjudged"]), ("to_review", ["waiting"]), ("passed", []), ("", None)],
)
def test_the_queue_shows_calls_by_what_they_came_to(
    store: Store, conclusion: str, found: list[str] | None
) -> None:
    put(store, named(sample_report(), "judged"), unjudged(), waiting())
    kinds = (PlanKind.FATAL, PlanKind.UNJUDGEABLE, PlanKind.RANDOM)
    plans = [
        Plan(id=n, name="", kind=k, amount=9, every=None, active=True) for n, k in enumerate(kinds)
    ]
    with store.writing() as connection:
        run(connection, plans, since=YESTERDAY - timedelta(days=1), by="lena")

    with store.reading() as connection:
        rows, _ = queue.page(connection, queue.Filters(conclusion=conclusion), login="ines")

    reasons = {row.call_id: row.reasons for row in rows}
    assert sorted(reasons) == (["judged", "unjudged", "waiting"] if found is None else found)
    if found is None:
        assert reasons["unjudged"] == ("unjudgeable",)
        assert "fatal" in reasons["waiting"]


def test_a_report_of_schema_1_is_one_of_schema_2_after_the_migration(store: Store) -> None:
    put(store, named(sample_report(), "old"))
    new = store.load("old")
    assert new is not None
    _back_to_schema_1(store)

    versions.upgrade(store.engine)

    loaded = store.load("old")
    assert loaded is not None
    assert loaded.schema_version == SCHEMA_VERSION
    versions_then = replace(new.versions, scorecard="", judge="", settings={})
    assert loaded == replace(new, anatomy=(), versions=versions_then)


def _back_to_schema_1(store: Store) -> None:
    """Tables as they were, and in them what an engine of then has written."""
    versions.downgrade(store.engine, "0006")
    calls, hits = tables.calls.c, tables.hits.c
    added_to_hits = (
        *("parts", "decision", "certainty", "reason", "reason_zh"),
        *("effect_reason", "role_confidence"),
    )
    with store.writing() as connection:
        for row in connection.execute(select(calls.id, calls.rest)).all():
            rest = {**row.rest, "schema_version": "1.0"}
            for name in ("judgeable", "conclusion", "anatomy"):
                rest.pop(name)
            rest["score"] = {k: v for k, v in rest["score"].items() if k != "fatal_waiting"}
            for item in rest["score"]["items"]:
                item.pop("waiting")
            for name in ("scorecard", "judge", "fingerprints", "settings"):
                rest["versions"].pop(name)
            connection.execute(update(tables.calls).where(calls.id == row.id).values(rest=rest))
        for hit in connection.execute(select(hits.call_id, hits.id, hits.rest)).all():
            rest = {k: v for k, v in hit.rest.items() if k not in added_to_hits}
            here = (hits.call_id == hit.call_id, hits.id == hit.id)
            connection.execute(update(tables.hits).where(*here).values(rest=rest))


def test_a_store_goes_back_to_the_version_before_and_up_again_with_its_calls(store: Store) -> None:
    put(store, unjudged())
    before = store.load("unjudged")

    versions.downgrade(store.engine, "0006")
    with store.reading() as connection:
        assert connection.scalar(text("SELECT score FROM calls")) == 0
    versions.upgrade(store.engine)

    assert store.load("unjudged") == before
    with store.reading() as connection:
        row = connection.execute(select(tables.calls)).one()
    assert (row.score, row.passed, row.unjudgeable) == (None, None, "one_party")
