"""The tables of the rules of record. What a version says stands in `phrasebooks`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from api.store.tables import UtcTime, metadata

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("book", String(120), ForeignKey("phrasebooks.version"), nullable=False),
    Column("origin", String(12), nullable=False),
    Column("returns_to", Integer),
    Column("note", Text, nullable=False, server_default=""),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
"""Append-only; the highest number is in force. `origin`: bundled, edit, import or rollback (then
`returns_to` is the version that counts again)."""

rule_changes = Table(
    "rule_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", Integer, ForeignKey("rule_versions.number"), nullable=False),
    Column("piece", String(120), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    UniqueConstraint("number", "piece", name="uq_rule_changes_number_piece"),
    Index("ix_rule_changes_piece", "piece"),
)
"""What a version changed, piece by piece; an empty text: there was none, or there is none."""

rule_drafts = Table(
    "rule_drafts",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("piece", String(120), primary_key=True),
    Column("base", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
)
"""What somebody changed and has not published. `base`: the piece as it was when they began."""

rule_trials = Table(
    "rule_trials",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("done", Integer, nullable=False),
    Column("whole", Integer, nullable=False),
    Column("result", JSON, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("stop", Boolean, nullable=False),
    Index("ix_rule_trials_login", "login", "id"),
)
"""A draft tried on past calls, or (`kind` found) what the judge found in them. `done` of `whole`
utterances; `state`: running, done, failed, stopped. `result` quotes calls: a purge empties it."""

rule_refusals = Table(
    "rule_refusals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("rule", String(120), nullable=False),
    Column("line", String(64), nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("rule", "line", name="uq_rule_refusals_rule_line"),
)
"""Sentences that the judge proposed and a person took up or refused; `line` is a hash of one."""


judge_files = Table(
    "judge_files",
    metadata,
    Column("version", String(12), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Judges that somebody published; `version` is the beginning of the SHA-256 of `body`."""

judge_versions = Table(
    "judge_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("judge", String(12), nullable=False),
    Column("origin", String(12), nullable=False),
    Column("returns_to", Integer),
    Column("note", Text, nullable=False, server_default=""),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
"""Append-only; the highest number is in force. `judge`: a version in `judge_files`, or "" for the
one that came with the engine."""
