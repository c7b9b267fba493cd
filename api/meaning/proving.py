"""Which questions may take points by themselves: those whose precision inspectors have shown."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, select

from api.review.boards.precision import PrecisionPolicy
from api.review.boards.wilson import Share
from api.store.tables import answers, verdicts
from phrasebook import Phrasebook
from phrasebook.version import ask_version
from qa_engine.meaning.joining import hit_id

__all__ = ["proven"]


def proven(
    connection: Connection, book: Phrasebook, model: str, policy: PrecisionPolicy | None = None
) -> frozenset[str]:
    """Questions with enough verdicts, and whose interval lies above the floor.

    Only verdicts on answers of this model to this wording count: what one model understands, the
    next may not.
    """
    policy = policy or PrecisionPolicy()
    versions = {ask.id: ask_version(ask) for ask in book.asks}
    judged: Counter[str] = Counter()
    right: Counter[str] = Counter()
    query = (
        select(verdicts.c.rule, verdicts.c.call_id, verdicts.c.right, answers.c.rest)
        .join(
            answers,
            (answers.c.call_id == verdicts.c.call_id) & (answers.c.item == verdicts.c.rule),
        )
        .where(verdicts.c.rule.in_(versions), verdicts.c.missed.is_(False))
        .where(verdicts.c.hit_id.in_(hit_id(item) for item in versions))
        .order_by(verdicts.c.id)
    )
    last = {(row.rule, row.call_id): row for row in connection.execute(query)}
    for row in last.values():
        if row.rest["item_version"] == versions[row.rule] and row.rest["model"] == model:
            judged[row.rule] += 1
            right[row.rule] += bool(row.right)
    return frozenset(
        item
        for item, count in judged.items()
        if count >= policy.least and Share(right[item], count).low >= policy.floor
    )
