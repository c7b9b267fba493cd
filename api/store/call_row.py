"""What the store tells of a call without its words: the columns that lists and pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One row of `calls`. `agent` is a staff number; times are in UTC, `duration_ms` in ms."""

    id: str
    origin: str
    source: str
    audio_hash: str
    agent: str
    agent_name: str
    team: str
    customer: str
    direction: str
    script: str
    started_at: datetime
    stored_at: datetime
    duration_ms: int
    score: float | None
    to_give: float
    passed: bool | None
    fatal: bool
    hit_count: int
    trigger_count: int
    waiting_count: int
    unjudgeable: str
    engine_version: str
    phrasebook_version: str
    model_version: str
    data: Mapping[str, str]
