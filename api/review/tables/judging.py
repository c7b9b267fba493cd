"""What people work on and what they say of a call."""

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
    Text,
    UniqueConstraint,
)

from api.store.tables import UtcTime, metadata

reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("purpose", String(12), nullable=False),
    Column("inspector", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("scorecard", Integer, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("score", Float),
    Column("passed", Boolean),
    Column("fatal", Boolean, nullable=False),
    Column("machine_score", Float),
    Column("opened_at", UtcTime, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("submitted_at", UtcTime),
    Column("acknowledged_at", UtcTime),
    Column("acknowledgement", Text, nullable=False, server_default=""),
    UniqueConstraint("call_id", "purpose", "inspector", name="uq_reviews_call_purpose_inspector"),
    Index("ix_reviews_inspector_state", "inspector", "state"),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("review", Integer, ForeignKey("reviews.id")),
    Column("by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("answered_by", String(64), nullable=False, server_default=""),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_at", UtcTime),
    Column("due_at", UtcTime),
    Column("score_before", Float),
    Column("score_after", Float),
    Column("findings", JSON, nullable=False, server_default="[]"),
    UniqueConstraint("review"),
    Index("ix_appeals_state", "state"),
)
"""`review`: what is objected to; without one, the machine's own score. `findings`: which of its
findings, by their ids and keys; none: the score as a whole."""

calibrations = Table(
    "calibrations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("title", String(80), nullable=False),
    Column("inspectors", JSON, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    UniqueConstraint("call_id"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("utterance", Integer, nullable=False),
    Column("begin_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("heard", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_corrections_call", "call_id"),
)

flags = Table(
    "flags",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("begin_ms", Integer, nullable=False),
    Column("by", String(120), nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("call_id", "rule", "begin_ms", name="uq_flags_call_rule_begin"),
)
"""An agent's 不准 from the live sidebar."""

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False),
    Column("name", String(60), nullable=False),
    Column("query", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("login", "name", name="uq_saved_searches_login_name"),
)
"""Addresses of the search page."""
