"""Verdicts on single places of a call: a hit that is right or not, words that were missed.

They stay in the draft until it is handed in: what somebody only tries counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select, update

from api.review import reviews
from api.review.errors import NotThere, ReviewError
from api.review.reviews import LONGEST_COMMENT, Review
from api.review.tables import reviews as reviews_table
from api.store import Store
from api.store.tables import hits
from api.store.verdicts import Verdict, give, of_call

Answers = dict[str, Any]


def judge(
    store: Store, number: int, *, login: str, hit_id: str, right: bool, comment: str = ""
) -> Review:
    """A verdict on one hit, in one's own draft. Its score follows at once."""

    def said(answers: Answers) -> Answers:
        notes = {**answers.get("notes", {}), hit_id: comment[:LONGEST_COMMENT]}
        return {
            **answers,
            "hits": {**answers.get("hits", {}), hit_id: right},
            "notes": {name: words for name, words in notes.items() if words},
        }

    with store.writing() as connection:
        review = reviews.mine(connection, number, login)
        known = select(hits.c.id).where(hits.c.call_id == review.call_id, hits.c.id == hit_id)
        if connection.scalar(known) is None:
            raise NotThere("no such hit in this call", key="not_there")
        return _note(connection, review, said)


def mark_missed(
    store: Store, number: int, *, login: str, utterance: int, begin: int, end: int, rule: str
) -> Review:
    """Words that a rule should have found; handed in, they count against its recall."""
    place = {"rule": rule, "utterance": utterance, "begin_char": begin, "end_char": end}
    with store.writing() as connection:
        review = reviews.mine(connection, number, login)
        _check_span(reviews.report_of(connection, review), utterance, begin, end)
        return _note(
            connection,
            review,
            lambda answers: {
                **answers,
                "missed": [m for m in answers.get("missed", ()) if m != place] + [place],
            },
        )


def hand_in(connection: Connection, review: Review) -> None:
    """Give the verdicts of a draft that becomes final; what stands already is not said again."""
    standing = {verdict.hit_id: verdict.right for verdict in of_call(connection, review.call_id)}
    found = connection.execute(select(hits).where(hits.c.call_id == review.call_id))
    places = {row.id: row._mapping for row in found}
    notes = review.answers.get("notes", {})
    for hit_id, right in review.answers.get("hits", {}).items():
        if hit_id in places and standing.get(hit_id) is not right:
            comment = notes.get(hit_id, "")
            give(connection, _verdict(review, places[hit_id], hit_id, right, comment=comment))
    for place in review.answers.get("missed", ()):
        hit_id = ":".join(("missed", *map(str, place.values())))[:160]
        if hit_id not in standing:
            give(connection, _verdict(review, place, hit_id, right=True, missed=True))


def _note(connection: Connection, review: Review, said: Callable[[Answers], Answers]) -> Review:
    kept = update(reviews_table).where(reviews_table.c.id == review.id)
    connection.execute(kept.values(answers=said(review.answers)))
    reviews.renew_lock(connection, review)
    return reviews.of(connection, review.id)


def _verdict(
    review: Review,
    place: Any,
    hit_id: str,
    right: bool,
    *,
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
        comment=comment,
    )


def _check_span(report: dict[str, Any], utterance: int, begin: int, end: int) -> None:
    text = next((u["text"] for u in report["utterances"] if u["id"] == utterance), None)
    if text is None or not 0 <= begin < end <= len(text):
        raise ReviewError("these words are not in the call", key="bad_span")
