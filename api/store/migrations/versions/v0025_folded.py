"""Words as they are searched: punctuation and space dropped, width, case, digits and Traditional
characters folded. The index of characters is over these, no longer over the text as written.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from api.store.folding import folded

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
_AT_ONCE = 2_000
_INDEX = """
CREATE VIRTUAL TABLE utterances_fts USING fts5(
    {column}, pinyin, content='utterances', content_rowid='rowid', tokenize='trigram')
"""
_IN = """
CREATE TRIGGER utterances_in AFTER INSERT ON utterances BEGIN
    INSERT INTO utterances_fts(rowid, {column}, pinyin)
    VALUES (new.rowid, new.{column}, new.pinyin); END
"""
_OUT = """
CREATE TRIGGER utterances_out AFTER DELETE ON utterances BEGIN
    INSERT INTO utterances_fts(utterances_fts, rowid, {column}, pinyin)
    VALUES ('delete', old.rowid, old.{column}, old.pinyin); END
"""


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        _drop_index(connection)
    op.add_column("utterances", sa.Column("folded", sa.Text(), server_default="", nullable=False))
    _fill(connection)
    if sqlite:
        _make_index(connection, "folded")
        return
    op.execute("DROP INDEX ix_utterances_text")
    op.execute("CREATE INDEX ix_utterances_folded ON utterances USING gin (folded gin_trgm_ops)")


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _drop_index(connection)
        op.execute("ALTER TABLE utterances DROP COLUMN folded")
        _make_index(connection, "text")
        return
    op.execute("DROP INDEX ix_utterances_folded")
    op.execute("ALTER TABLE utterances DROP COLUMN folded")
    op.execute("CREATE INDEX ix_utterances_text ON utterances USING gin (text gin_trgm_ops)")


def _fill(connection: Any) -> None:
    """By call and number, some at a time: a year of calls does not fit into memory."""
    spoken = sa.table("utterances", *map(sa.column, ("call_id", "n", "text", "folded")))
    place = sa.tuple_(spoken.c.call_id, spoken.c.n)
    last: tuple[str, int] = ("", -1)
    change = (
        sa.update(spoken)
        .where(spoken.c.call_id == sa.bindparam("call"), spoken.c.n == sa.bindparam("number"))
        .values(folded=sa.bindparam("words"))
    )
    while True:
        query = sa.select(spoken.c.call_id, spoken.c.n, spoken.c.text).where(place > last)
        rows = connection.execute(
            query.order_by(spoken.c.call_id, spoken.c.n).limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        told = [{"call": r.call_id, "number": r.n, "words": folded(r.text)} for r in rows]
        connection.execute(change, told)
        last = (rows[-1].call_id, rows[-1].n)


def _drop_index(connection: Any) -> None:
    for statement in (
        "DROP TRIGGER utterances_out",
        "DROP TRIGGER utterances_in",
        "DROP TABLE utterances_fts",
    ):
        connection.exec_driver_sql(statement)


def _make_index(connection: Any, column: str) -> None:
    for statement in (_INDEX, _IN, _OUT):
        connection.exec_driver_sql(statement.format(column=column))
    connection.exec_driver_sql("INSERT INTO utterances_fts(utterances_fts) VALUES ('rebuild')")
