"""Calls without speech: tones that count as speech, and a recogniser that knows what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples, Transcript, Word
from qa_engine.events import DecodeWanted, SessionEvent
from qa_engine.session import CallSession

PER_CHARACTER_MS = 200


@dataclass(frozen=True)
class Line:
    """Someone says `text` from `begin_ms` on, 200 ms a character."""

    channel: int
    begin_ms: int
    text: str

    @property
    def end_ms(self) -> int:
        return self.begin_ms + PER_CHARACTER_MS * len(self.text)


def sound(lines: Sequence[Line], *, channels: int = 2, duration_ms: int | None = None) -> Samples:
    """Each character is a stretch of constant level that only that character has.

    The level of character number k of the alphabet of the call is 0.1 + k / 1000.
    """
    end_ms = max((line.end_ms for line in lines), default=0)
    length_ms = duration_ms if duration_ms is not None else end_ms + 1_000
    samples = np.zeros((channels, length_ms * SAMPLE_RATE // 1000), np.float32)
    alphabet = letters(lines)
    for line in lines:
        for number, character in enumerate(line.text):
            begin = (line.begin_ms + number * PER_CHARACTER_MS) * 16
            level = 0.1 + alphabet.index(character) / 1000
            samples[line.channel, begin : begin + PER_CHARACTER_MS * 16] = level
    return samples


def letters(lines: Sequence[Line]) -> list[str]:
    return sorted({character for line in lines for character in line.text})


class LoudIsSpeech:
    """A voice source for which a frame is speech as far as it is loud."""

    def stream(self) -> LoudIsSpeech:
        return self

    def feed(self, frames: Samples) -> NDArray[np.float32]:
        return (np.abs(frames) > 0.05).mean(axis=1).astype(np.float32)


class LevelReader:
    """A recogniser that reads each character's level; a character cut in two is still itself."""

    name = "scripted"
    version = "1"
    synthetic = True
    takes_hotwords = False
    max_window_ms = 10_000

    def __init__(self, lines: Sequence[Line]) -> None:
        self._letters = letters(lines)
        self.batches: list[int] = []

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        self.batches.append(len(windows))
        return [self._read(window) for window in windows]

    def _read(self, window: Samples) -> Transcript:
        words: list[Word] = []
        step = 16 * 20
        count = len(window) // step
        levels = np.abs(window[: count * step].reshape(count, step)).max(axis=1)
        run: list[int] = []
        for number, level in enumerate([*levels, 0.0]):
            if run and abs(level - levels[run[-1]]) > 0.0004:
                words += self._words(float(levels[run[0]]), run)
                run = []
            if level > 0.05:
                run.append(number)
        text = "".join(word.text for word in words)
        return Transcript(text=text, words=tuple(words), confidence=0.9)

    def _words(self, level: float, run: list[int]) -> list[Word]:
        """A level held for n characters' time is that character n times."""
        number = round((level - 0.1) * 1000)
        times = max(1, round(len(run) * 20 / PER_CHARACTER_MS))
        each = len(run) * 20 // times
        return [
            Word(
                text=self._letters[number],
                begin_ms=run[0] * 20 + i * each,
                end_ms=run[0] * 20 + (i + 1) * each,
                confidence=0.9,
            )
            for i in range(times)
        ]


def play(
    session: CallSession,
    samples: Samples,
    recogniser: LevelReader,
    cuts: Sequence[int] = (),
) -> list[SessionEvent]:
    """The whole call, cut at these samples, each window recognised at once."""
    events: list[SessionEvent] = []
    for part in np.split(samples, sorted(cuts), axis=1):
        events += answer(session, session.hear(part), recogniser)
    return events + answer(session, session.close(), recogniser)


def answer(
    session: CallSession, happened: Sequence[SessionEvent], recogniser: LevelReader
) -> list[SessionEvent]:
    events: list[SessionEvent] = []
    for event in happened:
        events.append(event)
        if isinstance(event, DecodeWanted):
            heard = recogniser.transcribe([event.samples], final=event.final)[0]
            events += session.decoded(event.window_id, heard)
    return events
