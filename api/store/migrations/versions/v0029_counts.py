"""违规点, 客户触发 and 待复核点 are counted apart, and a rule counts once in an utterance.

The sheets that were handed in stay as they are; what they count is written beside them again, from
what they hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
_JSON = sa.JSON()
_COUNTS = ("hit_count", "trigger_count", "waiting_count")
_BOARD = [
    *("started_at", "agent", "agent_name", "team", "id", "score", "passed", "fatal", "hit_count"),
]
_AT_ONCE = 5_000


def _table(name: str, *plain: str, **typed: Any) -> Any:
    typed_ones = [sa.column(key, kind) for key, kind in typed.items()]
    return sa.table(name, *[sa.column(column) for column in plain], *typed_ones)


_calls = _table("calls", "id", *_COUNTS)
_hits = _table(
    *("hits", "call_id", "id", "rule", "utterance", "begin_char", "effect", "tier"), rest=_JSON
)
_outcomes = _table("outcomes", "sheet", *_COUNTS)
_sheets = _table("sheets", "id", *_COUNTS, body=_JSON)
_findings = _table("sheet_findings", "id", "sheet", "kind", "state", counts=sa.Boolean())


def upgrade() -> None:
    for table in ("calls", "outcomes", "sheets"):
        for name in _COUNTS[1:]:
            column = sa.Column(name, sa.Integer(), server_default="0", nullable=False)
            op.add_column(table, column)
    connection = op.get_bind()
    for rows in _batches(_of_calls(connection)):
        _write(connection, _calls, _calls.c.id, rows)
    for number in connection.scalars(sa.select(_sheets.c.id)).all():
        _recount(connection, number)
    op.drop_index("ix_calls_board", table_name="calls")
    op.create_index("ix_calls_board", "calls", [*_BOARD, "waiting_count"], unique=False)


def _of_calls(connection: Any) -> Iterator[dict[str, Any]]:
    """What each call's hits are counted as; those of a rule that are not the first are told so."""
    ordered = sa.select(_hits).order_by(
        _hits.c.call_id, _hits.c.utterance, _hits.c.begin_char, _hits.c.id
    )
    stream = connection.execute(ordered.execution_options(yield_per=1_000))
    repeats: list[Any] = []
    for call_id, rows in groupby(stream, lambda row: row.call_id):
        found = list(rows)
        told = [(row._mapping, row.effect, row.rest.get("kind", "forbidden")) for row in found]
        counted = list(_once(told))
        repeats += [
            row
            for row, count in zip(found, counted, strict=True)
            if row.effect == "counted" and count == ""
        ]
        yield {"key": call_id, **_tally(counted)}
    for row in repeats:
        mine = (_hits.c.call_id == row.call_id) & (_hits.c.id == row.id)
        rest = {**row.rest, "effect_reason": "charged_once"}
        connection.execute(sa.update(_hits).where(mine).values(effect="not_counted", rest=rest))


def _once(hits: Iterable[tuple[Mapping[str, Any], str, str]]) -> Iterator[str]:
    """What each of these hits, with effect and kind, is counted as, in their order."""
    taken: set[tuple[str, int]] = set()
    for hit, effect, kind in hits:
        if kind not in ("forbidden", "trigger") or effect == "not_counted":
            yield ""
            continue
        if effect == "waiting":
            yield "waiting"
            continue
        place = (hit["rule"], hit["utterance"])
        repeated = place in taken and hit.get("tier") != "asked"
        taken.add(place)
        yield "" if repeated else "trigger" if kind == "trigger" else "breach"


def _tally(counted: Iterable[str]) -> dict[str, int]:
    total = Counter(counted)
    names = zip(_COUNTS, ("breach", "trigger", "waiting"), strict=True)
    return {column: total[name] for column, name in names}


def _recount(connection: Any, number: int) -> None:
    """What a sheet counts, from its own findings and what people said of each."""
    body = connection.scalar(sa.select(_sheets.c.body).where(_sheets.c.id == number))
    said = {hit: one["right"] for hit, one in body.get("said", {}).items()}
    hits = body.get("report", {}).get("hits", [])
    places = sorted(range(len(hits)), key=lambda n: (hits[n]["utterance"], hits[n]["begin_char"]))
    told = [(hits[n], _effect(hits[n], said), hits[n].get("kind", "forbidden")) for n in places]
    counted = dict(zip(places, _once(told), strict=True))
    counts = _tally(counted.values())
    _write(connection, _sheets, _sheets.c.id, [{"key": number, **counts}])
    _write(connection, _outcomes, _outcomes.c.sheet, [{"key": number, **counts}])
    mine = sa.select(_findings.c.id).where(_findings.c.sheet == number, _findings.c.kind == "hit")
    # They were written in the order of the report's hits.
    for n, row in enumerate(connection.scalars(mine.order_by(_findings.c.id)).all()):
        name = counted.get(n, "")
        values = {
            "counts": name in ("breach", "trigger"),
            "state": name if name == "waiting" else "",
        }
        connection.execute(sa.update(_findings).where(_findings.c.id == row).values(values))


def _effect(hit: Mapping[str, Any], said: Mapping[str, bool]) -> str:
    effect = str(hit.get("effect", "counted"))
    if hit["id"] not in said or hit.get("effect_reason") == "not_judgeable":
        return effect
    return "counted" if said[hit["id"]] else "not_counted"


def _write(connection: Any, table: Any, key: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _COUNTS}
        told = [{"key": r["key"], **{f"new_{n}": r[n] for n in _COUNTS}} for r in rows]
        statement = sa.update(table).where(key == sa.bindparam("key")).values(values)
        connection.execute(statement, told)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """All of them are read before the first is written: one cursor reads while none writes."""
    found = list(rows)
    for first in range(0, len(found), _AT_ONCE):
        yield found[first : first + _AT_ONCE]


def downgrade() -> None:
    op.drop_index("ix_calls_board", table_name="calls")
    op.create_index("ix_calls_board", "calls", _BOARD, unique=False)
    for table in ("calls", "outcomes", "sheets"):
        for name in _COUNTS[1:]:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
