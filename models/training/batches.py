"""Examples of similar length in batches of about the same number of frames."""

from __future__ import annotations

import faulthandler
import multiprocessing as mp
import os
import queue
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from models.training import texts
from models.training.samples import IGNORE, ExamplePlan, Maker, SoundExample


@dataclass(frozen=True, slots=True)
class ExampleBatch:
    """Arrays of :class:`SoundExample` padded to [B, ...]; ``mel`` is float16 to travel light."""

    mel: npt.NDArray[np.float16]
    syllable: npt.NDArray[np.int16]
    tone: npt.NDArray[np.int16]
    inputs: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    look: npt.NDArray[np.int16]
    echo: npt.NDArray[np.int16]
    seconds: float


def plan_at(progress: float) -> ExamplePlan:
    """The curriculum: fragments, short stretches, everything, at last long windows too.

    ``progress`` runs from 0 to 1 over the whole training.
    """
    if progress < 0.03:
        return ExamplePlan(mix=texts.NARROW, garbage=0.0, cut=0.0, timestamps=0.2)
    if progress < 0.07:
        return ExamplePlan(mix=texts.MIDDLE, garbage=0.02, cut=0.0, timestamps=0.3)
    if progress < 0.3:
        return ExamplePlan(garbage=0.1)
    # A 30-s window costs as much as twenty short ones: few, and more of them at the end.
    long = 0.012 if progress < 0.5 else 0.08 if progress < 0.85 else 0.15
    # Once every syllable is known, what is left to learn is how people put them together.
    mix = texts.WIDE if progress < 0.55 else texts.NATURAL
    return ExamplePlan(mix=mix, long=long, cut=0.12, garbage=0.1)


def collate(examples: list[SoundExample], frames: int) -> ExampleBatch:
    """Pad ``examples`` to ``frames`` mel frames (zeros, as every Whisper does) and to L tokens."""
    b, longest = len(examples), max(len(e.inputs) for e in examples)
    mel = np.zeros((b, 80, frames), np.float16)
    syllable, tone = (np.zeros((b, frames // 2), np.int16) for _ in range(2))
    inputs = np.zeros((b, longest), np.int32)
    targets = np.full((b, longest), IGNORE, np.int32)
    look, echo = (np.full((b, longest, 2), -1, np.int16) for _ in range(2))
    for i, e in enumerate(examples):
        n, k = e.mel.shape[1], len(e.inputs)
        mel[i, :, :n] = e.mel
        syllable[i, : n // 2], tone[i, : n // 2] = e.syllable, e.tone
        inputs[i, :k], targets[i, :k], look[i, :k], echo[i, :k] = (
            e.inputs,
            e.targets,
            e.look,
            e.echo,
        )
    seconds = sum(e.mel.shape[1] for e in examples) / 100
    return ExampleBatch(mel, syllable, tone, inputs, targets, look, echo, seconds)


Progress: TypeAlias = "Synchronized[float]"
"""From 0 to 1 over the whole training."""


def batches(progress: Progress, frames: int, seed: int) -> Iterator[ExampleBatch]:
    """Batches of at most `frames` mel frames, without end; what they hold follows `progress`."""
    r = random.Random(seed)
    maker = Maker(seed)
    while True:
        plan = plan_at(progress.value)
        pool: list[SoundExample] = []
        total = 0
        while total < 8 * frames:
            pool.append(maker.draw(plan))
            total += pool[-1].mel.shape[1]
        pool.sort(key=lambda e: e.mel.shape[1])
        groups: list[list[SoundExample]] = [[]]
        for e in pool:
            group = groups[-1]
            if group and (len(group) + 1) * e.mel.shape[1] > max(frames, e.mel.shape[1]):
                groups.append(group := [])
            group.append(e)
        r.shuffle(groups)
        for group in groups:
            size = max(e.mel.shape[1] for e in group)
            if size < 1000 and r.random() < 0.15:
                size = min(1000, size + r.randrange(0, 400, 2))
            yield collate(group, size)


def _produce(make: Made, to: Connection, progress: Progress, frames: int, seed: int) -> None:
    faulthandler.enable()
    ahead: queue.Queue[Any] = queue.Queue(24)

    def send() -> None:
        try:
            while True:
                to.send(ahead.get())
        except OSError:
            os._exit(0)

    threading.Thread(target=send, daemon=True).start()
    for batch in make(progress, frames, seed):
        ahead.put(batch)


B = TypeVar("B")
Made = Callable[[Progress, int, int], Iterator[Any]]


class Producer(Generic[B]):
    """Makes batches in a process of its own, on ``core`` where one is given.

    ``make`` yields them for ever: progress, frames in a batch, seed.

    A process that dies (espeak-ng is C, and is fed anything) is replaced by a fresh one; one
    whose reader is gone ends by itself.
    """

    def __init__(
        self,
        make: Callable[[Progress, int, int], Iterator[B]],
        frames: int,
        seed: int,
        core: int | None = None,
    ) -> None:
        self._make = make
        self._context = mp.get_context("spawn")
        self.progress: Progress = self._context.Value("d", 0.0)
        self._frames, self._seed, self._core = frames, seed, core
        self._start()

    def _start(self) -> None:
        self._from, to = self._context.Pipe(duplex=False)
        self._process = self._context.Process(
            target=_produce,
            args=(self._make, to, self.progress, self._frames, self._seed),
            daemon=True,
        )
        self._process.start()
        to.close()
        if self._core is not None and self._process.pid is not None:
            os.sched_setaffinity(self._process.pid, {self._core})

    def __next__(self) -> B:
        while True:
            try:
                batch: B = self._from.recv()
            except (EOFError, OSError):
                self._process.join()
                self._seed += 1_000_003
                print(f"synthesis ended with {self._process.exitcode}; started again", flush=True)
                self._start()
            else:
                return batch

    def close(self) -> None:
        self._process.terminate()
