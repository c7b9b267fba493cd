"""A question tried on stored calls before it is published."""

from __future__ import annotations

from typing import Any

from api.meaning.endpoint import endpoint_of
from api.meaning.opening import asker_of
from api.meaning.replaying import replay
from api.review.errors import ReviewError
from api.settings import Settings
from api.store import Store, StoreError
from phrasebook import Phrasebook
from qa_engine.errors import QAError

__all__ = ["TRIED_ON", "asked_of_calls"]

TRIED_ON = 10


def asked_of_calls(
    store: Store, settings: Settings, book: Phrasebook, item: str
) -> list[dict[str, Any]]:
    """What is answered to one question of `book` on the newest calls that it applies to.

    Answers that are known are not asked again. Raises ReviewError where there is no server, or
    none that answers, and StoreError.
    """
    try:
        endpoint = endpoint_of(settings)
        if endpoint is None:
            raise ReviewError("no language model is set", key="no_model")
        with asker_of(store, endpoint) as asker:
            rows = list(replay(store, asker, book=book, only=item, limit=TRIED_ON, afresh=False))
    except (ReviewError, StoreError):
        raise
    except QAError as error:
        raise ReviewError(str(error), key="not_answered") from None
    return [
        {
            "call": row.call_id,
            "state": row.after.state.value,
            "why": row.after.why.value,
            "reason": row.after.reason,
            "confidence": row.after.confidence,
            "before": row.before.state.value if row.before else "",
            "quotes": row.quotes,
        }
        for row in rows
    ]
