"""`calls.fatal` says what the score says: a missed fatal step is fatal, a doubtful hit is not."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
_AT_ONCE = 500
_calls = sa.table(
    "calls", sa.column("id"), sa.column("fatal", sa.Boolean), sa.column("rest", sa.JSON)
)


def upgrade() -> None:
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(_calls).where(_calls.c.id > last).order_by(_calls.c.id)
        some = connection.execute(query.limit(_AT_ONCE)).all()
        if not some:
            return
        last = some[-1].id
        for fatal in (True, False):
            wrong = [row.id for row in some if bool(row.fatal) != fatal == _is_fatal(row.rest)]
            if wrong:
                told = sa.update(_calls).where(_calls.c.id.in_(wrong)).values(fatal=fatal)
                connection.execute(told)


def _is_fatal(rest: dict[str, Any]) -> bool:
    return bool((rest.get("score") or {}).get("fatal"))


def downgrade() -> None:
    """What the score says is right for older engines, too."""
