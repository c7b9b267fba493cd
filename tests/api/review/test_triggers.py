"""What a false alarm made due is not due: its steps are not applicable, their points come back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from typing import cast

import pytest
from sqlalchemy import select

from api.review.judging import by_workbook
from api.review.scores import scorecards, scoring, snapshots
from api.review.scores.amended import amended
from api.review.scores.opinions import step_key
from api.review.scores.rulebook import Rulebook, StepFacts, rulebook_of
from api.review.tables import sheet_findings
from api.store import Store
from qa_engine.report.stored import StoredDeduction, StoredHit, StoredReport
from tests.api.review.calls import put, stored
from tests.qa_engine.report.sample_pack import pack

TRIGGERS = ("h-8-s6-1-media-0", "h-8-s6-1-media-1")
REJECTED = dict.fromkeys(TRIGGERS, False)


@pytest.fixture
def desk(store: Store) -> Store:
    scorecards.ensure(store, pack())
    put(store)
    return store


def judged(store: Store, said: Mapping[str, bool]) -> tuple[StoredReport, scoring.ScoreSheet]:
    with store.reading() as connection:
        report, book = stored(connection, "call-1"), rulebook_of(connection, "call-1")
        card = scorecards.current(connection).card
    report = amended(report, said, (), book)
    return report, scoring.fill(card, report, said, {}, book)


def state(report: StoredReport, step: str = "apology") -> str:
    return str(next(s["state"] for s in report["steps"] if s["id"] == step))


def charged(sheet: scoring.ScoreSheet) -> set[str]:
    return {loss.evidence for line in sheet.lines for loss in line.losses if loss.stands}


def test_a_step_that_only_a_false_alarm_asked_for_is_not_applicable_and_costs_nothing(
    desk: Store,
) -> None:
    before, after = judged(desk, {}), judged(desk, REJECTED)

    assert (state(before[0]), state(after[0])) == ("missed", "not_applicable")
    assert "apology" in charged(before[1])
    assert charged(after[1]) == charged(before[1]) - {"apology"}
    assert (after[1].total or 0) > (before[1].total or 0)


@pytest.mark.parametrize("said", [dict.fromkeys(TRIGGERS, True), {TRIGGERS[0]: False}])
def test_a_trigger_judged_right_or_beside_one_that_stands_changes_nothing(
    desk: Store, said: dict[str, bool]
) -> None:
    report, sheet = judged(desk, said)

    assert state(report) == "missed"
    assert sheet.total == judged(desk, {})[1].total


def test_what_was_said_of_the_step_itself_matters_no_longer(desk: Store) -> None:
    for right in (True, False):
        report, sheet = judged(desk, REJECTED | {step_key("apology"): right})
        assert state(report) == "not_applicable"
        assert "apology" not in charged(sheet)


def test_taking_the_verdict_back_brings_the_step_back(desk: Store) -> None:
    report, _ = judged(desk, REJECTED)
    with desk.reading() as connection:
        book = rulebook_of(connection, "call-1")
        machine = amended(stored(connection, "call-1"), {}, (), book)

    assert amended(report, REJECTED, (), book) == report
    back = amended(report, {}, (), book)
    assert back == machine


def test_of_several_occasions_those_that_stand_speak_for_the_step(desk: Store) -> None:
    report, _ = judged(desk, {})
    report = deepcopy(report)
    second: StoredHit = {**report["hits"][3], "id": "later", "begin_ms": 80_000, "utterance": 13}
    report["hits"].append(second)
    step = next(s for s in report["steps"] if s["id"] == "apology")
    missed = step["instances"][0]
    step["instances"] = [missed, {**missed, "trigger_ms": 80_000, "state": "done"}]
    with desk.reading() as connection:
        book = rulebook_of(connection, "call-1")

    assert state(amended(report, REJECTED, (), book)) == "done"
    assert state(amended(report, {"later": False}, (), book)) == "missed"
    assert state(amended(report, REJECTED | {"later": False}, (), book)) == "not_applicable"


def test_a_fatal_step_that_nothing_asked_for_is_not_fatal(desk: Store) -> None:
    report, _ = judged(desk, {})
    report = deepcopy(report)
    assert report["score"] is not None
    report["score"]["fatal"] = cast(list[StoredDeduction], [{"evidence": "apology"}])
    with desk.reading() as connection:
        book, card = rulebook_of(connection, "call-1"), scorecards.current(connection).card
    facts = {**book.steps, "apology": replace(book.steps["apology"], fatal=True)}
    book = Rulebook(rules=book.rules, steps=facts)

    assert scoring.fill(card, report, {}, {}, book).fatal
    after = amended(report, REJECTED, (), book)
    assert not scoring.fill(card, after, REJECTED, {}, book).fatal


def test_the_item_of_such_steps_alone_leaves_the_sheet_as_if_nobody_had_said_the_words(
    desk: Store,
) -> None:
    report, _ = judged(desk, {})
    report = {**report, "steps": [s for s in report["steps"] if s["id"] == "apology"]}
    with desk.reading() as connection:
        book, card = rulebook_of(connection, "call-1"), scorecards.current(connection).card

    def earned(said: dict[str, bool]) -> float | None:
        sheet = scoring.fill(card, amended(report, said, (), book), said, {}, book)
        return next(line.earned for line in sheet.lines if line.item.id == "solving")

    assert earned({}) is not None
    assert earned(REJECTED) is None


def test_a_workbooks_verdict_reaches_the_frozen_sheet_and_the_boards(desk: Store) -> None:
    with desk.writing() as connection:
        by_workbook.rejudge(connection, "call-1", REJECTED, by="lead")
    with desk.reading() as connection:
        frozen = snapshots.current(connection, "call-1")
        rows = connection.execute(
            select(sheet_findings).where(sheet_findings.c.name == "apology")
        ).all()

    assert frozen is not None
    assert state(frozen.report) == "not_applicable"
    assert "apology" not in charged(frozen.sheet)
    assert [(row.state, bool(row.counts)) for row in rows] == [("not_applicable", False)]


def test_a_phrasebook_that_is_not_kept_tells_nothing_of_what_a_step_hangs_on() -> None:
    assert asdict(StepFacts())["on_hit"] == ""


def test_a_step_that_only_a_finding_judged_wrong_spoiled_was_done(desk: Store) -> None:
    with desk.reading() as connection:
        report, book = stored(connection, "call-1"), rulebook_of(connection, "call-1")
    finding = report["hits"][0]["id"]
    step = next(one for one in report["steps"] if one["state"] == "done")
    occasion = {**step["instances"][0], "state": "missed", "spoiled_by": [finding]}
    spoiled = {**step, "state": "missed", "instances": [occasion], "spoiled_by": [finding]}
    report = cast(
        StoredReport,
        {**report, "steps": [spoiled if s is step else s for s in report["steps"]]},
    )

    def became(said: Mapping[str, bool]) -> str:
        return state(amended(report, said, (), book), step["id"])

    assert became({}) == became({finding: True}) == "missed"
    assert became({finding: False}) == "done"
    assert became({finding: False, step_key(step["id"]): True}) == "missed"
