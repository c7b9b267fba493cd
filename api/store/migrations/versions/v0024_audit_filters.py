"""The audit trail by person, subject and action."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
_BY = ("who", "subject", "action")


def upgrade() -> None:
    for name in _BY:
        op.create_index(f"ix_audit_{name}", "audit", [name, "n"], unique=False)


def downgrade() -> None:
    for name in _BY:
        op.drop_index(f"ix_audit_{name}", table_name="audit")
