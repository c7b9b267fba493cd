"""The last part of a batch: questions that wait are asked, and the pages of those calls redone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from api.meaning.endpoint import Endpoint
from api.meaning.opening import asker_of
from api.meaning.passes import PassResult, answer_waiting, count_waiting
from api.outputs import write_text
from api.review.sound.waves import wave_of
from api.store import Store
from phrasebook.messages import report_language
from qa_engine.report import Report
from qa_engine.report.html import render_html

__all__ = ["ask_what_waits"]


def ask_what_waits(
    store: Store, endpoint: Endpoint | None, *, pages: Path | None
) -> tuple[PassResult, int]:
    """What was done, and how many calls still wait. Raises StoreError or OutputError.

    Without an endpoint nothing is asked. A page that a kill left without its answers is redone by
    the next run: it is written before its call counts as answered.
    """
    tally = PassResult()
    if endpoint is not None:
        with asker_of(store, endpoint) as asker:
            redo = partial(_redo, store, pages) if pages else lambda report: None
            tally = answer_waiting(store, asker, page=redo)
    return tally, count_waiting(store)


def _redo(store: Store, pages: Path, report: Report) -> None:
    """Write a call's page again, where this batch has one."""
    path = pages / f"{report.call.id}.html"
    if path.exists():
        wave = wave_of(store, report.call.id)
        write_text(path, [render_html(report, peaks=wave, language=report_language())])
