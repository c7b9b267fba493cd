"""The loop that keeps workers busy, over a crew of puppets."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from api.batch.ledger import UNREADABLE, FileState
from api.batch.sources import Source
from api.batch.worker import JudgingTask, TaskOutcome
from api.batch.worker_pool import Died, Ready, Stop, WorkerReply, work
from qa_engine.errors import QAError


def task(name: str) -> JudgingTask:
    return JudgingTask(Source(path=Path(name)), UNREADABLE)


class Puppets:
    """Workers that do what the name of the task says."""

    def __init__(self, *, start: WorkerReply | None = None) -> None:
        self.start = start or Ready()
        self.at_hand: dict[int, deque[JudgingTask]] = {}
        self.replies: deque[tuple[int, WorkerReply]] = deque()
        self.dismissed = False
        self.most = 0
        self.now_s = 0.0
        self.begun: list[str] = []

    def hire(self) -> int:
        number = len(self.at_hand)
        self.at_hand[number] = deque()
        self.replies.append((number, self.start))
        return number

    def give(self, worker: int, task: JudgingTask) -> None:
        self.at_hand[worker].append(task)
        self.most = max(self.most, len(self.at_hand[worker]))

    def wait(self, timeout_s: float) -> Sequence[tuple[int, WorkerReply]]:
        if self.replies:
            return [self.replies.popleft()]
        worker = max(self.at_hand, key=lambda n: len(self.at_hand[n]))
        task = self.at_hand[worker].popleft()
        self.begun.append(task.source.path.name)
        if "deadly" in task.source.path.name:
            self.at_hand[worker].clear()
            return [(worker, Died())]
        if "hung" in task.source.path.name:
            self.at_hand[worker].appendleft(task)
            self.now_s += timeout_s
            return []
        if "full" in task.source.path.name:
            return [(worker, Stop("the disk is full"))]
        return [(worker, TaskOutcome(path=task.source.path, state=FileState.DONE))]

    def kill(self, worker: int) -> None:
        self.at_hand[worker].clear()

    def dismiss(self) -> None:
        self.dismissed = True


def gave_up(task: JudgingTask, reason: str) -> TaskOutcome:
    return TaskOutcome(path=task.source.path, state=FileState.FAILED, reason=reason)


def names(crew: Puppets, items: Iterator[JudgingTask | TaskOutcome], workers: int = 2) -> list[str]:
    done = work(
        crew, items, workers=workers, give_up=gave_up, patience_s=60.0, clock=lambda: crew.now_s
    )
    return [f"{outcome.path.name} {outcome.state}" for outcome in done]


def test_every_task_is_done_once_and_no_worker_takes_too_many() -> None:
    crew = Puppets()

    done = names(crew, (task(str(n)) for n in range(20)), workers=3)

    assert sorted(done) == sorted(f"{n} done" for n in range(20))
    assert crew.most == 2
    assert crew.dismissed


def test_what_is_settled_before_passes_through_and_starts_no_worker() -> None:
    crew = Puppets()
    settled = [TaskOutcome(path=Path(str(n)), state=FileState.DUPLICATE) for n in range(3)]

    assert names(crew, iter(settled)) == ["0 duplicate", "1 duplicate", "2 duplicate"]
    assert crew.at_hand == {}


def test_no_more_are_hired_than_there_is_work_for() -> None:
    crew = Puppets()

    names(crew, iter([task("a")]), workers=8)

    assert len(crew.at_hand) == 1


def test_a_deadly_task_is_tried_twice_and_what_waited_behind_it_is_not_lost() -> None:
    crew = Puppets()

    done = names(crew, iter([task("a"), task("deadly"), task("b"), task("c")]), workers=1)

    assert sorted(done) == ["a done", "b done", "c done", "deadly failed"]
    assert sorted(crew.begun) == ["a", "b", "c", "deadly", "deadly"]


def test_a_task_that_never_ends_is_given_up_and_the_others_are_done() -> None:
    crew = Puppets()

    done = names(crew, iter([task("a"), task("hung"), task("b"), task("c")]), workers=1)

    assert sorted(done) == ["a done", "b done", "c done", "hung failed"]
    assert crew.now_s == 60.0


@pytest.mark.parametrize(
    ("crew", "items", "said"),
    [
        (Puppets(), [task("a"), task("full")], "the disk is full"),
        (Puppets(start=Stop("no such model")), [task("a")], "no such model"),
        (Puppets(start=Died()), [task("a")], "died while it started"),
    ],
)
def test_what_no_worker_can_help_stops_the_batch(
    crew: Puppets, items: list[JudgingTask | TaskOutcome], said: str
) -> None:
    with pytest.raises(QAError, match=said):
        names(crew, iter(items))
    assert crew.dismissed
