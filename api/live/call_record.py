"""What a live call's metadata tells its rules: 方向, 产品 and whatever else the site sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from api import clock
from qa_engine.rules.record import CallRecord

__all__ = ["FILED", "call_record", "filing_details"]

_FIELDS = ("team", "customer", "direction")
FILED = (*_FIELDS, "agent_name")
"""The names that the store has columns for."""


def filing_details(metadata: Mapping[str, str]) -> dict[str, str]:
    """What is filed with a live call: the columns that the store has, and the rest as JSON."""
    data = {name: value for name, value in metadata.items() if name not in FILED}
    told = {name: metadata.get(name, "") for name in FILED}
    return {**told, "data": json.dumps(data, ensure_ascii=False)}


def call_record(agent: str, began_at: str | None, metadata: Mapping[str, str]) -> CallRecord:
    """As a batch would be told of the same call. `began_at`: ISO 8601, of any zone."""
    told = {name: metadata.get(name, "") for name in _FIELDS}
    data = {name: value for name, value in metadata.items() if name not in _FIELDS}
    # Rules speak of the clock on the wall.
    started = clock.local(datetime.fromisoformat(began_at)) if began_at else None
    return CallRecord(agent=agent, started_at=started, data=data, **told)
