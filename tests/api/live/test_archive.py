"""An ended live call lies in the store like any recording's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from api.live.call_info import CallInfo
from api.live.event_log import LogEntry
from api.live.filing import StoreArchive, not_right
from api.live.restoring import details
from api.live.wire_audio import Encoding, WireFormat
from api.review.tables import tasks
from api.store import Store
from api.store.tables import calls
from qa_engine.events import Role
from qa_engine.report import Report
from tests.api.live.servers import Server, running, settings_for, wait_for
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_journey import whole_call
from tests.qa_engine.report.sample import sample_report
from tests.qa_engine.report.sample_pack import pack


def stored(server: Server, call_id: str) -> Report | None:
    store: Store = server.app.state.store
    return store.load(call_id)


def test_an_ended_call_is_filed_with_its_hits_and_its_agent(tmp_path: Path) -> None:
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        asyncio.run(whole_call(server, "filed"))
        wait_for(lambda: stored(server, "filed"))
        call = stored(server, "filed")

    assert call is not None
    assert "这个我不知道" in {utterance.text for utterance in call.utterances}
    assert {hit.source for hit in call.hits}


def test_what_the_agent_called_not_right_waits_for_an_inspector(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    report = replace(sample_report(), call=replace(sample_report().call, id="told"))
    hit = report.hits[0]
    told = {"state": "not_right", "rule": hit.rule, "hit": hit.id, "at_ms": 99_000}
    dismissed = told | {"state": "dismissed"}
    entries = [
        LogEntry(call_id="told", seq=n, type="prompt", body=json.dumps(body))
        for n, body in enumerate((told, dismissed))
    ]
    archive = StoreArchive(store, lambda _: pack())
    archive.keep(report, {"agent": "anna"}, 1_767_225_600.0)
    found = list(not_right(report, entries))
    for rule, begin_ms in found:
        archive.flag("told", rule=rule, begin_ms=begin_ms, by="anna")

    assert found == [(hit.rule, hit.begin_ms)]
    with store.reading() as connection:
        assert connection.scalars(select(tasks.c.reasons)).all() == [["feedback"]]
    store.close()


def test_team_customer_and_direction_are_filed_with_a_live_call(tmp_path: Path) -> None:
    """From the query of the socket, through the log that outlives a restart, to the desk."""
    metadata = {"team": "早班", "customer": "13912345678", "direction": "inbound", "queue": "宽带"}
    began, roles = "2026-11-21T01:30:00+00:00", (Role.AGENT,)
    info = CallInfo(call_id="told", metadata=metadata, agent="8001", began_at=began, roles=roles)
    store = Store.open(str(tmp_path / "calls.db"))
    report = replace(sample_report(), call=replace(sample_report().call, id="told"))

    kept = details(info, WireFormat(encoding=Encoding.MULAW, sample_rate=8_000, channels=1))
    StoreArchive(store, lambda _: pack()).keep(report, kept, 1_767_225_600.0)

    with store.reading() as connection:
        row = connection.execute(select(calls)).one()
    assert (row.agent, row.team, row.direction) == ("8001", "早班", "inbound")
    assert "13912345678" not in row.customer
    assert row.data == {"queue": "宽带"}
    store.close()
