"""What a step does: one that may have been said unheard is on no board."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
_INDEX = "ix_steps_call_state"


def upgrade() -> None:
    op.add_column(
        "steps", sa.Column("effect", sa.String(12), server_default="counted", nullable=False)
    )
    op.drop_index(_INDEX, table_name="steps")
    op.create_index(_INDEX, "steps", ["call_id", "state", "step", "effect"], unique=False)


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="steps")
    op.create_index(_INDEX, "steps", ["call_id", "state", "step"], unique=False)
    op.execute("ALTER TABLE steps DROP COLUMN effect")
