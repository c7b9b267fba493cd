"""Verdicts on single findings: a hit, step or check that is right or not, words that were missed.

They stay in the draft until it is handed in: what somebody only tries counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection, update

from api.review.errors import NotThere, ReviewError
from api.review.judging import draft_sheet, reviews
from api.review.judging.reviews import LONGEST_COMMENT, Review
from api.review.scores import snapshots
from api.review.scores.amended import keys_of
from api.review.scores.answers import SheetAnswers
from api.review.scores.opinions import Opinion, Place
from api.review.scores.rulebook import RuleFacts, rulebook_of
from api.review.tables import reviews as reviews_table
from api.store import Store
from api.store.verdicts import Verdict, give, of_call
from phrasebook.model import Speaker
from qa_engine.events import Tier
from qa_engine.privacy import mask
from qa_engine.report.stored import StoredHit, StoredReport
from qa_engine.rules.counting import is_speaker_known


def judge(
    store: Store, number: int, *, login: str, hit_id: str, right: bool | None, comment: str = ""
) -> Review:
    """A verdict on one hit, step or check, in one's own draft; None takes it back. The score
    follows at once.
    """

    def said(answers: SheetAnswers) -> SheetAnswers:
        notes = {**answers.get("notes", {}), hit_id: mask(comment[:LONGEST_COMMENT])}
        hits = {**answers.get("hits", {}), hit_id: right}
        return {
            **answers,
            "hits": {name: verdict for name, verdict in hits.items() if verdict is not None},
            "notes": {name: words for name, words in notes.items() if words},
        }

    with store.writing() as connection:
        review = reviews.lock_own_draft(connection, number, login)
        if hit_id not in keys_of(draft_sheet.report_of(connection, review)):
            raise NotThere("no such finding in this call", key="not_there")
        return _note(connection, review, said)


def mark_missed(store: Store, number: int, *, login: str, place: Place) -> Review:
    """Words that a rule should have found. They take its points where the card says so; handed in,
    they count against its recall.
    """
    rule = place.rule
    with store.writing() as connection:
        review = reviews.lock_own_draft(connection, number, login)
        report = draft_sheet.report_of(connection, review)
        _check_span(report, place.utterance, place.begin_char, place.end_char)
        known = rulebook_of(connection, review.call_id).rules
        if known and rule not in known:
            raise ReviewError("choose a rule of the phrasebook", key="no_rule")
        if known and not _listens(known[rule], report, place.utterance):
            raise ReviewError("the rule listens to the other side", key="other_speaker")
        marked = draft_sheet.missed_of(connection, review)
        return _keep_places(connection, review, [*(m for m in marked if m != place), place])


def unmark_missed(store: Store, number: int, *, login: str, place: Place) -> Review:
    """Take a mark back. Raises NotThere."""
    with store.writing() as connection:
        review = reviews.lock_own_draft(connection, number, login)
        marked = draft_sheet.missed_of(connection, review)
        if place not in marked:
            raise NotThere("no such mark in this review", key="not_there")
        return _keep_places(connection, review, [one for one in marked if one != place])


def opinions(
    connection: Connection, review: Review
) -> tuple[dict[str, Opinion], tuple[Place, ...]]:
    """What a review says of findings and missed places; what it leaves as it was stays its
    author's.
    """
    before = None if review.blind else snapshots.current(connection, review.call_id)
    kept = before.said if before else {}
    notes = review.answers.get("notes", {})
    said = {
        hit_id: kept[hit_id]
        if hit_id not in notes and hit_id in kept and kept[hit_id].right is right
        else Opinion(right=right, by=review.inspector, comment=notes.get(hit_id, ""))
        for hit_id, right in draft_sheet.said_of_hits(review).items()
    }
    return said, draft_sheet.missed_of(connection, review)


def hand_in(connection: Connection, review: Review, report: StoredReport) -> None:
    """Give the verdicts of a draft that becomes final; what stands already is not said again.

    Steps and conduct are judged in the sheet alone: they are no rules of the phrasebook.
    """
    standing = {verdict.hit_id: verdict for verdict in of_call(connection, review.call_id)}
    places = {hit["id"]: hit for hit in report["hits"] if hit.get("tier") != Tier.PERSON}
    notes = review.answers.get("notes", {})
    for hit_id, right in review.answers.get("hits", {}).items():
        before = standing.get(hit_id)
        if hit_id in places and (before is None or before.right is not right):
            place, comment = _place(places[hit_id]), notes.get(hit_id, "")
            give(connection, _verdict(review, place, hit_id, right, comment=comment))
    missed = {place.id: place for place in draft_sheet.missed_of(connection, review)}
    for hit_id, place in missed.items():
        if hit_id not in standing or not standing[hit_id].right:
            give(connection, _verdict(review, place, hit_id, right=True, missed=True))
    for hit_id, verdict in standing.items():
        if verdict.missed and verdict.right and hit_id not in missed:
            taken_back = replace(verdict, right=False, by=review.inspector, comment="")
            give(connection, taken_back)


def _keep_places(connection: Connection, review: Review, places: list[Place]) -> Review:
    kept = [place.stored for place in places]
    return _note(connection, review, lambda answers: {**answers, "missed": kept})


def _note(
    connection: Connection, review: Review, said: Callable[[SheetAnswers], SheetAnswers]
) -> Review:
    kept = update(reviews_table).where(reviews_table.c.id == review.id)
    connection.execute(kept.values(answers=said(review.answers)))
    reviews.renew_lock(connection, review)
    return reviews.by_number(connection, review.id)


def _place(hit: StoredHit) -> Place:
    return Place(
        rule=hit["rule"],
        utterance=hit["utterance"],
        begin_char=hit["begin_char"],
        end_char=hit["end_char"],
    )


def _verdict(
    review: Review,
    place: Place,
    hit_id: str,
    right: bool,
    *,
    missed: bool = False,
    comment: str = "",
) -> Verdict:
    return Verdict(
        call_id=review.call_id,
        hit_id=hit_id,
        rule=place.rule,
        utterance=place.utterance,
        begin_char=place.begin_char,
        end_char=place.end_char,
        right=right,
        missed=missed,
        by=review.inspector,
        comment=comment,
    )


def _listens(rule: RuleFacts, report: StoredReport, utterance: int) -> bool:
    """Whether the rule listens to who spoke; where nobody knows who did, a person may."""
    said = next(one for one in report["utterances"] if one["id"] == utterance)
    known = is_speaker_known(said.get("role_confidence", 1.0))
    return rule.who is Speaker.ANY or rule.who.value == said["role"] or not known


def _check_span(report: StoredReport, utterance: int, begin: int, end: int) -> None:
    text = next((u["text"] for u in report["utterances"] if u["id"] == utterance), None)
    if text is None or not 0 <= begin < end <= len(text):
        raise ReviewError("these words are not in the call", key="bad_span")
