"""A sheet that was handed in is a snapshot. The scores that people gave stay as they are.

Of what was handed in before, the machine's results are frozen as they stand now: nothing older was
kept. Items are filled in from the review's answers when somebody reads the sheet.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
_JSON = sa.JSON()
_MOMENT = sa.DateTime(timezone=True)


def _table(name: str, *plain: str, **typed: Any) -> Any:
    typed_ones = [sa.column(key, kind) for key, kind in typed.items()]
    return sa.table(name, *[sa.column(column) for column in plain], *typed_ones)


_outcomes = _table(
    *("outcomes", "call_id", "score", "passed", "fatal", "source", "review", "sheet", "hit_count"),
    at=_MOMENT,
)
_reviews = _table("reviews", "id", "inspector", "scorecard", answers=_JSON)
_cards = _table("scorecards", "id", "version", body=_JSON)
_calls = _table("calls", "id", rest=_JSON)
_utterances = _table(
    *("utterances", "call_id", "n", "role", "channel", "begin_ms", "end_ms", "text"),
    "intelligible",
)
_HIT = (
    *("id", "rule", "source", "role", "utterance", "begin_char", "end_char", "begin_ms"),
    *("end_ms", "phrase", "heard", "tier", "score", "confidence", "severity", "fatal"),
    *("needs_review", "effect"),
)
_hits = _table("hits", "call_id", *_HIT, rest=_JSON)
_steps = _table(
    *("steps", "call_id", "step", "source", "state", "at_ms", "deadline_ms"), rest=_JSON
)
_verdicts = _table(
    *("verdicts", "id", "call_id", "hit_id", "rule", "utterance", "begin_char", "end_char"),
    *("right", "missed", "by", "comment"),
)


def upgrade() -> None:
    sheets = op.create_table(
        "sheets",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("review", sa.Integer(), nullable=True),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("hit_count", sa.Integer(), nullable=False),
        sa.Column("body", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheets")),
    )
    op.create_index("ix_sheets_call", "sheets", ["call_id", "id"], unique=False)
    op.create_index("ix_sheets_review", "sheets", ["review"], unique=False)
    findings = op.create_table(
        "sheet_findings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("title", sa.String(120), server_default="", nullable=False),
        sa.Column("role", sa.String(10), server_default="", nullable=False),
        sa.Column("state", sa.String(20), server_default="", nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet"], ["sheets.id"], name=op.f("fk_sheet_findings_sheet_sheets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_findings")),
    )  # fmt: skip
    op.create_index(
        "ix_sheet_findings_sheet", "sheet_findings", ["sheet", "kind", "counts"], unique=False
    )
    op.add_column("outcomes", sa.Column("sheet", sa.Integer(), nullable=True))
    op.add_column(
        "outcomes", sa.Column("hit_count", sa.Integer(), server_default="0", nullable=False)
    )
    connection = op.get_bind()
    for outcome in connection.execute(sa.select(_outcomes)).all():
        _freeze(connection, sheets, findings, outcome)


def _freeze(connection: Any, sheets: Any, findings: Any, outcome: Any) -> None:
    call_id = outcome.call_id
    rest = connection.scalar(sa.select(_calls.c.rest).where(_calls.c.id == call_id))
    if rest is None:
        return
    report = {**rest, **_found(connection, call_id)}
    said, missed = _said(connection, call_id)
    counted = {
        hit["id"]: said[hit["id"]]["right"] if hit["id"] in said else hit["effect"] == "counted"
        for hit in report["hits"]
    }
    row = _row(connection, outcome, report, said, missed)
    row["hit_count"] = sum(counted.values())
    number = connection.execute(sa.insert(sheets).values(row)).inserted_primary_key[0]
    told = {"sheet": number, "hit_count": row["hit_count"]}
    mine = sa.update(_outcomes).where(_outcomes.c.call_id == call_id)
    connection.execute(mine.values(told))
    rows = list(_findings({"sheet": number, "call_id": call_id}, report, counted))
    if rows:
        connection.execute(sa.insert(findings), rows)


def _row(
    connection: Any, outcome: Any, report: dict[str, Any], said: Any, missed: Any
) -> dict[str, Any]:
    of = sa.select(_reviews).where(_reviews.c.id == outcome.review)
    review = connection.execute(of).first()
    card = connection.execute(
        sa.select(_cards).where(_cards.c.id == (review.scorecard if review else 0))
    ).first()
    told = card.body if card else {}
    sheet = {
        "lines": [],
        "total": outcome.score,
        "out_of": told.get("total", 100.0),
        "pass_score": told.get("pass", 85.0),
        "passed": None if outcome.passed is None else bool(outcome.passed),
        "conclusion": "",
        "fatal": bool(outcome.fatal),
        "missing": [],
        "waiting": [],
    }
    return {
        "call_id": outcome.call_id,
        "source": outcome.source,
        "review": outcome.review,
        "previous": None,
        "author": review.inspector if review else "",
        "reason": "",
        "at": outcome.at,
        "score": outcome.score,
        "passed": sheet["passed"],
        "fatal": sheet["fatal"],
        "body": {
            "report": report,
            "said": said,
            "missed": missed,
            "answers": review.answers if review else {"items": {}},
            "card": {"id": card.id, "version": card.version} if card else {},
            "sheet": sheet,
        },
    }


def _found(connection: Any, call_id: str) -> dict[str, Any]:
    spoken = connection.execute(
        sa.select(_utterances).where(_utterances.c.call_id == call_id).order_by(_utterances.c.n)
    ).all()
    quotes = {row.n: row.text for row in spoken}
    hits = connection.execute(sa.select(_hits).where(_hits.c.call_id == call_id)).all()
    steps = connection.execute(sa.select(_steps).where(_steps.c.call_id == call_id)).all()
    flags = {"fatal", "needs_review"}
    return {
        "utterances": [
            {
                "id": row.n,
                **{k: row._mapping[k] for k in ("role", "channel", "begin_ms", "end_ms", "text")},
                "intelligible": bool(row.intelligible),
            }
            for row in spoken
        ],
        "hits": [
            {
                **{k: bool(row._mapping[k]) if k in flags else row._mapping[k] for k in _HIT},
                **row.rest,
                "quote": quotes.get(row.utterance, ""),
            }
            for row in hits
        ],
        "steps": [
            {
                "id": row.step,
                **{k: row._mapping[k] for k in ("source", "state", "at_ms", "deadline_ms")},
                **row.rest,
            }
            for row in steps
        ],
    }


def _said(connection: Any, call_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    query = sa.select(_verdicts).where(_verdicts.c.call_id == call_id).order_by(_verdicts.c.id)
    rows = connection.execute(query).all()
    said = {
        row.hit_id: {"right": bool(row.right), "by": row.by, "comment": row.comment}
        for row in rows
        if not row.missed
    }
    place = ("utterance", "begin_char", "end_char", "rule")
    return said, [{k: row._mapping[k] for k in place} for row in rows if row.missed]


def _findings(base: dict[str, Any], report: dict[str, Any], counted: dict[str, bool]) -> Any:
    for hit in report["hits"]:
        title = str(hit.get("title") or hit["rule"])[:120]
        told = {"kind": "hit", "name": hit["rule"], "title": title, "role": hit["role"]}
        yield {**base, **told, "state": "", "counts": counted[hit["id"]]}
    for step in report["steps"]:
        title = str(step.get("title") or step["id"])[:120]
        told = {"kind": "step", "name": step["id"], "title": title, "role": "agent"}
        due = step["state"] in ("done", "late", "missed")
        yield {**base, **told, "state": step["state"], "counts": due}
    for check in report.get("conduct", {}).get("checks", ()):
        if check["state"] == "breach":
            told = {"kind": "conduct", "name": check["id"], "title": check["id"], "role": "agent"}
            yield {**base, **told, "state": "breach", "counts": True}


def downgrade() -> None:
    op.execute("ALTER TABLE outcomes DROP COLUMN hit_count")
    op.execute("ALTER TABLE outcomes DROP COLUMN sheet")
    op.drop_table("sheet_findings")
    op.drop_table("sheets")
