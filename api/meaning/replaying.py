"""Stored calls asked again: what other answers another model, wording or day gives.

Nothing that was filed changes by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from api.meaning.asking import Asker
from api.store import Store, books
from api.store import calls as stored_calls
from api.store.store import as_report
from api.store.tables import calls
from phrasebook import Phrasebook
from phrasebook.version import ask_version
from qa_engine.meaning.answers import AnswerState, Given
from qa_engine.meaning.applying import asked_of
from qa_engine.meaning.transcript import transcript_of
from qa_engine.report.model import ReportAnswer
from qa_engine.rules.record import CallRecord

__all__ = ["ReplayedAnswer", "replay"]

LOOKED_THROUGH = 500
"""A question that applies to none of so many is rare indeed."""


@dataclass(frozen=True, slots=True)
class ReplayedAnswer:
    """One question of one call. `before` None: it was not asked then. `item_version`: of the
    wording that was answered now."""

    call_id: str
    before: ReportAnswer | None
    after: Given
    item_version: str
    quotes: tuple[tuple[int, str], ...] = ()
    """When each was said, in ms of the call, and the covered words."""

    @property
    def changed(self) -> bool:
        return self.before is not None and self.before.state is not self.after.state

    @property
    def why(self) -> tuple[str, ...]:
        """What is other than it was, of all that an answer hangs on."""
        if self.before is None:
            return ()
        before, now = self.before, self.after.by
        pairs = (
            ("item", before.item_version, self.item_version),
            ("model", before.model, now.model),
            ("fingerprint", before.fingerprint, now.fingerprint),
            ("prompt", before.prompt, now.prompt),
            ("transcript", before.transcript, now.transcript),
        )
        return tuple(name for name, old, new in pairs if old != new)


def replay(
    store: Store,
    asker: Asker,
    *,
    book: Phrasebook | None = None,
    only: str = "",
    limit: int = 10,
    afresh: bool = True,
) -> Iterator[ReplayedAnswer]:
    """The newest calls' questions, of their own phrasebook or of `book`, answered anew.

    `limit`: so many calls that a question applies to, looked for among the newest LOOKED_THROUGH.
    `only`: one question's id. `afresh` False: answers that are kept are taken, such as when an
    edit is tried on calls and most questions are as they were. Raises what asking raises.
    """
    query = (
        select(calls.c.id)
        .where(calls.c.score.is_not(None))
        .order_by(calls.c.started_at.desc(), calls.c.id)
        .limit(LOOKED_THROUGH)
    )
    with store.reading() as connection:
        ids = connection.scalars(query).all()
    asked = 0
    for call_id in ids:
        if asked == limit:
            return
        applies = False
        for row in _call(store, asker, call_id, book, only, afresh):
            applies = True
            yield row
        asked += applies


def _call(
    store: Store, asker: Asker, call_id: str, book: Phrasebook | None, only: str, afresh: bool
) -> Iterator[ReplayedAnswer]:
    with store.reading() as connection:
        plain = stored_calls.load(connection, call_id)
        if plain is None:
            return
        report = as_report(plain)
        told = connection.execute(select(calls).where(calls.c.id == call_id)).one()
        mine = book or books.kept_phrasebook(connection, report.versions.phrasebook)
    if mine is None:
        return
    record = CallRecord(
        agent=told.agent,
        team=told.team,
        customer=told.customer,
        direction=told.direction,
        started_at=told.started_at.astimezone(),
        data=told.data,
    )
    asks = [ask for ask in asked_of(report, mine, record) if only in ("", ask.id)]
    before = {
        answer.item: answer for answer in report.answers if answer.state is not AnswerState.WAITING
    }
    if not asks:
        return
    versions = {ask.id: ask_version(ask) for ask in asks}
    transcript = transcript_of(report)
    began = {spoken.id: spoken.begin_ms for spoken in report.utterances}
    for given in asker.ask(call_id, transcript, asks, afresh=afresh):
        quotes = tuple(
            (
                began[one.utterance],
                transcript.by_id[one.utterance].text[one.begin_char : one.end_char],
            )
            for one in given.quotes
        )
        yield ReplayedAnswer(call_id, before.get(given.item), given, versions[given.item], quotes)
