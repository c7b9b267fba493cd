"""Questions of `qa-engine analyze`: put to the site's language model as each recording is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from api.cli.answers import no_server
from api.worded_errors import worded
from qa_engine.meaning.answers import AnswerState

if TYPE_CHECKING:
    from phrasebook import Phrasebook
    from qa_engine.report import Report

__all__ = ["asking_at_once"]


@contextmanager
def asking_at_once(book: Phrasebook, console: Console) -> Iterator[Callable[[Report], Report]]:
    """What puts answers into a report; without questions, or a server, it leaves it as it is.

    The store that the server uses has the budget and the trail, and is opened only where something
    is asked. Why something is not answered is told once. Raises EndpointError where the settings
    are wrong, and StoreError.
    """
    if not book.asks:
        yield lambda report: report
        return
    from api.desk.desk import store_of
    from api.meaning.at_once import answer_at_once
    from api.meaning.endpoint import endpoint_if_there
    from api.meaning.opening import asker_of
    from api.settings_load import load_settings

    settings = load_settings()
    endpoint, why_not = endpoint_if_there(settings)
    told = {""}

    def tell(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            console.print(worded(sentence), markup=False, soft_wrap=True)

    tell(why_not)
    if endpoint is None:

        def unasked(report: Report) -> Report:
            if any(answer.state is AnswerState.WAITING for answer in report.answers):
                tell(why_not or no_server())
            return report

        yield unasked
        return
    store = store_of(settings)
    try:
        with asker_of(store, endpoint) as asker:

            def answered(report: Report) -> Report:
                report, unasked = answer_at_once(report, book, store=store, asker=asker)
                tell(unasked)
                return report

            yield answered
    finally:
        store.close()
