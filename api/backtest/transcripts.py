"""Transcripts of the past, call by call: from a store, or from a folder of JSON reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from api import clock
from api.store import Store
from api.store.tables import calls, utterances
from api.transcripts.source import ELSEWHERE, ESTIMATED_TIMES
from qa_engine.errors import QAError
from qa_engine.events import Role, Utterance
from qa_engine.matching.call.stretches import Stretches, is_backchannel
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord


@dataclass(frozen=True)
class PastCall:
    """One call's finals, in order of time, and what else is known of it for conditions."""

    id: str
    day: str
    duration_ms: int
    utterances: tuple[Utterance, ...]
    script: str = ""
    record: CallRecord = NOTHING_KNOWN
    timed: bool = True
    """False: it came as text without times of speech, which are estimated."""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What is read of it: each utterance, and each with what it goes on from; each once."""
        return tuple(dict.fromkeys(filter(None, _read(self.utterances))))


def _read(utterances: Iterable[Utterance]) -> Iterator[str]:
    stretches = Stretches()
    spoken: dict[int, Utterance] = {}
    latest_ms = 0
    for utterance in utterances:
        spoken[utterance.id] = utterance
        stretches.hear(utterance)
        yield utterance.text
        joins = is_backchannel(utterance.text) or utterance.begin_ms < latest_ms
        latest_ms = max(latest_ms, utterance.begin_ms)
        for number in (utterance.id, *stretches.near(utterance)):
            # Whoever else spoke in between parts what was one.
            if joins or spoken[number].role is utterance.role:
                yield stretches.window(spoken[number]).text


_SPOKEN = tuple(
    utterances.c[name]
    for name in (
        *("call_id", "n", "role", "channel", "begin_ms", "end_ms"),
        *("text", "confidence", "intelligible"),
    )
)
"""Not each word's time: reading those takes longer than matching the text."""


_KNOWN = tuple(
    calls.c[name]
    for name in (
        *("started_at", "duration_ms", "script"),
        *("agent", "team", "customer", "direction", "data"),
    )
)


def newest(store: Store, *, utterances_at_most: int) -> tuple[datetime | None, int]:
    """Since when the newest so many utterances were said, whole calls; and how many they are.

    None: there are no more than that.
    """
    query = (
        select(calls.c.started_at, func.count().label("said"))
        .join(utterances, utterances.c.call_id == calls.c.id)
        .group_by(calls.c.id, calls.c.started_at)
        .order_by(calls.c.started_at.desc())
    )
    said, since = 0, None
    with store.reading() as connection:
        for row in connection.execution_options(stream_results=True).execute(query):
            if said and said + row.said > utterances_at_most:
                return since, said
            said, since = said + row.said, row.started_at
    return None, said


def from_store(store: Store, *, since: datetime | None = None) -> Iterator[PastCall]:
    """Every stored call that began since then, oldest first; read as a stream."""
    query = (
        select(*_SPOKEN, *_KNOWN)
        .join(calls, calls.c.id == utterances.c.call_id)
        .order_by(calls.c.started_at, utterances.c.call_id, utterances.c.n)
    )
    if since is not None:
        query = query.where(calls.c.started_at >= since)
    with store.reading() as connection:
        untimed = _untimed(connection)
        rows = connection.execution_options(stream_results=True).execute(query)
        for call_id, group in groupby(rows, key=lambda row: row.call_id):
            found = list(group)
            yield PastCall(
                id=call_id,
                day=clock.local(found[0].started_at).date().isoformat(),
                duration_ms=found[0].duration_ms,
                utterances=tuple(_utterance(row._mapping, row.n) for row in found),
                script=found[0].script,
                record=_record(found[0]),
                timed=call_id not in untimed,
            )


def _untimed(connection: Connection) -> frozenset[str]:
    """Calls that came as text without times."""
    text = f"{ELSEWHERE.name} {ELSEWHERE.version}"
    warned = select(calls.c.id, calls.c.rest["warnings"].label("warnings"))
    rows = connection.execute(warned.where(calls.c.model_version == text))
    return frozenset(row.id for row in rows if _estimated(row.warnings))


def _estimated(warnings: Iterable[Mapping[str, Any]] | None) -> bool:
    return any(one.get("code") == ESTIMATED_TIMES for one in warnings or ())


def _record(row: Any) -> CallRecord:
    # Rules speak of the clock on the wall.
    return CallRecord(
        agent=row.agent,
        team=row.team,
        customer=row.customer,
        direction=row.direction,
        started_at=row.started_at.astimezone(),
        data=row.data,
    )


def from_reports(folder: Path, *, since: datetime | None = None) -> Iterator[PastCall]:
    """Every report (*.json, *.jsonl) in a folder. Raises QAError for a file that is none."""
    files = sorted([*folder.glob("**/*.json"), *folder.glob("**/*.jsonl")])
    if not files:
        raise QAError(f"{folder}: no reports here; expected *.json or *.jsonl of analyze or batch")
    for file in files:
        for line, report in _reports(file):
            try:
                if since and not _began_since(report, since):
                    continue
                yield PastCall(
                    id=report["call"]["id"],
                    day=_began(report)[:10] or "undated",
                    duration_ms=report["call"]["duration_ms"],
                    utterances=tuple(_utterance(row, row["id"]) for row in report["utterances"]),
                    timed=not _estimated(report.get("warnings")),
                )
            except (AttributeError, KeyError, TypeError, ValueError):
                raise QAError(
                    f"{file}:{line}: not a report; expected what `qa-engine analyze --json` writes"
                ) from None


def _began_since(report: Any, since: datetime) -> bool:
    """A report that does not say when its call was is left in."""
    started = _began(report)
    return not started or clock.local(datetime.fromisoformat(started)) >= since


def _began(report: Any) -> str:
    """When the call was, as batch's JSON lines tell it; empty where nobody knows."""
    return str(report.get("filing", {}).get("started_at") or "")


def _reports(file: Path) -> Iterator[tuple[int, Any]]:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise QAError(f"{file}: cannot be read as a report (JSON in UTF-8)") from None
    # Not splitlines: a transcript may hold other signs that Python takes for the end of a line.
    parts = text.split("\n") if file.suffix == ".jsonl" else [text]
    for line, part in enumerate(parts, start=1):
        if not part.strip():
            continue
        try:
            yield line, json.loads(part)
        except json.JSONDecodeError as error:
            raise QAError(f"{file}:{line}: not JSON at column {error.colno}") from None


def _utterance(row: Any, number: int) -> Utterance:
    return Utterance(
        id=number,
        role=Role(row["role"]),
        channel=row["channel"],
        begin_ms=row["begin_ms"],
        end_ms=row["end_ms"],
        text=row["text"],
        confidence=row["confidence"],
        intelligible=row["intelligible"],
        stable_chars=len(row["text"]),
    )
