"""How a call was conducted, as plain JSON values, typed: part of a stored report."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class StoredSpan(TypedDict):
    begin_ms: int
    end_ms: int
    utterance: NotRequired[int | None]


class StoredCheck(TypedDict):
    """One measure of conduct against its limits."""

    id: str
    source: NotRequired[str]
    state: str
    value: NotRequired[float | None]
    unit: NotRequired[str]
    low: NotRequired[float | None]
    high: NotRequired[float | None]
    role: NotRequired[str | None]
    spans: NotRequired[list[StoredSpan]]
    machine_state: NotRequired[str]


class StoredSilence(TypedDict):
    begin_ms: int
    end_ms: int
    excused: bool


class StoredOverlap(TypedDict):
    begin_ms: int
    end_ms: int
    by: NotRequired[str]
    utterance: NotRequired[int]


class StoredHold(TypedDict):
    begin_ms: int
    end_ms: int
    utterance: int | None
    promised_ms: NotRequired[int | None]
    unheard_ms: NotRequired[int]


class StoredConduct(TypedDict):
    checks: list[StoredCheck]
    silences: list[StoredSilence]
    overlaps: list[StoredOverlap]
    holds: NotRequired[list[StoredHold]]
    agent_speech_ms: NotRequired[int]
    customer_speech_ms: NotRequired[int]
