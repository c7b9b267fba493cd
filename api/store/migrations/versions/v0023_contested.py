"""Appeals name the findings they are about, and may be about what the machine alone has scored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appeals", sa.Column("findings", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("appeals") as appeals:
        appeals.alter_column("review", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM appeals WHERE review IS NULL")
    with op.batch_alter_table("appeals") as appeals:
        appeals.alter_column("review", existing_type=sa.Integer(), nullable=False)
    op.execute("ALTER TABLE appeals DROP COLUMN findings")
