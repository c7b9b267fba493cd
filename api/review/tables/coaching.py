"""Comments on a second of a call, and the notes they are given with."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from api.store.tables import UtcTime, metadata

coaching_notes = Table(
    "coaching_notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agent", String(120), nullable=False),
    Column("title", String(80), nullable=False),
    Column("words", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("given_at", UtcTime, nullable=False),
    Column("read_at", UtcTime),
    Column("answer", Text, nullable=False, server_default=""),
    Index("ix_coaching_notes_agent", "agent", "id"),
)

pins = Table(
    "pins",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("at_ms", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("note", Integer, ForeignKey("coaching_notes.id")),
    Index("ix_pins_call", "call_id"),
    Index("ix_pins_note", "note"),
)
"""A comment on a second of a call; `note`: the one it was given with."""
