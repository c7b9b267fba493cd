"""What language models answered to questions of the phrasebook, and what they were given a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("item", sa.String(120), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("rest", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_answers_call_id_calls", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "item", name="pk_answers"),
    )
    op.create_index("ix_answers_state", "answers", ["state"])
    op.create_table(
        "asked",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("item", sa.String(120), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_asked"),
    )
    op.create_index("ix_asked_call", "asked", ["call_id"])
    op.create_table(
        "spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_spending"),
    )


def downgrade() -> None:
    for name in ("spending", "asked", "answers"):
        op.drop_table(name)
