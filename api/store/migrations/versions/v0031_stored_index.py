"""Calls by when they were filed: what just came in is looked at each minute."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_stored", "calls", ["stored_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_calls_stored", table_name="calls")
