"""Every stored call whose questions wait, one after the other, until there is none or the day's
budget is spent. Stopped any way, the next pass goes on where this one was."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import func, select

from api.meaning.asking import Asker
from api.meaning.budget import BudgetSpent
from api.meaning.client import NotAnswered
from api.meaning.endpoint import EndpointError
from api.meaning.proving import proven
from api.store import Store, books
from api.store import calls as stored_calls
from api.store.store import as_report
from api.store.tables import answers
from phrasebook import Phrasebook, PhrasebookErrors
from qa_engine.errors import QAError
from qa_engine.meaning.answers import AnswerState, Given, Untold
from qa_engine.meaning.joining import UNANSWERED, waiting, with_answers
from qa_engine.meaning.transcript import transcript_of
from qa_engine.report import Report

__all__ = ["PassResult", "answer_waiting", "count_waiting"]

_log = logging.getLogger("qa_engine.meaning")
_AT_ONCE = 500
MOST_FAILURES = 3
"""So many calls in a row that nobody answers, and the server counts as down."""


@dataclass(slots=True)
class PassResult:
    """What a pass did. `stopped`: why it ended early, `last`: why a call was not answered, each as
    one sentence; `why`: how often there is no answer for which reason."""

    calls: list[str] = field(default_factory=list)
    """Calls whose answers were filed."""
    answered: int = 0
    cannot_tell: int = 0
    failed: int = 0
    stopped: str = ""
    last: str = ""
    why: Counter[Untold] = field(default_factory=Counter)
    in_a_row: int = 0


def count_waiting(store: Store) -> int:
    """Calls with questions that nobody has answered."""
    query = select(func.count(answers.c.call_id.distinct())).where(
        answers.c.state == AnswerState.WAITING.value
    )
    with store.reading() as connection:
        return connection.scalar(query) or 0


def answer_waiting(
    store: Store,
    asker: Asker,
    *,
    watch: Callable[[PassResult], None] = lambda tally: None,
    stop: Callable[[], bool] = lambda: False,
    page: Callable[[Report], None] = lambda report: None,
    again: bool = False,
) -> PassResult:
    """One pass, until it is done or `stop` says so. A call that fails stays waiting.

    `again`: what the model could not tell is asked once more, such as when the server was mended.

    `page` is given each report with its answers before these are filed, so that whatever it makes
    of it is there when the call counts as answered. Raises StoreError, and what `page` raises.
    """
    one = _Pass(store, asker, page, again)
    tally = one.tally
    stream = _ids(store, again)
    with ThreadPoolExecutor(asker.endpoint.concurrency) as pool:
        running: set[Future[None]] = set()
        while True:
            while (
                not tally.stopped and not stop() and len(running) < 2 * asker.endpoint.concurrency
            ):
                call_id = next(stream, None)
                if call_id is None:
                    break
                running.add(pool.submit(one.answer, call_id))
            if not running:
                return tally
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            watch(tally)


class _Pass:
    def __init__(
        self, store: Store, asker: Asker, page: Callable[[Report], None], again: bool
    ) -> None:
        self.tally = PassResult()
        self._store = store
        self._asker = asker
        self._page = page
        self._again = again
        self._lock = Lock()
        self._books: dict[str, tuple[Phrasebook | None, frozenset[str]]] = {}

    def answer(self, call_id: str) -> None:
        """Ask what waits of one call, and file what came, also where not all did."""
        if self.tally.stopped:
            return
        with self._store.reading() as connection:
            plain = stored_calls.load(connection, call_id)
        if plain is None:
            return
        report = as_report(plain)
        book, trusted = self._book(report.versions.phrasebook)
        if book is None:
            return
        given: dict[str, Given] = {}
        transcript = transcript_of(report)
        try:
            asks = waiting(report, book, again=self._again)
            for one in self._asker.ask(call_id, transcript, asks, again=self._again):
                given[one.item] = one
        except QAError as error:
            self._not_answered(error)
        else:
            self.tally.in_a_row = 0
        if given:
            self._file(report, book, given, trusted)

    def _file(
        self, seen: Report, book: Phrasebook, given: dict[str, Given], trusted: frozenset[str]
    ) -> None:
        call_id = seen.call.id
        self._page(with_answers(seen, book, given, proven=trusted))
        with self._store.writing() as connection:
            plain = stored_calls.load(connection, call_id)
            # Judged anew, or purged, while the server thought: these answers are of another report.
            if plain is None or as_report(plain).versions != seen.versions:
                return
            report = with_answers(as_report(plain), book, given, proven=trusted)
            stored_calls.answer(connection, report)
        with self._lock:
            self.tally.calls.append(call_id)
            self.tally.answered += len(given)
            untold = [one for one in given.values() if one.state is AnswerState.CANNOT_TELL]
            self.tally.cannot_tell += len(untold)
            self.tally.why.update(one.why for one in untold)

    def _not_answered(self, error: QAError) -> None:
        with self._lock:
            if isinstance(error, NotAnswered):
                self.tally.failed += 1
                self.tally.in_a_row += 1
                self.tally.last = str(error)
                if self.tally.in_a_row < MOST_FAILURES:
                    return
            elif not isinstance(error, BudgetSpent | EndpointError):
                raise error
            self.tally.stopped = self.tally.stopped or str(error)

    def _book(self, version: str) -> tuple[Phrasebook | None, frozenset[str]]:
        """The phrasebook that judged a call, and which of its questions are proven."""
        with self._lock:
            if version not in self._books:
                try:
                    with self._store.reading() as connection:
                        book = books.kept_phrasebook(connection, version)
                        trusted = (
                            proven(connection, book, self._asker.model) if book else frozenset()
                        )
                except PhrasebookErrors:
                    # An engine of another time wrote it: its calls go on waiting, the others not.
                    _log.warning("the phrasebook %s cannot be read: its questions wait", version)
                    book, trusted = None, frozenset()
                self._books[version] = (book, trusted)
            return self._books[version]


def _ids(store: Store, again: bool) -> Iterator[str]:
    """Calls that wait now, each once; those that fail are not met again in this pass."""
    after = ""
    states = [state.value for state in (UNANSWERED if again else (AnswerState.WAITING,))]
    while True:
        query = (
            select(answers.c.call_id)
            .where(answers.c.state.in_(states), answers.c.call_id > after)
            .distinct()
            .order_by(answers.c.call_id)
            .limit(_AT_ONCE)
        )
        with store.reading() as connection:
            some = list(connection.scalars(query))
        yield from some
        if len(some) < _AT_ONCE:
            return
        after = some[-1]
