"""What a scorecard must hold to before it is published: it adds up, and what feeds it exists."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from sqlalchemy import Connection, select

from api.review.errors import ReviewError
from api.review.scores.card import Card
from api.review.scores.rulebook import parsed
from api.store.tables import calls, phrasebooks
from phrasebook.build_score import CONDUCT_CHECKS

_CONDUCT = tuple(f"conduct.{name}" for name in CONDUCT_CHECKS)


def check(connection: Connection, card: Card, also: Collection[str] = ()) -> None:
    """Raises ReviewError that tells the item, and what was probably meant.

    `also`: names of rules that no call has been judged by yet.
    """
    if not card.scaled and abs(card.points - card.total) > 0.005:
        told = f"scorecard: the items add up to {card.points:g}, the total is {card.total:g}"
        raise ReviewError(told, key="card_sum", sum=f"{card.points:g}", total=f"{card.total:g}")
    known = produced(connection)
    known += also if known else ()
    for number, item in enumerate(card.items, 1):
        for feed in item.feeds:
            if known and not _feeds(feed, known):
                near = get_close_matches(feed, known, n=1, cutoff=0.6)
                meant = near[0] if near else ""
                told = f"scorecard: item {number}: nothing produces {feed!r}"
                key = "card_feed_near" if meant else "card_feed"
                raise ReviewError(told, key=key, number=number, feed=feed, near=meant)


def produced(connection: Connection) -> list[str]:
    """Names that a call may give points to or take them by: rules and steps of the phrasebook that
    judged the newest call, and conduct. Nothing before the first call.
    """
    text = connection.scalar(
        select(phrasebooks.c.yaml)
        .join(calls, calls.c.phrasebook_version == phrasebooks.c.version)
        .order_by(calls.c.stored_at.desc())
        .limit(1)
    )
    if text is None:
        return []
    book = parsed(text)
    return [*book.rules, *book.steps, *_CONDUCT]


def _feeds(feed: str, known: Collection[str]) -> bool:
    if feed.endswith("*"):
        return any(name.startswith(feed[:-1]) for name in known)
    return feed in known
