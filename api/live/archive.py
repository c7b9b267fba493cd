"""Live calls in the store: when one has ended its report is filed like any recording's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol

from api.live.event_log import Entry
from api.review.sampling import flag_not_right
from api.store import CallFiling, Store
from phrasebook import Phrasebook
from qa_engine.report import Report


class Archive(Protocol):
    """Where the reports of ended calls go."""

    def keep(self, report: Report, details: Mapping[str, str], began_s: float) -> None:
        """Blocking; raises StoreError."""

    def flag(self, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
        """The agent said of a prompt: not right. Blocking; raises StoreError."""


class StoreArchive:
    """Files into the calls' store, redacted, in one transaction."""

    def __init__(self, store: Store, book: Phrasebook) -> None:
        self._store = store
        self._book = book

    def keep(self, report: Report, details: Mapping[str, str], began_s: float) -> None:
        filing = CallFiling(
            origin="live",
            agent=details.get("agent", ""),
            team=details.get("team", ""),
            customer=details.get("customer", ""),
            direction=details.get("direction", ""),
            started_at=datetime.fromtimestamp(began_s, UTC),
        )
        self._store.save(report, filing, book=self._book, who="qa-engine live")

    def flag(self, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
        flag_not_right(self._store, call_id, rule=rule, begin_ms=begin_ms, by=by)


def not_right(report: Report, entries: Iterable[Entry]) -> Iterator[tuple[str, int]]:
    """(rule, ms of the call) of each prompt that the agent called not right."""
    begins = {hit.id: hit.begin_ms for hit in report.hits}
    for entry in entries:
        told = json.loads(entry.body) if entry.type == "prompt" else {}
        if told.get("state") == "not_right":
            yield told["rule"], begins.get(told.get("hit") or "", told["at_ms"])
