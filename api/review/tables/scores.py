"""The cards that score, and the sheets that were handed in."""

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

scorecards = Table(
    "scorecards",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    UniqueConstraint("version"),
)
"""Append-only: a review names the version it was made by."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("call_id", String(80), primary_key=True),
    Column("score", Float),
    Column("to_give", Float, nullable=False, server_default="0"),
    Column("passed", Boolean),
    Column("fatal", Boolean, nullable=False),
    Column("source", String(12), nullable=False),
    Column("review", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("sheet", Integer),
    Column("hit_count", Integer, nullable=False, server_default="0"),
    Column("trigger_count", Integer, nullable=False, server_default="0"),
    Column("waiting_count", Integer, nullable=False, server_default="0"),
)
"""The sheet that counts for a call instead of the machine's: what boards need of the snapshot.

`source`: review, appeal, again, workbook."""

sheets = Table(
    "sheets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False),
    Column("source", String(12), nullable=False),
    Column("review", Integer),
    Column("previous", Integer),
    Column("author", String(120), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", UtcTime, nullable=False),
    Column("score", Float),
    Column("to_give", Float, nullable=False, server_default="0"),
    Column("passed", Boolean),
    Column("fatal", Boolean, nullable=False),
    Column("hit_count", Integer, nullable=False),
    Column("trigger_count", Integer, nullable=False, server_default="0"),
    Column("waiting_count", Integer, nullable=False, server_default="0"),
    Column("body", JSON, nullable=False),
    Index("ix_sheets_call", "call_id", "id"),
    Index("ix_sheets_review", "review"),
)
"""Snapshots of sheets that were handed in: never changed; a purge takes their words."""

sheet_findings = Table(
    "sheet_findings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sheet", Integer, ForeignKey("sheets.id", ondelete="CASCADE"), nullable=False),
    Column("call_id", String(80), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(120), nullable=False),
    Column("title", String(120), nullable=False, server_default=""),
    Column("role", String(10), nullable=False, server_default=""),
    Column("state", String(20), nullable=False, server_default=""),
    Column("counts", Boolean, nullable=False),
    Index("ix_sheet_findings_sheet", "sheet", "kind", "counts"),
)
"""What a snapshot found, for boards: `kind` hit, step or conduct; what is overturned does not
count, nor does a hit whose `state` is waiting: a person has not judged it yet."""
