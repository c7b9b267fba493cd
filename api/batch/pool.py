"""Workers side by side: processes of this machine, or actors of a Ray cluster."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

from api.batch.sources import Source
from api.batch.worker import Job, Outcome, Worker
from qa_engine.errors import QAError

_AHEAD = 2
"""Sources a worker has waiting, so that none idles and none is far ahead of a stop."""

_worker: Worker | None = None


def run_here(job: Job, sources: Iterable[Source], *, workers: int) -> Iterator[Outcome]:
    """Outcomes as they come. Raises QAError when workers die or the store cannot be written."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start, initargs=(job,)) as pool:
        queue = iter(sources)
        running: set[Future[Outcome]] = {
            pool.submit(_judge, source) for source in islice(queue, workers * _AHEAD)
        }
        try:
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(_judge, next_) for next_ in islice(queue, len(finished))}
                yield from (future.result() for future in finished)
        except BrokenProcessPool:
            raise QAError(
                "batch: a worker died (out of memory?); run the same command again, it goes on "
                "where it stopped, with fewer --workers if it happens again"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def run_on_ray(
    job: Job, sources: Iterable[Source], *, workers: int, address: str
) -> Iterator[Outcome]:
    """The same on a Ray cluster; each actor holds one recogniser. The store must be reachable."""
    try:
        import ray
        from ray.util import ActorPool
    except ModuleNotFoundError:
        raise QAError("--ray needs Ray; install it with: pip install 'qa-engine[ray]'") from None
    ray.init(address=address, log_to_driver=False)
    try:
        remote: Any = ray.remote(num_cpus=1)(Worker)
        pool = ActorPool([remote.remote(job) for _ in range(workers)])
        yield from pool.map_unordered(lambda actor, source: actor.judge.remote(source), sources)
    finally:
        ray.shutdown()


def _start(job: Job) -> None:
    global _worker
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _worker = Worker(job)


def _judge(source: Source) -> Outcome:
    if _worker is None:
        raise AssertionError("a worker judges only after it has started")
    return _worker.judge(source)


def _leave_with_parent() -> None:
    """A batch that is killed leaves no worker behind, decoding for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
