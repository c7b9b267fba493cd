"""Calls without a score, findings that wait, candidates that were dropped; reports of schema 2."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_NULLABLE = {
    "calls": (("score", sa.Float()), ("passed", sa.Boolean())),
    "outcomes": (("score", sa.Float()), ("passed", sa.Boolean())),
    "reviews": (("machine_score", sa.Float()),),
    "appeals": (("score_before", sa.Float()),),
}
_BOARD = ["started_at", "agent", "team", "id", "score", "passed", "fatal", "hit_count"]


def upgrade() -> None:
    op.drop_index("ix_calls_board", table_name="calls")
    for table, columns in _NULLABLE.items():
        for name, kind in columns:
            _allow_null(table, name, kind)
    op.create_index("ix_calls_board", "calls", _BOARD, unique=False)
    op.add_column(
        "calls", sa.Column("unjudgeable", sa.String(30), server_default="", nullable=False)
    )
    op.add_column(
        "hits", sa.Column("effect", sa.String(12), server_default="counted", nullable=False)
    )
    op.add_column(
        "utterances", sa.Column("role_confidence", sa.Float(), server_default="1", nullable=False)
    )
    _make_held_back()
    _read_old_reports()


def _allow_null(table: str, name: str, kind: Any) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, nullable=True)
        return
    # SQLite would copy the table, and dropping the old one would take along what refers to it.
    op.add_column(table, sa.Column(f"{name}_or_null", kind, nullable=True))
    op.execute(f"UPDATE {table} SET {name}_or_null = {name}")
    op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {name}_or_null TO {name}")


def _make_held_back() -> None:
    op.create_table(
        "held_back",
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("id", sa.String(160), nullable=False),
        sa.Column("rule", sa.String(120), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("utterance", sa.Integer(), nullable=False),
        sa.Column("begin_char", sa.Integer(), nullable=False),
        sa.Column("end_char", sa.Integer(), nullable=False),
        sa.Column("begin_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("heard", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(12), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("effect", sa.String(12), server_default="counted", nullable=False),
        sa.Column("rest", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_held_back_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "id", name=op.f("pk_held_back")),
    )
    op.create_index("ix_held_back_rule", "held_back", ["rule"], unique=False)


def _read_old_reports() -> None:
    names = ("id", "score", "passed", "unjudgeable")
    calls = sa.table("calls", *map(sa.column, names), sa.column("rest", sa.JSON))
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(calls).where(calls.c.id > last).order_by(calls.c.id)
        some = connection.execute(query.limit(_AT_ONCE)).all()
        if not some:
            break
        last = some[-1].id
        for row in some:
            changed = sa.update(calls).where(calls.c.id == row.id)
            connection.execute(changed.values(**_read_again(row.rest, bool(row.passed))))
    _read_old_hits()


def _read_again(rest: dict[str, Any], passed: bool) -> dict[str, Any]:
    """What changes in a call's row; a store that was at this version before has reports of 2."""
    if not str(rest.get("schema_version", "")).startswith("2"):
        return {"rest": as_schema_2(rest, passed)}
    score = rest.get("score") or {"total": None, "passed": None}
    reason = rest.get("judgeable", {}).get("reason", "")
    return {"score": score["total"], "passed": score["passed"], "unjudgeable": reason}


def _read_old_hits() -> None:
    names = ("call_id", "id", "utterance", "begin_char", "end_char", "begin_ms", "end_ms")
    hits = sa.table(
        "hits",
        *(sa.column(name) for name in (*names, "needs_review", "effect")),
        sa.column("rest", sa.JSON),
    )
    connection, last = op.get_bind(), ("", "")
    while True:
        query = sa.select(hits).where(sa.tuple_(hits.c.call_id, hits.c.id) > sa.tuple_(*last))
        query = query.order_by(hits.c.call_id, hits.c.id).limit(_AT_ONCE)
        some = connection.execute(query).all()
        if not some:
            return
        last = (some[-1].call_id, some[-1].id)
        for row in some:
            effect = "waiting" if row.needs_review else "counted"
            place = {name: row._mapping[name] for name in names[2:]}
            rest = {**_decided(bool(row.needs_review)), "parts": [place], **row.rest}
            if effect == "counted" and rest["effect_reason"]:
                effect = "not_counted"
            changed = sa.update(hits).where(hits.c.call_id == row.call_id, hits.c.id == row.id)
            connection.execute(changed.values(rest=rest, effect=effect))


def as_schema_2(rest: dict[str, Any], passed: bool) -> dict[str, Any]:
    """A stored report of schema 1 as one of 2: it was judged then, and stays so."""
    if "score" not in rest or "versions" not in rest:
        return rest
    score = {**rest["score"], "fatal_waiting": []}
    score["items"] = [{**item, "waiting": []} for item in score.get("items", ())]
    none = {"scorecard": "", "judge": "", "fingerprints": "", "settings": {}}
    return {
        **rest,
        "schema_version": "2.0",
        "score": score,
        "judgeable": {"state": "judgeable", "reason": "", "message_zh": ""},
        "conclusion": "passed" if passed else "failed",
        "anatomy": [],
        "versions": {**none, **rest["versions"]},
    }


def _decided(doubtful: bool) -> dict[str, Any]:
    return {
        "role_confidence": 1.0,
        "decision": "doubtful" if doubtful else "kept",
        "certainty": 1.0,
        "reason": "low_confidence" if doubtful else "",
        "reason_zh": "",
        "effect_reason": "doubtful" if doubtful else "",
    }


def downgrade() -> None:
    op.drop_index("ix_held_back_rule", table_name="held_back")
    op.drop_table("held_back")
    op.execute("ALTER TABLE utterances DROP COLUMN role_confidence")
    op.execute("ALTER TABLE hits DROP COLUMN effect")
    op.execute("ALTER TABLE calls DROP COLUMN unjudgeable")
    op.drop_index("ix_calls_board", table_name="calls")
    for table, columns in _NULLABLE.items():
        for name, kind in columns:
            _forbid_null(table, name, kind)
    op.create_index("ix_calls_board", "calls", _BOARD, unique=False)


def _forbid_null(table: str, name: str, kind: Any) -> None:
    """What has no score gets 0, which is all that the version before can say."""
    nothing = "0" if isinstance(kind, sa.Float) else "false"
    op.execute(f"UPDATE {table} SET {name} = {nothing} WHERE {name} IS NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, nullable=False)
        return
    op.add_column(table, sa.Column(f"{name}_old", kind, server_default=nothing, nullable=False))
    op.execute(f"UPDATE {table} SET {name}_old = {name}")
    op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {name}_old TO {name}")
