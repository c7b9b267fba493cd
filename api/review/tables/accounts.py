"""Who may log in, and what waits for them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from api.store.tables import UtcTime, metadata

people = Table(
    "people",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("role", String(12), nullable=False),
    Column("agent", String(120), nullable=False, server_default=""),
    Column("team", String(120), nullable=False, server_default=""),
    Column("password", Text, nullable=False, server_default=""),
    Column("must_change", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("totp", Text, nullable=False, server_default=""),
    Column("totp_at", Integer, nullable=False, server_default="0"),
)
"""`agent` is this person's staff number, as in `calls.agent`; without `password` there is no login
by password. `totp` is the secret of the second step, `totp_at` the half minute of the last code."""

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("login", String(64), ForeignKey("people.login", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_sessions_login", "login"),
)
"""`token` is the hash of what the cookie holds: a copy of the table opens no door."""

attempts = Table(
    "attempts",
    metadata,
    Column("key", String(140), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),
    Index("ix_notices_login", "login", "seen_at"),
)
