"""One `CallSession` driven over a recording, as fast as the machine can.

The file is decoded once, in blocks, and never held.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from models.recogniser import (
    SAMPLE_RATE,
    NeighbourRecogniser,
    Recogniser,
    Samples,
    Transcript,
)
from qa_engine.analysis import Analysis
from qa_engine.anatomy import Stretch
from qa_engine.audio.decode import blocks
from qa_engine.audio.reading import AS_IT_IS, Reading
from qa_engine.audio.survey import Survey, Surveyor
from qa_engine.events import DecodeWanted, Role, SessionEvent
from qa_engine.hearing.accounting import Account, DropReason
from qa_engine.line.leak import LeakFound
from qa_engine.session import CallSession
from qa_engine.speakers.prints import SpeakerPrints, Voices

__all__ = ["BATCH_MS", "FileHearing", "Progress", "hear_recording"]

BATCH_MS = 60_000
"""So much speech is recognised at once: enough to fill equal-length batches, 4 MB of samples."""
_NEIGHBOURS_MS = 240_000
"""The same where neighbours are heard together: the fewer ends, the fewer windows half empty."""

_FIRST_BLOCKS = 30
"""Seconds in which a copied channel is noticed before anything is heard."""

Progress = Callable[[int, int], None]
"""Called with the ms that are done and the ms there are (0 while nobody knows)."""


def hear_recording(
    path: Path,
    begin: Callable[[int], FileHearing],
    progress: Progress | None,
    how: Reading = AS_IT_IS,
) -> tuple[FileHearing, Survey]:
    """Hear the file and survey it in the same pass; `begin` is told how many channels to hear."""
    surveyor = Surveyor(path, how)

    def surveyed() -> Iterator[Samples]:
        for block in blocks(path, how=how, damage=surveyor.damage):
            surveyor.feed(block)
            yield block

    sound = surveyed()
    first = list(islice(sound, _FIRST_BLOCKS))
    hearing = begin(surveyor.voices)
    promised_ms = surveyor.audio_format.promised_ms or 0

    def missing() -> Sequence[Stretch]:
        return surveyor.missing

    hearing.run(chain(first, sound), promised_ms, progress, missing)
    seen = surveyor.close()
    if seen.voices != len(hearing.roles):
        # The beginning misled: only the whole file tells whether a channel is a copy.
        hearing = begin(seen.voices)
        hearing.run(blocks(path, how=how), seen.duration_ms, progress, missing)
    return hearing, seen


class FileHearing:
    """One way through a recording: the session, the recogniser, and what came of them."""

    def __init__(
        self,
        session: CallSession,
        analysis: Analysis,
        recogniser: Recogniser,
        roles: tuple[Role, ...],
        *,
        prints: SpeakerPrints | None = None,
    ) -> None:
        """`prints` is told how each utterance sounds, where it will be asked whose it is."""
        self.roles = roles
        self.analysis = analysis
        self.events: list[SessionEvent] = []
        self._prints = prints
        self._session = session
        self._recogniser = recogniser
        self._waiting: list[DecodeWanted] = []
        self._together: NeighbourRecogniser | None = None
        if isinstance(recogniser, NeighbourRecogniser) and recogniser.hears_neighbours:
            self._together = recogniser

    def voices(self, without: Collection[int] = ()) -> Voices | None:
        """Who spoke when, where somebody listened for it and there is enough to tell.

        `without`: utterances that are nobody's.
        """
        return self._prints.voices(without) if self._prints else None

    @property
    def leaks(self) -> Sequence[LeakFound]:
        """What leaks from one channel into the other."""
        return self._session.leaks

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self._session.accounts

    @property
    def now_ms(self) -> int:
        return self._session.now_ms

    def run(
        self,
        sound: Iterable[Samples],
        total_ms: int,
        progress: Progress | None,
        missing: Callable[[], Sequence[Stretch]] = tuple,
    ) -> None:
        """`total_ms`: how long the sound is said to be, 0 if nobody says.

        `missing`: what is lost of it, asked once all of it was read.
        """
        enough = (_NEIGHBOURS_MS if self._together else BATCH_MS) * SAMPLE_RATE // 1000
        for block in sound:
            self._take(self._session.hear(block[: len(self.roles)]))
            if sum(len(wanted.samples) for wanted in self._waiting) >= enough:
                self._recognise()
            if progress:
                progress(self.now_ms, total_ms)
        self._take(self._session.missing(missing()))
        self._take(self._session.close())
        self._recognise()
        if progress:
            progress(self.now_ms, self.now_ms)

    def _take(self, happened: Iterable[SessionEvent]) -> None:
        for event in happened:
            if isinstance(event, DecodeWanted):
                self._waiting.append(event)
            else:
                self.events.append(event)

    def _recognise(self) -> None:
        """All windows that wait, together; should that fail, one by one."""
        waiting, self._waiting = self._waiting, []
        try:
            heard = self._transcripts(waiting)
        except RuntimeError:
            heard = {wanted.window_id: self._alone(wanted) for wanted in waiting}
        for wanted in waiting:
            transcript = heard[wanted.window_id]
            if transcript:
                self._take(self._session.decoded(wanted.window_id, transcript))
            else:
                failed = DropReason.RECOGNISER_FAILED
                self._take(self._session.undecoded(wanted.window_id, failed))
            if self._prints is not None:
                self._prints.hear(wanted.utterance, wanted.begin_ms, wanted.samples)

    def _transcripts(self, waiting: Sequence[DecodeWanted]) -> dict[int, Transcript | None]:
        """By window; each channel's own neighbours together where the recogniser gains by it."""
        if self._together is None:
            windows = [wanted.samples for wanted in waiting]
            found = self._recogniser.transcribe(windows, final=True) if windows else []
            return {w.window_id: one for w, one in zip(waiting, found, strict=True)}
        heard: dict[int, Transcript | None] = {}
        for channel in range(len(self.roles)):
            members = [wanted for wanted in waiting if wanted.channel == channel]
            found = self._together.transcribe_neighbours([w.samples for w in members])
            heard |= {w.window_id: one for w, one in zip(members, found, strict=True)}
        return heard

    def _alone(self, wanted: DecodeWanted) -> Transcript | None:
        try:
            return self._recogniser.transcribe([wanted.samples], final=True)[0]
        except RuntimeError:
            return None
