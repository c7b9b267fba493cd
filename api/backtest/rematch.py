"""Past calls through two phrasebooks again, text only, on every core: hits, steps, scores."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

from api.backtest.edited import Edited
from api.backtest.reach import EditReach
from api.backtest.read_ahead import ReadAhead
from api.backtest.transcripts import PastCall
from phrasebook import Phrasebook
from qa_engine.analysis import Analysis
from qa_engine.analysis_result import AnalysisResult
from qa_engine.events import StepState
from qa_engine.matching import Matcher

_CALLS_A_TASK = 200
WHOLE_CALL = -1
"""Stands for an utterance where something was not said in the whole call."""
_BROKEN = (StepState.MISSED, StepState.LATE)


@dataclass(frozen=True, slots=True)
class PastHit:
    """A confirmed hit of one phrasebook in a past call, or a step that was missed or late there.

    `quote` is the redacted utterance; of a step its title, `utterance` then is `WHOLE_CALL`.
    """

    call_id: str
    day: str
    utterance: int
    rule: str
    begin_char: int
    end_char: int
    score: float
    heard: str
    quote: str
    begin_ms: int = 0


@dataclass(frozen=True, slots=True)
class Scores:
    """One call's points under both phrasebooks, from its text; None: not judgeable."""

    call_id: str
    before: float | None
    after: float | None
    passed_before: bool
    passed_after: bool


@dataclass(frozen=True, slots=True)
class Rematched:
    """One batch of calls under both phrasebooks. `scores`: of the calls where they differ."""

    calls: int
    utterances: int
    days: frozenset[str]
    before: tuple[PastHit, ...]
    after: tuple[PastHit, ...]
    scores: tuple[Scores, ...] = ()


class Rematcher:
    """Both phrasebooks compiled; one in each process."""

    def __init__(
        self, before: Phrasebook, after: Phrasebook, within: EditReach | None = None
    ) -> None:
        """`within`: how far the edit reaches; calls beyond it come out as they did."""
        first = ReadAhead(before)
        second = ReadAhead(after) if within is None or within.grams else None
        self._before = before, first
        self._after = after, second or Edited.of(first, after, within.rules if within else ())
        self._reach = within

    def __call__(self, given: Sequence[PastCall]) -> Rematched:
        calls, anew = given, given
        if self._reach is not None:
            calls = self._reach.touches(given)
            anew = self._reach.changes(calls)
        ReadAhead.expect(text for call in calls for text in call.texts)
        before = [judged(call, *self._before) for call in calls]
        changed = {call.id: judged(call, *self._after) for call in anew}
        # A call with the changed rules' words, but none of the changed ones, comes out as it did.
        after = [changed.get(call.id, old) for call, old in zip(calls, before, strict=True)]
        return Rematched(
            calls=len(given),
            utterances=sum(len(call.utterances) for call in given),
            days=frozenset(call.day for call in given),
            before=_found(calls, before),
            after=_found(calls, after),
            scores=tuple(
                pair
                for call, old, new in zip(calls, before, after, strict=True)
                if (pair := _scores(call, old, new)) is not None
            ),
        )


def judged(call: PastCall, book: Phrasebook, matcher: Matcher) -> AnalysisResult:
    """What the phrasebook makes of a call, exactly as it would live."""
    script = call.script if call.script in {known.id for known in book.scripts} else ""
    analysis = Analysis(book, matcher, script, record=call.record, timed=call.timed)
    for spoken in call.utterances:
        analysis.feed(spoken)
    analysis.close(call.duration_ms)
    return analysis.result()


def hits_of(call: PastCall, result: AnalysisResult) -> Iterator[PastHit]:
    """Hits of both phrasebooks over a call's lines, in order of time."""
    for hit in result.hits:
        yield PastHit(
            call_id=call.id,
            day=call.day,
            utterance=hit.utterance,
            rule=hit.rule,
            begin_char=hit.begin_char,
            end_char=hit.end_char,
            score=hit.score,
            heard=hit.heard,
            quote=hit.quote,
            begin_ms=hit.begin_ms,
        )
    for step in result.steps:
        if step.state in _BROKEN and step.step.required and not step.unheard:
            yield PastHit(
                call_id=call.id,
                day=call.day,
                utterance=WHOLE_CALL,
                rule=step.step.id,
                begin_char=0,
                end_char=1,
                score=1.0,
                heard="",
                quote=step.step.title,
            )


def _found(calls: Sequence[PastCall], results: Sequence[AnalysisResult]) -> tuple[PastHit, ...]:
    return tuple(
        hit for call, result in zip(calls, results, strict=True) for hit in hits_of(call, result)
    )


def _scores(call: PastCall, old: AnalysisResult, new: AnalysisResult) -> Scores | None:
    before = old.score.total if old.score else None
    after = new.score.total if new.score else None
    passed = [bool(result.score and result.score.passed) for result in (old, new)]
    if before == after and passed[0] == passed[1]:
        return None
    return Scores(call.id, before, after, *passed)


def rematch(
    calls: Iterable[PastCall],
    before: Phrasebook,
    after: Phrasebook,
    *,
    workers: int,
    within: EditReach | None = None,
) -> Iterator[Rematched]:
    """Batches as they come, in order; `workers` processes (1: this one).

    `within`: how far the edit reaches; hits of calls beyond it are not told, and are the same.
    """
    stream = iter(calls)
    tasks = iter(lambda: list(islice(stream, _CALLS_A_TASK)), [])
    first = next(tasks, None)
    if first is None:
        return
    if workers == 1 or len(first) < _CALLS_A_TASK:
        here = Rematcher(before, after, within)
        yield here(first)
        yield from map(here, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (before, after, within)) as pool:
        waiting: deque[Future[Rematched]] = deque([pool.submit(_run, first)])
        try:
            for task in tasks:
                waiting.append(pool.submit(_run, task))
                # The past is read as fast as it is judged, not all at once.
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_rematcher: Rematcher | None = None


def _start(before: Phrasebook, after: Phrasebook, within: EditReach | None) -> None:
    global _rematcher
    # Live calls on the same machine come first.
    os.nice(10)
    _rematcher = Rematcher(before, after, within)
    # Both phrasebooks stay until the end: collecting garbage would find none.
    gc.collect()
    gc.freeze()


def _run(calls: list[PastCall]) -> Rematched:
    if _rematcher is None:
        raise AssertionError("a process rematches only after it has started")
    return _rematcher(calls)
