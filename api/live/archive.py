"""Live calls in the store: when one has ended its report is filed like any recording's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from api.store import CallFiling, Store
from phrasebook import Phrasebook
from qa_engine.report import Report


class Archive(Protocol):
    """Where the reports of ended calls go."""

    def keep(self, report: Report, details: Mapping[str, str], began_s: float) -> None:
        """Blocking; raises StoreError."""


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
