"""Workers side by side, whatever they are made of, and the one loop that keeps them busy."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from api.batch.worker import JudgingTask, TaskOutcome
from qa_engine.errors import QAError

PATIENCE_S = 7_200.0
"""How long one recording may take; an hour's call through a large model on a CPU takes less."""
START_S = 1_800.0
"""How long a worker may take to load its model, from a slow share too."""
_AHEAD = 2
"""Tasks a worker has at hand, so that none idles and none is far ahead of a stop."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has its recogniser loaded."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A worker says that nothing more can be kept, or that it cannot start; and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Died:
    """A worker is gone without a word."""


WorkerReply = Ready | TaskOutcome | Stop | Died


class Crew(Protocol):
    """A worker is known by a number; it answers tasks in the order they were given."""

    def hire(self) -> int: ...

    def give(self, worker: int, task: JudgingTask) -> None: ...

    def wait(self, timeout_s: float) -> Sequence[tuple[int, WorkerReply]]:
        """At least one reply, as soon as there is one; none after `timeout_s`."""

    def kill(self, worker: int) -> None:
        """End one that does not answer; nothing more is heard of it."""

    def dismiss(self) -> None:
        """Let go of all workers at once."""


def work(
    crew: Crew,
    items: Iterator[JudgingTask | TaskOutcome],
    *,
    workers: int,
    give_up: Callable[[JudgingTask, str], TaskOutcome],
    patience_s: float = PATIENCE_S,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[TaskOutcome]:
    """Outcomes as they come; an `TaskOutcome` among the items passes through.

    When a worker dies, what it was at is tried once more on a fresh one; a second death is the
    recording's own, and `give_up` notes it. A recording that takes longer than `patience_s` is
    given up with its worker. Raises QAError when a worker says stop, or cannot
    even start.
    """
    desk = _Desk(crew, items, give_up, patience_s, clock)
    try:
        for _ in range(workers):
            # Nobody is hired before there is something to do.
            if not (yield from desk.hire()):
                break
        for worker in list(desk.hands):
            yield from desk.fill(worker)
        while any(desk.hands.values()):
            for worker, reply in crew.wait(desk.left_s()):
                yield from desk.take(worker, reply)
            yield from desk.end_overdue()
    finally:
        crew.dismiss()


_CANNOT_START = (
    "batch: a worker died while it started (out of memory?); run the same command again with "
    "fewer --workers or a smaller --model"
)
_NEVER_STARTED = "batch: a worker was not ready after {minutes:g} minutes; is the model reachable?"
_TOO_LONG = "took longer than {minutes:g} minutes, and was given up (--timeout sets how long)"
_DEADLY = "killed its worker twice (out of memory, or damaged in a way no reader survives)"


class _Desk:
    """Who has what at hand; every method yields the outcomes that come out on the way."""

    def __init__(
        self,
        crew: Crew,
        items: Iterator[JudgingTask | TaskOutcome],
        give_up: Callable[[JudgingTask, str], TaskOutcome],
        patience_s: float,
        clock: Callable[[], float],
    ) -> None:
        self.hands: dict[int, deque[JudgingTask]] = {}
        self._crew = crew
        self._items = items
        self._give_up = give_up
        self._patience_s = patience_s
        self._clock = clock
        self._due_s: dict[int, float] = {}
        """By when each has to be done with what it is at: its start, or its first task."""
        self._started: set[int] = set()
        self._again: deque[JudgingTask] = deque()
        self._deaths: Counter[str] = Counter()

    def hire(self) -> Generator[TaskOutcome, None, bool]:
        """Hire one for the next task; False when there is none."""
        task = yield from self._next()
        if task is None:
            return False
        worker = self._crew.hire()
        self.hands[worker] = deque()
        self._due_s[worker] = self._clock() + START_S
        self._give(worker, task)
        return True

    def fill(self, worker: int) -> Iterator[TaskOutcome]:
        while len(self.hands[worker]) < _AHEAD:
            task = yield from self._next()
            if task is None:
                return
            self._give(worker, task)

    def take(self, worker: int, reply: WorkerReply) -> Iterator[TaskOutcome]:
        match reply:
            case Ready():
                self._started.add(worker)
                self._due_s[worker] = self._clock() + self._patience_s
            case Stop(reason):
                raise QAError(reason)
            case Died():
                if worker not in self._started:
                    raise QAError(_CANNOT_START)
                yield from self._lost_with_worker(self.hands.pop(worker))
                yield from self._replace()
            case TaskOutcome():
                self.hands[worker].popleft()
                self._due_s[worker] = self._clock() + self._patience_s
                yield reply
                yield from self.fill(worker)

    def left_s(self) -> float:
        """How long until somebody has taken too long."""
        due = [self._due_s[worker] for worker, tasks in self.hands.items() if tasks]
        return max(min(due, default=0.0) - self._clock(), 0.0)

    def end_overdue(self) -> Iterator[TaskOutcome]:
        """One decode that never returns must not end the night."""
        now_s = self._clock()
        for worker, tasks in list(self.hands.items()):
            if not tasks or now_s < self._due_s[worker]:
                continue
            if worker not in self._started:
                raise QAError(_NEVER_STARTED.format(minutes=START_S / 60))
            self._crew.kill(worker)
            del self.hands[worker]
            stuck = tasks.popleft()
            yield self._give_up(stuck, _TOO_LONG.format(minutes=self._patience_s / 60))
            self._again.extend(tasks)
            yield from self._replace()

    def _replace(self) -> Iterator[TaskOutcome]:
        if (yield from self.hire()):
            yield from self.fill(next(reversed(self.hands)))

    def _next(self) -> Generator[TaskOutcome, None, JudgingTask | None]:
        if self._again:
            return self._again.popleft()
        for item in self._items:
            if isinstance(item, JudgingTask):
                return item
            yield item
        return None

    def _give(self, worker: int, task: JudgingTask) -> None:
        self.hands[worker].append(task)
        self._crew.give(worker, task)

    def _lost_with_worker(self, lost: deque[JudgingTask]) -> Iterator[TaskOutcome]:
        """The first task it held is the one it died of; the others were not begun."""
        if lost:
            suspect = lost.popleft()
            self._deaths[str(suspect.source.path)] += 1
            if self._deaths[str(suspect.source.path)] > 1:
                yield self._give_up(suspect, _DEADLY)
            else:
                lost.appendleft(suspect)
        self._again.extend(lost)
