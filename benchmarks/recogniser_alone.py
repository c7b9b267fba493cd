"""The recogniser alone over recordings, no quality assurance: the peer of `batch_throughput.py`.

    python -m benchmarks.recogniser_alone FOLDER OUT [--workers 2] [--everything] [--limit N]

Each worker process reads a recording once, finds the windows of speech as the product does (voice
activity, endpointing), recognises them in the same batches by the same model with the same threads,
and adds the text to a file in OUT. No matching, steps, score, report, page, database or checksum.
With `--everything` nothing is looked for: each channel is cut into windows as long as the model
takes, silence too, and all of it is recognised. Prints the seconds of audio.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import models
from models.recogniser import SAMPLE_RATE, Recogniser, Samples
from models.voice_activity import VoiceActivity
from qa_engine.audio.decode import blocks
from qa_engine.events import DecodeWanted, Role, SessionEvent
from qa_engine.hear_file import BATCH_MS
from qa_engine.session import CallSession

_AT_ONCE = 32
"""Windows of `--everything` that are recognised together."""


class Listener:
    """What one worker process holds."""

    def __init__(self, out: Path, *, threads: int, everything: bool) -> None:
        self._recogniser: Recogniser = models.open_recogniser(None, threads=threads)
        self._voice = VoiceActivity()
        self._everything = everything
        self._out = out / f"{os.getpid()}.txt"

    def hear(self, recording: Path) -> float:
        """Write the text of a recording; its seconds."""
        texts: list[str] = []
        seconds = self._all(recording, texts) if self._everything else self._said(recording, texts)
        with self._out.open("a", encoding="utf-8") as file:
            file.write(f"{recording.name}\t{' '.join(texts)}\n")
        return seconds

    def _said(self, recording: Path, texts: list[str]) -> float:
        roles = (Role.AGENT, Role.CUSTOMER)
        longest = self._recogniser.max_window_ms
        session = CallSession(roles, voice=self._voice, max_window_ms=longest)
        waiting: list[Samples] = []
        for block in blocks(recording):
            waiting += _windows(session.hear(block))
            if sum(map(len, waiting)) >= BATCH_MS * SAMPLE_RATE // 1000:
                waiting = self._recognise(waiting, texts)
        self._recognise(waiting + _windows(session.close()), texts)
        return session.now_ms / 1000

    def _all(self, recording: Path, texts: list[str]) -> float:
        size = self._recogniser.max_window_ms * SAMPLE_RATE // 1000
        sound = np.concatenate(list(blocks(recording)), axis=1)
        windows = [row[at : at + size] for row in sound for at in range(0, len(row), size)]
        for at in range(0, len(windows), _AT_ONCE):
            self._recognise(windows[at : at + _AT_ONCE], texts)
        return float(sound.shape[1] / SAMPLE_RATE)

    def _recognise(self, windows: list[Samples], texts: list[str]) -> list[Samples]:
        if windows:
            texts += [heard.text for heard in self._recogniser.transcribe(windows, final=True)]
        return []


def _windows(events: Iterable[SessionEvent]) -> list[Samples]:
    return [event.samples for event in events if isinstance(event, DecodeWanted)]


_listener: Listener


def _start(out: Path, threads: int, everything: bool) -> None:
    global _listener
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    _listener = Listener(out, threads=threads, everything=everything)


def _hear(recording: Path) -> float:
    return _listener.hear(recording)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--everything", action="store_true")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    recordings = sorted(options.folder.glob("*.flac"))[: options.limit]
    # As the batch shares out the machine, and as it starts its workers.
    threads = max(1, (os.cpu_count() or 1) // options.workers)
    arguments = (options.out, threads, options.everything)
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.workers, initializer=_start, initargs=arguments) as pool:
        seconds = sum(pool.imap_unordered(_hear, recordings))
        pool.close()
        pool.join()
    print(round(seconds, 3))


if __name__ == "__main__":
    main()
