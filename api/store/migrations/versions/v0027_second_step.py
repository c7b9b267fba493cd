"""A second step at login, for those who want it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("totp", sa.Text(), server_default="", nullable=False))
    op.add_column("people", sa.Column("totp_at", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.execute("ALTER TABLE people DROP COLUMN totp_at")
    op.execute("ALTER TABLE people DROP COLUMN totp")
