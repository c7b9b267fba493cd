"""The rules of record: versions, what each changed, drafts, trials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "rule_versions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("book", sa.String(120), nullable=False),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("returns_to", sa.Integer),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["book"], ["phrasebooks.version"], name="fk_rule_versions_book_phrasebooks"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_rule_versions"),
    )
    op.create_table(
        "rule_changes",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("piece", sa.String(120), nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["rule_versions.number"], name="fk_rule_changes_number_rule_versions"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rule_changes"),
        sa.UniqueConstraint("number", "piece", name="uq_rule_changes_number_piece"),
    )
    op.create_index("ix_rule_changes_piece", "rule_changes", ["piece"])
    op.create_table(
        "rule_drafts",
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("piece", sa.String(120), nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("login", "piece", name="pk_rule_drafts"),
    )
    op.create_table(
        "rule_trials",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("whole", sa.Integer, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("stop", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_trials"),
    )
    op.create_index("ix_rule_trials_login", "rule_trials", ["login", "id"])
    op.create_table(
        "rule_refusals",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(120), nullable=False),
        sa.Column("line", sa.String(64), nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_refusals"),
        sa.UniqueConstraint("rule", "line", name="uq_rule_refusals_rule_line"),
    )


def downgrade() -> None:
    for table in ("rule_refusals", "rule_trials", "rule_drafts", "rule_changes", "rule_versions"):
        op.drop_table(table)
