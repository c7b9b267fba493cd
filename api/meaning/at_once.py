"""Questions about a report that no store holds: asked at once, within the site's budget and on its
trail, and kept nowhere."""

from __future__ import annotations

from api.meaning.asking import Asker
from api.meaning.budget import BudgetSpent
from api.meaning.client import NotAnswered
from api.meaning.endpoint import EndpointError
from api.meaning.proving import proven
from api.store import Store
from phrasebook import Phrasebook
from qa_engine.meaning.answers import Given
from qa_engine.meaning.joining import waiting, with_answers
from qa_engine.meaning.transcript import transcript_of
from qa_engine.report import Report

__all__ = ["answer_at_once"]


def answer_at_once(
    report: Report, book: Phrasebook, *, store: Store, asker: Asker
) -> tuple[Report, str]:
    """The report with what was answered, and why the rest was not; empty: all was.

    `store` has the budget, the trail and the verdicts that prove a question. Raises StoreError.
    """
    given: dict[str, Given] = {}
    why_not = ""
    with store.reading() as connection:
        trusted = proven(connection, book, asker.model)
    try:
        # Afresh: a kept answer goes with its stored call, and of this one there is none to go with.
        for one in asker.ask(
            report.call.id, transcript_of(report), waiting(report, book), afresh=True
        ):
            given[one.item] = one
    except (BudgetSpent, EndpointError, NotAnswered) as error:
        why_not = str(error)
    return with_answers(report, book, given, proven=trusted), why_not
