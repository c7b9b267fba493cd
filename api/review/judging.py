"""Verdicts on single places of a call: a hit that is right or not, words that were missed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from api.review import reviews
from api.review.errors import NotThere, ReviewError
from api.review.reviews import LONGEST_COMMENT, Review
from api.review.tables import reviews as reviews_table
from api.store import Store
from api.store.verdicts import Verdict, give


def judge(
    store: Store, number: int, *, login: str, hit_id: str, right: bool, comment: str = ""
) -> Review:
    """A verdict on one hit. The score follows at once."""
    with store.writing() as connection:
        review = reviews.mine(connection, number, login)
        hit = next(
            (h for h in reviews.report_of(connection, review)["hits"] if h["id"] == hit_id), None
        )
        if hit is None:
            raise NotThere("no such hit in this call", key="not_there")
        if review.blind:
            found = {**review.answers.get("hits", {}), hit_id: right}
            values = {"answers": {**review.answers, "hits": found}}
            connection.execute(
                update(reviews_table).where(reviews_table.c.id == number).values(values)
            )
        else:
            give(connection, _verdict(review, hit, hit_id, right=right, comment=comment))
        reviews.renew_lock(connection, review)
        return reviews.of(connection, number)


def mark_missed(
    store: Store, number: int, *, login: str, utterance: int, begin: int, end: int, rule: str
) -> None:
    """Words that a rule should have found; they count against its recall."""
    with store.writing() as connection:
        review = reviews.mine(connection, number, login)
        _span(reviews.report_of(connection, review), utterance, begin, end)
        place = {"rule": rule, "utterance": utterance, "begin_char": begin, "end_char": end}
        hit_id = f"missed:{rule}:{utterance}:{begin}:{end}"[:160]
        give(connection, _verdict(review, place, hit_id, right=True, missed=True))


def _verdict(
    review: Review,
    place: dict[str, Any],
    hit_id: str,
    *,
    right: bool,
    missed: bool = False,
    comment: str = "",
) -> Verdict:
    return Verdict(
        call_id=review.call_id,
        hit_id=hit_id,
        rule=place["rule"],
        utterance=place["utterance"],
        begin_char=place["begin_char"],
        end_char=place["end_char"],
        right=right,
        missed=missed,
        by=review.inspector,
        comment=comment[:LONGEST_COMMENT],
    )


def _span(report: dict[str, Any], utterance: int, begin: int, end: int) -> str:
    text = next((u["text"] for u in report["utterances"] if u["id"] == utterance), None)
    if text is None or not 0 <= begin < end <= len(text):
        raise ReviewError("these words are not in the call", key="bad_span")
    return str(text[begin:end])
