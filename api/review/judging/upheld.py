"""What an upheld appeal must have changed: an appeal is not upheld on paper alone.

Upheld, the decider's sheet becomes the score, and the call says 申诉改判 for good. So that sheet
must differ from the one that was objected to, and where the agent named findings, at least one of
them must be judged wrong on it. Whoever finds nothing to change rejects the appeal.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from api.review.errors import ReviewError
from api.review.judging import draft_sheet
from api.review.judging.reviews import Review
from api.review.records import Appeal
from api.review.scores import scoring, snapshots
from api.review.scores.amended import amended
from api.review.scores.opinions import Place
from api.review.scores.rulebook import rulebook_of
from api.review.scores.scoring import ScoreSheet
from api.review.scores.snapshots import Snapshot


def check_changed(connection: Connection, appeal: Appeal, answer: Review) -> None:
    """`answer`: the decider's sheet, still a draft. Raises ReviewError where it upholds nothing."""
    contested = _contested(connection, appeal)
    sheet, _ = draft_sheet.sheet_of(connection, answer)
    wrong = _wrong(draft_sheet.said_of_hits(answer))
    if contested is None:
        before, was_wrong = _by_machine(connection, answer), set[str]()
        missed: tuple[Place, ...] = ()
    else:
        before = draft_sheet.filled(connection, contested)
        was_wrong = _wrong({key: opinion.right for key, opinion in contested.said.items()})
        missed = contested.missed
    same_places = set(draft_sheet.missed_of(connection, answer)) == set(missed)
    if wrong == was_wrong and same_places and not _moved(before, sheet):
        told = "nothing was changed: change the sheet, or reject the appeal"
        raise ReviewError(told, key="nothing_changed")
    if appeal.findings and not set(appeal.findings) & (wrong - was_wrong):
        told = "every contested finding still stands: judge one wrong, or reject the appeal"
        raise ReviewError(told, key="contested_stands")


def _contested(connection: Connection, appeal: Appeal) -> Snapshot | None:
    """The sheet that counted when the agent objected; None: the machine's score did."""
    found = snapshots.current(connection, appeal.call_id)
    while found is not None and found.at > appeal.made_at:
        before = found.previous
        found = None if before is None else snapshots.by_id(connection, before)
    if found is None and appeal.review is not None:
        return snapshots.of_review(connection, appeal.review)
    return found


def _by_machine(connection: Connection, answer: Review) -> ScoreSheet:
    """The machine's results on the decider's scorecard, with nothing that people said."""
    card = draft_sheet.sheet_of(connection, answer)[1].card
    book = rulebook_of(connection, answer.call_id)
    report = amended(draft_sheet.report_of(connection, answer), {}, (), book)
    return scoring.fill(card, report, {}, {}, book)


def _wrong(said: Mapping[str, bool]) -> set[str]:
    return {key for key, right in said.items() if not right}


def _moved(before: ScoreSheet, after: ScoreSheet) -> bool:
    """Whether a line has other points; items that only people score must be filled in anyway."""
    lines = {line.item.id: line for line in before.lines}
    for line in after.lines:
        was = lines.get(line.item.id)
        if was is None or line.fatal != was.fatal:
            return True
        if line.earned != was.earned and not was.to_score:
            return True
    return before.fatal != after.fatal
