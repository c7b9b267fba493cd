"""A crew of Ray actors, over all machines of a cluster; each holds one recogniser."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import count
from typing import Any

from api.batch.worker import Job, JudgingTask, TaskOutcome, Worker
from api.batch.worker_pool import Died, Ready, Stop, WorkerReply
from models import ModelError
from phrasebook import PhrasebookErrors
from qa_engine.errors import QAError

LOCAL = "local"
"""The address that means: a cluster of this machine alone."""


class RayWorker:
    """The actor: a worker whose errors are replies, as Ray would wrap them otherwise."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._worker: Worker | None = None

    def start(self) -> WorkerReply:
        try:
            self._worker = Worker(self._job)
            self._worker.settle()
        except (QAError, ModelError, PhrasebookErrors) as error:
            return Stop(str(error))
        return Ready()

    def judge(self, task: JudgingTask) -> TaskOutcome | Stop:
        if self._worker is None:
            return Stop("batch: a worker was given work before it could start")
        try:
            return self._worker.judge(task)
        except QAError as error:
            return Stop(str(error))


class RayCrew:
    """One actor a worker. The store, the recordings and the outputs must be reachable from all.

    Raises QAError when Ray is not installed or no cluster answers at `address` (`local`: a
    cluster of this machine alone, which ends with the batch).
    """

    def __init__(self, job: Job, *, address: str, cpus_a_worker: float = 1.0) -> None:
        try:
            import ray
        except ModuleNotFoundError:
            raise QAError(
                "--ray needs Ray; install it with: pip install 'qa-engine[ray]'"
            ) from None
        self._ray = ray
        self._job = job
        own: dict[str, Any] = {"include_dashboard": False} if address == LOCAL else {}
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **own)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise QAError(
                f"--ray {address}: no Ray cluster answers ({type(error).__name__}); start one "
                "with `ray start --head`, or use --ray local"
            ) from None
        self._actor: Any = ray.remote(num_cpus=cpus_a_worker, max_restarts=0)(RayWorker)
        self._workers: dict[int, Any] = {}
        self._pending: dict[Any, int] = {}
        self._numbers = count()

    def hire(self) -> int:
        number = next(self._numbers)
        self._workers[number] = self._actor.remote(self._job)
        self._pending[self._workers[number].start.remote()] = number
        return number

    def give(self, worker: int, task: JudgingTask) -> None:
        self._pending[self._workers[worker].judge.remote(task)] = worker

    def wait(self, timeout_s: float) -> Sequence[tuple[int, WorkerReply]]:
        # An actor answers in order, so its oldest reference is the next to be ready.
        ready, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=timeout_s)
        return [self._hear(reference) for reference in ready]

    def _hear(self, reference: Any) -> tuple[int, WorkerReply]:
        worker = self._pending.pop(reference)
        try:
            reply: WorkerReply = self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            self._forget(worker)
            return worker, Died()
        return worker, reply

    def kill(self, worker: int) -> None:
        self._ray.kill(self._workers[worker], no_restart=True)
        self._forget(worker)

    def _forget(self, worker: int) -> None:
        """Everything else that was given to it fails with it."""
        self._pending = {r: w for r, w in self._pending.items() if w != worker}
        del self._workers[worker]

    def dismiss(self) -> None:
        self._workers.clear()
        self._pending.clear()
        self._ray.shutdown()
