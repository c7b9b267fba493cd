"""Stored calls to judge: the sample call under many names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from api.store import CallFiling, Store
from api.store.calls import load
from qa_engine.report import Report
from qa_engine.report.stored import StoredReport
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack


def report(number: int = 1) -> Report:
    made = sample_report()
    return replace(made, call=replace(made.call, id=f"call-{number}"))


def put(
    store: Store,
    number: int = 1,
    *,
    agent: str = "anna",
    days_ago: float = 1,
    customer: str = "",
) -> str:
    """File a call with findings; returns its id."""
    filing = CallFiling(
        agent=agent,
        team="early",
        customer=customer,
        started_at=datetime.now(UTC) - timedelta(days=days_ago),
    )
    store.save(report(number), filing, book=pack())
    return f"call-{number}"


def stored(connection: Connection, call_id: str) -> StoredReport:
    """The report of a call that is there."""
    report = load(connection, call_id)
    assert report is not None
    return report
