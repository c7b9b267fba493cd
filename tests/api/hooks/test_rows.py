"""The documented views are made of the store as it is, on both databases, and tell what counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.resources import files

from sqlalchemy import insert, select, text

from api.review.tables import outcomes, sheet_findings, sheets
from api.store import Store, tables
from tests.api.review.calls import put

PAGE = (files("api") / "hooks" / "rows.md").read_text("utf-8")


def made(store: Store) -> None:
    with store.writing() as connection:
        for statement in re.findall(r"```sql\n(.*?)```", PAGE, flags=re.S):
            connection.execute(text(statement))


def rows(store: Store, view: str) -> list[dict[str, object]]:
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {view}")).mappings()]


def test_what_only_the_machine_judged_is_told_as_it_judged(store: Store) -> None:
    put(store, 1)
    made(store)
    (call,) = rows(store, "qa_calls")
    with store.reading() as connection:
        filed = connection.execute(select(tables.calls)).one()
        hits = connection.execute(select(tables.hits)).all()
        steps = connection.execute(select(tables.steps)).all()
    assert (call["call_id"], call["agent"], call["score"]) == ("call-1", "anna", filed.score)
    assert (call["judged_by"], call["hits"]) == ("machine", filed.hit_count)
    found = rows(store, "qa_findings")
    told = [(one["name"], one["begin_ms"]) for one in found if one["kind"] == "hit"]
    assert sorted(told) == sorted(
        (hit.rule, hit.begin_ms) for hit in hits if hit.effect != "not_counted"
    )
    assert {one["name"] for one in found if one["kind"] == "step"} == {
        step.step for step in steps if step.state != "not_applicable"
    }


def test_a_person_s_sheet_stands_in_place_of_the_machine_s(store: Store) -> None:
    put(store, 1)
    put(store, 2)
    now = datetime.now(UTC)
    told = {"score": 91.0, "passed": True, "fatal": False, "hit_count": 1}
    with store.writing() as connection:
        kept = {"call_id": "call-1", "source": "review", "author": "ines", "at": now, "body": {}}
        done = connection.execute(insert(sheets).values(**kept, **told))
        number = int(done.inserted_primary_key[0])  # type: ignore[index]
        connection.execute(
            insert(outcomes).values(
                call_id="call-1", source="review", review=0, sheet=number, at=now, **told
            )
        )
        finding = {"kind": "hit", "name": "rude", "role": "agent", "state": "right"}
        connection.execute(
            insert(sheet_findings).values(sheet=number, call_id="call-1", counts=True, **finding)
        )
    made(store)
    calls = {str(row["call_id"]): row for row in rows(store, "qa_calls")}
    assert (calls["call-1"]["score"], calls["call-1"]["judged_by"]) == (91.0, "review")
    assert calls["call-1"]["machine_score"] == calls["call-2"]["score"]
    mine = [row for row in rows(store, "qa_findings") if row["call_id"] == "call-1"]
    assert [(row["name"], bool(row["counts"])) for row in mine] == [("rude", True)]
