"""The supervisor's board: a line for each call."""

from __future__ import annotations

from typing import Literal

from api.live.message_parts import Conclusion, Message, Role, Severity


class CallTold(Message):
    """One line of the supervisor's board; replaces the line of the same call."""

    type: Literal["call"] = "call"
    call_id: str
    seq: int
    at_ms: int
    agent: str
    script: str
    state: Literal["live", "lost", "kept", "ended"]
    """`kept`: it is over, and is heard when there is time."""
    began_at: str
    hearing: Literal["live", "later"] = "live"
    duration_ms: int
    alerts: dict[Severity, int]
    """Confirmed or still open hits and alerts, by severity."""
    last_role: Role | None = None
    last_text: str = ""
    steps_done: int
    steps_late: int
    steps_total: int
    score: float | None = None
    to_give: float = 0.0
    conclusion: Conclusion | None = None
    """None while the call runs."""
    unjudgeable: str = ""
    """Why it cannot be judged, as a code."""
    behind_ms: int = 0
    """How old the oldest sentence is that ended and is not recognised yet."""


class CallGone(Message):
    """A call left the board."""

    type: Literal["call_gone"] = "call_gone"
    call_id: str
