"""An agent is a staff number: names are labels, and no account opens the calls of a namesake.

What stood in `calls.agent` becomes a number where it looks like one, or where a single account had
it. Calls under a name that several accounts share, or that no account has, keep the name and get
no number: an administrator says whose they are.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._@+-]{0,63}")
_calls = sa.table("calls", sa.column("agent"), sa.column("agent_name"))
_people = sa.table(
    "people", sa.column("login"), sa.column("name"), sa.column("agent"), sa.column("team")
)


_BEFORE = ["started_at", "agent", "team", "id", "score", "passed", "fatal", "hit_count"]
_BOARD = [*_BEFORE[:2], "agent_name", *_BEFORE[2:]]


def upgrade() -> None:
    agents = op.create_table(
        "agents",
        sa.Column("number", sa.String(120), nullable=False),
        sa.Column("name", sa.String(120), server_default="", nullable=False),
        sa.Column("team", sa.String(120), server_default="", nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_agents")),
    )
    op.create_index("ix_agents_name", "agents", ["name"], unique=False)
    op.add_column(
        "calls", sa.Column("agent_name", sa.String(120), server_default="", nullable=False)
    )
    op.drop_index("ix_calls_board", table_name="calls")
    op.create_index("ix_calls_board", "calls", _BOARD, unique=False)
    connection = op.get_bind()
    rows = connection.execute(sa.select(_people).where(_people.c.agent != "")).all()
    shared = {p.agent for p in rows if sum(q.agent == p.agent for q in rows) > 1}
    told = set(connection.scalars(sa.select(_calls.c.agent).distinct())) - {""}
    known = set()
    for person in rows:
        is_number = person.agent not in shared and _NUMBER.fullmatch(person.agent)
        number = person.agent if is_number else person.login
        name = person.name if is_number else person.agent
        row = {"number": number, "name": name, "team": person.team}
        connection.execute(sa.insert(agents).values(row))
        known.add(number)
        if is_number:
            continue
        own = sa.update(_people).where(_people.c.login == person.login)
        connection.execute(own.values(agent=number))
        if person.agent not in shared:
            mine = sa.update(_calls).where(_calls.c.agent == person.agent)
            connection.execute(mine.values(agent=number))
            told.discard(person.agent)
    for name in told - known:
        if name in shared or not _NUMBER.fullmatch(name):
            mine = sa.update(_calls).where(_calls.c.agent == name)
            connection.execute(mine.values(agent="", agent_name=name))
        else:
            connection.execute(sa.insert(agents).values(number=name))


def downgrade() -> None:
    op.execute("UPDATE calls SET agent = agent_name WHERE agent = ''")
    op.drop_index("ix_calls_board", table_name="calls")
    op.create_index("ix_calls_board", "calls", _BEFORE, unique=False)
    op.execute("ALTER TABLE calls DROP COLUMN agent_name")
    op.drop_index("ix_agents_name", table_name="agents")
    op.drop_table("agents")
