"""Which calls are to be judged, by what plan, and by whom."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from api.store.tables import UtcTime, metadata

plans = Table(
    "plans",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("amount", Float, nullable=False),
    Column("every", String(8), nullable=False, server_default=""),
    Column("active", Boolean, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
"""`amount` means what the kind makes of it: calls an agent, a score, minutes, a share. `every` is a
unit of time after which the plan is drawn by itself; empty: only by hand."""

draws = Table(
    "draws",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan", Integer, ForeignKey("plans.id"), nullable=False),
    Column("begin", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("new", Integer, nullable=False),
    UniqueConstraint("plan", "begin", name="uq_draws_plan_begin"),
)
"""One row for each period a plan was drawn for by itself: whoever writes it first may draw."""

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("purpose", String(12), nullable=False),
    Column("seat", String(64), nullable=False, server_default=""),
    Column("reasons", JSON, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("locked_by", String(64), nullable=False, server_default=""),
    Column("locked_until", UtcTime),
    Column("made_at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    Column("opened_at", UtcTime),
    UniqueConstraint("call_id", "purpose", "seat", name="uq_tasks_call_purpose_seat"),
    Index("ix_tasks_state_priority", "state", "priority", "id"),
)
"""`purpose`: sample, double or calibration. `seat` is who must do it; empty: any inspector.
`opened_at`: when whoever holds it opened its page last."""
