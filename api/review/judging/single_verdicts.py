"""Verdicts on single places of a call: a hit that is right or not, words that were missed.

They stay in the draft until it is handed in: what somebody only tries counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, update

from api.review.errors import NotThere, ReviewError
from api.review.judging import reviews
from api.review.judging.reviews import LONGEST_COMMENT, Review
from api.review.scores import snapshots
from api.review.scores.snapshots import Opinion, Place
from api.review.tables import reviews as reviews_table
from api.store import Store
from api.store.verdicts import Verdict, give, of_call
from qa_engine.privacy import mask

Answers = dict[str, Any]


def judge(
    store: Store, number: int, *, login: str, hit_id: str, right: bool, comment: str = ""
) -> Review:
    """A verdict on one hit, in one's own draft. Its score follows at once."""

    def said(answers: Answers) -> Answers:
        notes = {**answers.get("notes", {}), hit_id: mask(comment[:LONGEST_COMMENT])}
        return {
            **answers,
            "hits": {**answers.get("hits", {}), hit_id: right},
            "notes": {name: words for name, words in notes.items() if words},
        }

    with store.writing() as connection:
        review = reviews.mine(connection, number, login)
        if hit_id not in {hit["id"] for hit in reviews.report_of(connection, review)["hits"]}:
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


def opinions(
    connection: Connection, review: Review
) -> tuple[dict[str, Opinion], tuple[Place, ...]]:
    """What a review says of hits and missed places; what it leaves as it was stays its author's."""
    before = None if review.blind else snapshots.current(connection, review.call_id)
    kept = before.said if before else {}
    notes = review.answers.get("notes", {})
    said = {
        hit_id: kept[hit_id]
        if hit_id not in notes and hit_id in kept and kept[hit_id].right is right
        else Opinion(right=right, by=review.inspector, comment=notes.get(hit_id, ""))
        for hit_id, right in reviews.said_of_hits(review).items()
    }
    own = tuple(Place(**place) for place in review.answers.get("missed", ()))
    old = before.missed if before else ()
    return said, (*old, *(place for place in own if place not in old))


def hand_in(connection: Connection, review: Review, report: dict[str, Any]) -> None:
    """Give the verdicts of a draft that becomes final; what stands already is not said again."""
    standing = {verdict.hit_id: verdict.right for verdict in of_call(connection, review.call_id)}
    places = {hit["id"]: hit for hit in report["hits"]}
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
