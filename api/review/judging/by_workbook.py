"""对 and 错 out of a workbook: a review of the call in its own right, with an author."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from api.review.errors import NotThere
from api.review.scores import scorecards, scoring, snapshots
from api.review.scores.amended import amended
from api.review.scores.answers import SheetAnswers
from api.review.scores.opinions import Opinion
from api.review.scores.rulebook import rulebook_of
from api.review.scores.scorecards import CardVersion
from api.review.scores.snapshots import Snapshot
from api.store.calls import load
from api.store.tables import phrasebooks
from qa_engine.report.stored import StoredReport


def basis(connection: Connection, call_id: str) -> tuple[StoredReport | None, Snapshot | None]:
    """The report that a workbook shows of a call: what counts, or the machine's; None: no call."""
    before = snapshots.current(connection, call_id)
    return (before.report if before else load(connection, call_id)), before


def rejudge(connection: Connection, call_id: str, said: Mapping[str, bool], *, by: str) -> int:
    """Freeze the call anew with these verdicts over the ones before; returns the snapshot.

    Items that only a person can answer leave the denominator until one does.
    """
    report, before = basis(connection, call_id)
    if report is None:
        raise NotThere("no such call", key="not_there")
    opinions = dict(before.said) if before else {}
    for hit, right in said.items():
        if hit not in opinions or opinions[hit].right is not right:
            opinions[hit] = Opinion(right=right, by=by)
    answers: SheetAnswers = before.answers if before else {"items": {}}
    card = _card(connection, before)
    right_ones = {hit: opinion.right for hit, opinion in opinions.items()}
    book = rulebook_of(connection, call_id)
    missed = before.missed if before else ()
    report = amended(report, right_ones, missed, book)
    sheet = scoring.fill(card.card, report, right_ones, answers.get("items", {}), book)
    return snapshots.freeze(
        connection,
        call_id=call_id,
        source="workbook",
        author=by,
        reason="",
        report=report,
        said=opinions,
        missed=missed,
        answers={**answers, "hits": right_ones},
        card=card,
        sheet=sheet,
        review=before.review if before else None,
    )


def _card(connection: Connection, before: Snapshot | None) -> CardVersion:
    """The one it was judged by; else the current one, made where no desk was opened yet."""
    if before is not None and before.card:
        return scorecards.by_id(connection, before.card)
    newest = select(phrasebooks.c.yaml).order_by(phrasebooks.c.first_used_at.desc()).limit(1)
    if not scorecards.any_yet(connection):
        scorecards.ensure_in(connection, connection.scalar(newest) or "")
    return scorecards.current(connection)
