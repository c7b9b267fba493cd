"""What a review comes to: the report it judges, what it says of it, and the sheet of both."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from api.review.errors import NotThere
from api.review.judging.reviews import Review
from api.review.scores import scorecards, scoring, snapshots
from api.review.scores.amended import amended
from api.review.scores.charges import counts_of
from api.review.scores.opinions import Place
from api.review.scores.rulebook import rulebook_of
from api.review.scores.scorecards import CardVersion
from api.review.scores.scoring import ScoreSheet
from api.review.scores.snapshots import Snapshot
from api.store.calls import load
from qa_engine.report.stored import StoredReport
from qa_engine.rules.tally import Tally
from qa_engine.rules.tally import tally_of as totalled


def sheet_of(connection: Connection, review: Review) -> tuple[ScoreSheet, CardVersion]:
    """The review's score sheet: as it was handed in, or what the draft comes to now."""
    if review.submitted_at is not None:
        frozen = snapshots.of_review(connection, review.id)
        if frozen is not None and frozen.sheet.lines:
            return frozen.sheet, scorecards.by_id(connection, review.scorecard)
    card = scorecards.by_id(connection, review.scorecard)
    report = judged_report(connection, review)
    book = rulebook_of(connection, review.call_id)
    said = said_of_hits(review)
    return scoring.fill(card.card, report, said, review.answers.get("items", {}), book), card


def tally_of(connection: Connection, review: Review) -> Tally:
    """What the findings of a draft are counted as, as it stands now."""
    found = counts_of(judged_report(connection, review), said_of_hits(review))
    return totalled(found.values())


def judged_report(connection: Connection, review: Review) -> StoredReport:
    """What a draft judges, with its own findings and verdicts in it."""
    report = report_of(connection, review)
    book = rulebook_of(connection, review.call_id)
    return amended(report, said_of_hits(review), missed_of(connection, review), book)


def missed_of(connection: Connection, review: Review) -> tuple[Place, ...]:
    """The places that a draft says were missed; drafts from before they were listed take over
    those that stand.
    """
    if "missed" in review.answers or review.blind:
        return tuple(Place(**place) for place in review.answers.get("missed", ()))
    before = snapshots.current(connection, review.call_id)
    return before.missed if before else ()


def filled(connection: Connection, frozen: Snapshot) -> ScoreSheet:
    """A snapshot's sheet; of one from before there were snapshots, its items as they would be now,
    under the score that was given then.
    """
    if frozen.sheet.lines or not frozen.card:
        return frozen.sheet
    card = scorecards.by_id(connection, frozen.card).card
    said = {hit: opinion.right for hit, opinion in frozen.said.items()}
    now = scoring.fill(card, frozen.report, said, frozen.answers.get("items", {}))
    return replace(frozen.sheet, lines=now.lines)


def said_of_hits(review: Review) -> dict[str, bool]:
    """Finding → right, as this review says."""
    return dict(review.answers.get("hits", {}))


def report_of(connection: Connection, review: Review) -> StoredReport:
    """What a review judges: the machine's results, or what was frozen where it is objected to."""
    frozen = None
    if review.submitted_at is not None:
        frozen = snapshots.of_review(connection, review.id)
    elif review.purpose == "appeal":
        frozen = snapshots.current(connection, review.call_id)
    if frozen is not None:
        return frozen.report
    report = load(connection, review.call_id)
    if report is None:
        raise NotThere("this call was removed", key="not_there")
    return report
