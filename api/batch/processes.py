"""A crew of processes on this machine, each with a pipe to talk through."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from api.batch.worker import Job, JudgingTask, Worker
from api.batch.worker_pool import Died, Ready, Stop, WorkerReply
from models import ModelError
from phrasebook import PhrasebookErrors
from qa_engine.errors import QAError

_PATIENCE_S = 10.0


class Processes:
    """One process a worker; all of them end with this one, however it ends."""

    def __init__(self, job: Job) -> None:
        self._job = job
        # Not forked: threads of the recogniser do not survive a fork.
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[int, tuple[SpawnProcess, Connection]] = {}
        self._numbers = count()

    def hire(self) -> int:
        here, there = self._context.Pipe()
        process = self._context.Process(target=_live, args=(self._job, there), daemon=True)
        process.start()
        # Ours must be the only other end, or a death would not be heard.
        there.close()
        number = next(self._numbers)
        self._workers[number] = (process, here)
        return number

    def give(self, worker: int, task: JudgingTask) -> None:
        try:
            self._workers[worker][1].send(task)
        except OSError:
            return  # It is dead, and `wait` is about to say so.

    def wait(self, timeout_s: float) -> Sequence[tuple[int, WorkerReply]]:
        pipes = {pipe: number for number, (_, pipe) in self._workers.items()}
        heard = wait(list(pipes), timeout_s)
        return [(pipes[pipe], self._hear(pipes[pipe])) for pipe in heard]  # type: ignore[index]

    def kill(self, worker: int) -> None:
        _end(*self._workers.pop(worker))

    def _hear(self, worker: int) -> WorkerReply:
        process, pipe = self._workers[worker]
        try:
            reply: WorkerReply = pipe.recv()
        except (EOFError, OSError):
            del self._workers[worker]
            _end(process, pipe)
            return Died()
        return reply

    def dismiss(self) -> None:
        for _, pipe in self._workers.values():
            try:
                pipe.send(None)
            except OSError:
                continue
        for process, pipe in self._workers.values():
            process.join(_PATIENCE_S)
            _end(process, pipe)
        self._workers.clear()


def _end(process: SpawnProcess, pipe: Connection) -> None:
    pipe.close()
    if process.is_alive():
        process.kill()
    process.join()
    process.close()


def _live(job: Job, pipe: Connection) -> None:
    """The life of a worker process."""
    # Ctrl-C reaches the whole terminal; the one who decides is the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        worker = Worker(job)
        worker.settle()
        pipe.send(Ready())
        while (task := pipe.recv()) is not None:
            pipe.send(worker.judge(task))
        worker.close()
    except (QAError, ModelError, PhrasebookErrors) as error:
        pipe.send(Stop(str(error)))
    except (EOFError, BrokenPipeError):
        return


def _leave_with_parent() -> None:
    """A batch that is killed leaves no worker behind, decoding for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
