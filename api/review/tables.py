"""The desk's tables, beside the calls' own. Nothing here refers to `calls` by foreign key: a call
that is analysed again is replaced, and what people said of it must stay.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from api.store.tables import UtcTime, calls, hits, metadata, steps

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

outcomes = Table(
    "outcomes",
    metadata,
    Column("call_id", String(80), primary_key=True),
    Column("score", Float),
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

waves = Table(
    "waves",
    metadata,
    Column("audio_hash", String(80), primary_key=True),
    Column("bucket_ms", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("low", LargeBinary, nullable=False),
    Column("high", LargeBinary, nullable=False),
)

# All that a board adds up, so that it need not read the calls themselves.
Index(
    "ix_calls_board",
    calls.c.started_at,
    calls.c.agent,
    calls.c.agent_name,
    calls.c.team,
    calls.c.id,
    calls.c.score,
    calls.c.passed,
    calls.c.fatal,
    calls.c.hit_count,
    calls.c.waiting_count,
)
Index("ix_hits_call_rule", hits.c.call_id, hits.c.rule)
Index("ix_steps_call_state", steps.c.call_id, steps.c.state, steps.c.step, steps.c.effect)
