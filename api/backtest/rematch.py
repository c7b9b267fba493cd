"""Past calls through two phrasebooks again, text only, on every core."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

from api.backtest.read_ahead import ReadAhead
from api.backtest.transcripts import PastCall
from phrasebook import Phrasebook
from qa_engine.events import HitChanged, HitState
from qa_engine.matching import Matcher
from qa_engine.matching.call.call_matcher import CallMatcher

_CALLS_A_TASK = 200


@dataclass(frozen=True, slots=True)
class PastHit:
    """A confirmed hit of one phrasebook in a past call; `quote` is the redacted utterance."""

    call_id: str
    day: str
    utterance: int
    rule: str
    begin_char: int
    end_char: int
    score: float
    heard: str
    quote: str


@dataclass(frozen=True, slots=True)
class Rematched:
    """One batch of calls under both phrasebooks."""

    calls: int
    utterances: int
    days: frozenset[str]
    before: tuple[PastHit, ...]
    after: tuple[PastHit, ...]


class Rematcher:
    """Both phrasebooks compiled; one in each process."""

    def __init__(self, before: Phrasebook, after: Phrasebook) -> None:
        self._books = [(book, ReadAhead(book)) for book in (before, after)]

    def __call__(self, calls: Sequence[PastCall]) -> Rematched:
        ReadAhead.expect(spoken.text for call in calls for spoken in call.utterances)
        before, after = (
            tuple(hit for call in calls for hit in hits_of(call, book, matcher))
            for book, matcher in self._books
        )
        return Rematched(
            calls=len(calls),
            utterances=sum(len(call.utterances) for call in calls),
            days=frozenset(call.day for call in calls),
            before=before,
            after=after,
        )


def hits_of(call: PastCall, book: Phrasebook, matcher: Matcher) -> Iterator[PastHit]:
    """What the phrasebook confirms in a call, exactly as it would live."""
    state = CallMatcher(matcher, book)
    events = [event for spoken in call.utterances for event in state.feed(spoken)]
    events += state.close(call.duration_ms)
    standing = {}
    for event in events:
        if isinstance(event, HitChanged):
            standing[event.hit.id] = event
    for event in standing.values():
        if event.state is HitState.CONFIRMED:
            hit = event.hit
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
            )


def rematch(
    calls: Iterable[PastCall], before: Phrasebook, after: Phrasebook, *, workers: int
) -> Iterator[Rematched]:
    """Batches as they come, in order; `workers` processes (1: this one)."""
    stream = iter(calls)
    tasks = iter(lambda: list(islice(stream, _CALLS_A_TASK)), [])
    first = next(tasks, None)
    if first is None:
        return
    if workers == 1 or len(first) < _CALLS_A_TASK:
        here = Rematcher(before, after)
        yield here(first)
        yield from map(here, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (before, after)) as pool:
        yield from pool.map(_run, _chain(first, tasks))


def _chain(first: list[PastCall], rest: Iterable[list[PastCall]]) -> Iterator[list[PastCall]]:
    yield first
    yield from rest


_rematcher: Rematcher | None = None


def _start(before: Phrasebook, after: Phrasebook) -> None:
    global _rematcher
    _rematcher = Rematcher(before, after)


def _run(calls: list[PastCall]) -> Rematched:
    if _rematcher is None:
        raise AssertionError("a process rematches only after it has started")
    return _rematcher(calls)
