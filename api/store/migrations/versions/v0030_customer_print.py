"""A keyed fingerprint of the customer's number; calls from before have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("customer_print", sa.String(32), server_default="", nullable=False)
    )
    op.create_index("ix_calls_customer_print", "calls", ["customer_print"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_calls_customer_print", table_name="calls")
    op.execute("ALTER TABLE calls DROP COLUMN customer_print")
