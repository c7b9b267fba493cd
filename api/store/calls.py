"""A finished call in and out of the store, the same way for live calls and for batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from sqlalchemy import Connection, delete, insert, select, update

from api.store import audit, tables
from api.store.agents import Identity, identify, introduce
from api.store.folding import folded
from api.store.number_key import NumberKey, is_number
from api.store.pinyin import syllables
from api.store.record_names import customer_names
from api.store.seal import Seal
from qa_engine.privacy import mask, mask_name
from qa_engine.report import Report, redacted
from qa_engine.report.model import SCHEMA_VERSION
from qa_engine.report.stored import StoredReport
from qa_engine.rules.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFiling:
    """What a recording cannot say of itself: who, when, where from."""

    origin: str = "batch"
    """batch, live or upload."""
    source: str = ""
    agent: str = ""
    """A staff number; a name is taken for one where a single agent has it."""
    agent_name: str = ""
    team: str = ""
    customer: str = ""
    direction: str = ""
    started_at: datetime | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    """What else the telephone system tells, by the site's own headings."""
    own_numbers: Collection[str] = ()
    """Headings in `data` of numbers that are the system's own, not a person's: kept whole."""


def save(
    connection: Connection,
    report: Report,
    filing: CallFiling,
    *,
    seal: Seal | None,
    numbers: NumberKey | None = None,
    who: str,
) -> None:
    """File one report whole, in place of an earlier one of the same call, redacted.

    Verdicts stay: they belong to the people who gave them.
    """
    who_took_it = _agent(connection, report.call.id, filing)
    remove(connection, report.call.id)
    named = customer_names(filing.customer, filing.data)
    plain = redacted(report, named).to_dict()
    row = _call_row(plain, report, filing)
    row |= {"agent": who_took_it.number, "agent_name": who_took_it.name}
    if numbers is not None and is_number(filing.customer):
        row["customer_print"] = numbers.fingerprint(filing.customer)
    connection.execute(insert(tables.calls).values(row))
    _insert(connection, tables.utterances, _utterance_rows(plain, report, seal))
    _insert(connection, tables.hits, _hit_rows(plain, "hits"))
    _insert(connection, tables.held_back, _hit_rows(plain, "held_back"))
    _insert(connection, tables.steps, _step_rows(plain))
    _insert(connection, tables.answers, _answer_rows(plain))
    _insert(connection, tables.breaches, _breach_rows(plain))
    audit.record(
        connection,
        who=who,
        action="call.stored",
        subject=report.call.id,
        detail={"phrasebook": report.versions.phrasebook, "model": report.versions.model},
    )


def _agent(connection: Connection, call_id: str, filing: CallFiling) -> Identity:
    """Who took the call; one who was named for it by hand stays named when it is filed again."""
    who = identify(connection, filing.agent, filing.agent_name)
    if who.number:
        introduce(connection, who.number, name=filing.agent_name, team=filing.team)
        return who
    known = select(tables.calls.c.agent).where(tables.calls.c.id == call_id)
    before = connection.scalar(known)
    return Identity(before) if before else who


_PARTS = (
    *(tables.utterances, tables.hits, tables.held_back, tables.steps, tables.breaches),
    tables.answers,
)


def remove(connection: Connection, call_id: str) -> None:
    """Take a call's machine results out; nothing happens when it is not there."""
    if connection.scalar(select(tables.calls.c.id).where(tables.calls.c.id == call_id)) is None:
        return
    # Children first: SQLite's cascade would not fire the search index's trigger.
    for table in _PARTS:
        connection.execute(delete(table).where(table.c.call_id == call_id))
    connection.execute(delete(tables.calls).where(tables.calls.c.id == call_id))


class Counted(Protocol):
    """A row with the columns of `counted`."""

    @property
    def hit_count(self) -> int: ...
    @property
    def trigger_count(self) -> int: ...
    @property
    def waiting_count(self) -> int: ...


def counted_in(row: Counted) -> Tally:
    """What a row tells of its counts."""
    return Tally(breaches=row.hit_count, triggers=row.trigger_count, waiting=row.waiting_count)


_JUDGED = (
    *("score", "to_give", "passed", "fatal"),
    *("hit_count", "trigger_count", "waiting_count", "rest"),
)


def answer(connection: Connection, report: Report) -> None:
    """File what answers changed of a stored call: its answers, their hits, its score."""
    call_id = report.call.id
    plain = redacted(report).to_dict()
    row = _call_row(plain, report, CallFiling())
    changed = {key: row[key] for key in _JUDGED}
    connection.execute(update(tables.calls).where(tables.calls.c.id == call_id).values(changed))
    for table, rows in (
        (tables.hits, _hit_rows(plain, "hits")),
        (tables.answers, _answer_rows(plain)),
    ):
        connection.execute(delete(table).where(table.c.call_id == call_id))
        _insert(connection, table, rows)


