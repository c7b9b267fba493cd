"""Points that a person has still to give stand beside a score, which is provisional without them.

A handed-in sheet stays as it is; what it leaves open is written beside it from what it holds. Of
machine scores of before, nobody knows which items were a person's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
_BOARD = [
    *("started_at", "agent", "agent_name", "team", "id", "score", "passed", "fatal", "hit_count"),
    "waiting_count",
]
_TABLES = ("calls", "outcomes", "sheets")
_outcomes = sa.table("outcomes", sa.column("sheet"), sa.column("to_give"))
_sheets = sa.table(*("sheets", sa.column("id"), sa.column("to_give")), sa.column("body", sa.JSON()))


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("to_give", sa.Float(), server_default="0", nullable=False))
    connection = op.get_bind()
    for number in connection.scalars(sa.select(_sheets.c.id)).all():
        body = connection.scalar(sa.select(_sheets.c.body).where(_sheets.c.id == number))
        points = _to_give((body or {}).get("sheet", {}))
        if points:
            mine = sa.update(_sheets).where(_sheets.c.id == number)
            connection.execute(mine.values(to_give=points))
            counting = sa.update(_outcomes).where(_outcomes.c.sheet == number)
            connection.execute(counting.values(to_give=points))
    op.drop_index("ix_calls_board", table_name="calls")
    op.create_index("ix_calls_board", "calls", [*_BOARD, "to_give"], unique=False)


def _to_give(sheet: Mapping[str, Any]) -> float:
    """Points of a sheet's items that a person scores and nobody did."""
    if sheet.get("total") is None or sheet.get("fatal"):
        return 0.0
    open_lines = (
        line["item"]["points"]
        for line in sheet.get("lines", ())
        if not line["item"]["feeds"] and line["earned"] is None and not line["answered"]
    )
    return round(float(sum(open_lines)), 2)


def downgrade() -> None:
    op.drop_index("ix_calls_board", table_name="calls")
    op.create_index("ix_calls_board", "calls", _BOARD, unique=False)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN to_give")
