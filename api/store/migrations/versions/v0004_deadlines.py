"""Appeals keep their own deadline; sampling plans may have a rhythm, and each draw is claimed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from api.store.tables import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appeals", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("plans", sa.Column("every", sa.String(8), server_default="", nullable=False))
    op.create_table(
        "draws",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("begin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name=op.f("fk_draws_plan_plans")),
        sa.UniqueConstraint("plan", "begin", name="uq_draws_plan_begin"),
    )
    _give_old_appeals_a_deadline()


def _give_old_appeals_a_deadline() -> None:
    """A week, which is what the settings gave until now."""
    appeals = sa.table(
        "appeals", sa.column("id"), sa.column("made_at", UtcTime), sa.column("due_at", UtcTime)
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(appeals.c.id, appeals.c.made_at)).all():
        due = sa.update(appeals).where(appeals.c.id == row.id)
        connection.execute(due.values(due_at=row.made_at + timedelta(days=7)))


def downgrade() -> None:
    op.drop_table("draws")
    with op.batch_alter_table("plans") as plans:
        plans.drop_column("every")
    with op.batch_alter_table("appeals") as appeals:
        appeals.drop_column("due_at")
