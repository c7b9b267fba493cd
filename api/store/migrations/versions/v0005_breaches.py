"""Broken conduct checks have a table: a board must not read every report to count them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
_AT_ONCE = 500


def upgrade() -> None:
    op.create_table(
        "breaches",
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_breaches_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "name", name=op.f("pk_breaches")),
    )
    _read_old_reports()


def _read_old_reports() -> None:
    calls = sa.table("calls", sa.column("id"), sa.column("rest", sa.JSON))
    breaches = sa.table("breaches", sa.column("call_id"), sa.column("name"))
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(calls.c.id, calls.c.rest).where(calls.c.id > last).order_by(calls.c.id)
        some = connection.execute(query.limit(_AT_ONCE)).all()
        if not some:
            return
        last = some[-1].id
        rows = [
            {"call_id": row.id, "name": name} for row in some for name in sorted(_broken(row.rest))
        ]
        if rows:
            connection.execute(sa.insert(breaches), rows)


def _broken(rest: dict[str, dict[str, list[dict[str, str]]]]) -> set[str]:
    checks = rest.get("conduct", {}).get("checks", [])
    return {check["id"] for check in checks if check["state"] == "breach"}


def downgrade() -> None:
    op.drop_table("breaches")