def load(connection: Connection, call_id: str) -> StoredReport | None:
    """A stored report in the form of its JSON, redacted; None when there is no such call."""
    row = connection.execute(select(tables.calls).where(tables.calls.c.id == call_id)).first()
    if row is None:
        return None
    utterances = [
        _without(utterance._mapping, "call_id", "pinyin", "folded", "sealed", n="id")
        for utterance in _rows(connection, tables.utterances, call_id, "n")
    ]
    quotes = {utterance["id"]: utterance["text"] for utterance in utterances}
    found = {
        name: [
            {
                **_without(hit._mapping, "call_id", "rest"),
                **hit.rest,
                "quote": quotes[hit.utterance],
            }
            for hit in _rows(connection, table, call_id, "begin_ms")
        ]
        for name, table in (("hits", tables.hits), ("held_back", tables.held_back))
    }
    found["steps"] = [
        {**_without(step._mapping, "call_id", "rest", step="id"), **step.rest}
        for step in _rows(connection, tables.steps, call_id, "step")
    ]
    found["answers"] = [
        {**_without(answer._mapping, "call_id", "n", "rest"), **answer.rest}
        for answer in _rows(connection, tables.answers, call_id, "n")
    ]
    whole = {**row.rest, "schema_version": SCHEMA_VERSION, "utterances": utterances, **found}
    return cast(StoredReport, whole)


def _rows(connection: Connection, table: Any, call_id: str, order: str) -> Iterable[Any]:
    return connection.execute(
        select(table).where(table.c.call_id == call_id).order_by(table.c[order])
    )


def _without(row: Mapping[str, Any], *drop: str, **rename: str) -> dict[str, Any]:
    return {rename.get(key, key): value for key, value in row.items() if key not in drop}


def _insert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def counted(tally: Tally) -> dict[str, int]:
    """The columns that hold how many findings a call has of each count."""
    return {
        "hit_count": tally.breaches,
        "trigger_count": tally.triggers,
        "waiting_count": tally.waiting,
    }


def _call_row(plain: dict[str, Any], report: Report, filing: CallFiling) -> dict[str, Any]:
    now = datetime.now(UTC)
    heard = [u.confidence for u in report.utterances if u.intelligible]
    apart = {"utterances", "hits", "held_back", "steps", "answers"}
    rest = {key: plain[key] for key in plain if key not in apart}
    score = report.score
    return {
        "id": report.call.id,
        "origin": filing.origin,
        "source": mask_name(filing.source),
        "audio_hash": report.versions.audio,
        "team": filing.team,
        "customer": mask(filing.customer),
        "direction": filing.direction,
        "script": report.call.script,
        "started_at": filing.started_at or now,
        "stored_at": now,
        "duration_ms": report.call.duration_ms,
        "score": score.total if score else None,
        "to_give": score.to_give if score else 0.0,
        "passed": score.passed if score else None,
        "fatal": bool(score and score.fatal),
        "unjudgeable": report.judgeable.reason.value,
        **counted(report.tally),
        "confidence": sum(heard) / len(heard) if heard else 0.0,
        "engine_version": report.versions.engine,
        "phrasebook_version": report.versions.phrasebook,
        "model_version": report.versions.model,
        "rest": rest,
        "data": {
            title: value if title in filing.own_numbers else mask(value)
            for title, value in filing.data.items()
        },
    }


def _utterance_rows(
    plain: dict[str, Any], report: Report, seal: Seal | None
) -> list[dict[str, Any]]:
    return [
        {
            "call_id": report.call.id,
            "n": row["id"],
            **{key: row[key] for key in ("role", "channel", "begin_ms", "end_ms", "text")},
            "pinyin": syllables(row["text"]),
            "folded": folded(row["text"]),
            "confidence": row["confidence"],
            "role_confidence": row["role_confidence"],
            "intelligible": row["intelligible"],
            "words": row["words"],
            "sealed": seal.seal(heard.text) if seal and heard.text != row["text"] else None,
        }
        for row, heard in zip(plain["utterances"], report.utterances, strict=True)
    ]


def _hit_rows(plain: dict[str, Any], name: str) -> list[dict[str, Any]]:
    columns = {column.name for column in tables.hits.columns} - {"call_id", "rest"}
    return [
        {
            "call_id": plain["call"]["id"],
            **{key: hit[key] for key in columns},
            "rest": {key: hit[key] for key in hit if key not in columns and key != "quote"},
        }
        for hit in plain[name]
    ]


def _step_rows(plain: dict[str, Any]) -> list[dict[str, Any]]:
    columns = {"source", "state", "at_ms", "deadline_ms", "effect"}
    return [
        {
            "call_id": plain["call"]["id"],
            "step": step["id"],
            **{key: step[key] for key in columns},
            "rest": {key: step[key] for key in step if key not in columns and key != "id"},
        }
        for step in plain["steps"]
    ]


def _answer_rows(plain: dict[str, Any]) -> list[dict[str, Any]]:
    columns = ("item", "state")
    return [
        {
            "call_id": plain["call"]["id"],
            "n": n,
            **{key: answer[key] for key in columns},
            "rest": {key: answer[key] for key in answer if key not in columns},
        }
        for n, answer in enumerate(plain["answers"])
    ]


def _breach_rows(plain: dict[str, Any]) -> list[dict[str, Any]]:
    broken = {check["id"] for check in plain["conduct"]["checks"] if check["state"] == "breach"}
    return [{"call_id": plain["call"]["id"], "name": name} for name in sorted(broken)]
