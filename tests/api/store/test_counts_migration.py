"""Stores from before 违规点, 客户触发 and 待复核点 were counted apart count as new ones do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update

from api.desk.desk import prepare_desk
from api.review.judging import draft_sheet, reviews, submitting
from api.review.tables import outcomes, sheet_findings, sheets
from api.settings import Settings
from api.store import CallFiling, Store, tables, versions
from api.store.calls import counted, counted_in
from qa_engine.rules.counting import Effect, Reason
from qa_engine.rules.tally import Tally
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

NAMES = tuple(counted(Tally()))


def filed(store: Store, settings: Settings) -> dict[str, Any]:
    """Two calls, one of them judged by a person, each with a finding that waits."""
    for number in (1, 2):
        made = report(number)
        first = replace(
            made.hits[0], effect=Effect.WAITING, effect_reason=Reason.DOUBTFUL, needs_review=True
        )
        whole = replace(made, hits=(first, *made.hits[1:]))
        store.save(whole, CallFiling(agent="anna", started_at=datetime.now(UTC)), book=pack())
    prepare_desk(store, settings)
    draft = reviews.begin(store, "call-1", purpose="sample", login="ines")
    with store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, draft)
    done: dict[str, Any] = {"login": "ines", "revision": draft.revision, "comment": ""}
    answers = {name: {"points": 1} for name in sheet.missing}
    submitting.submit(store, draft.id, answers=answers, **done)
    return all_counts(store)


def all_counts(store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        found = {
            table.name: [counted_in(row) for row in connection.execute(select(table))]
            for table in (tables.calls, outcomes, sheets)
        }
        kept = select(sheet_findings.c.name, sheet_findings.c.state, sheet_findings.c.counts)
        rows = connection.execute(kept.where(sheet_findings.c.kind == "hit"))
        return {**found, "findings": sorted(map(tuple, rows))}


def as_it_was(store: Store) -> None:
    """What the code of then wrote: a rule's second hit in an utterance counted, in one count."""
    versions.downgrade(store.engine, "0028")
    with store.writing() as connection:
        repeats = tables.hits.c.effect == Effect.NOT_COUNTED.value
        connection.execute(update(tables.hits).where(repeats).values(effect="counted"))
        for name in ("calls", "outcomes", "sheets"):
            connection.execute(text(f"UPDATE {name} SET hit_count = 6"))


def test_old_stores_count_as_new_ones(store: Store, tmp_path: Path) -> None:
    expected = filed(store, Settings(data_dir=tmp_path))
    as_it_was(store)

    versions.upgrade(store.engine)

    assert all_counts(store) == expected
    assert expected["calls"] == [Tally(breaches=2, triggers=1, waiting=1)] * 2


def test_a_sheet_that_was_handed_in_is_not_touched(store: Store, tmp_path: Path) -> None:
    filed(store, Settings(data_dir=tmp_path))
    with store.reading() as connection:
        before = connection.scalars(select(sheets.c.body)).all()
    as_it_was(store)

    versions.upgrade(store.engine)

    with store.reading() as connection:
        assert connection.scalars(select(sheets.c.body)).all() == before
