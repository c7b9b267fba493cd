"""One channel's tones and music while the call runs, and utterances freed of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.recogniser import SAMPLE_RATE, Samples
from models.voice_activity import FRAME_MS
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.hearing.ear import Window
from qa_engine.line.known_voices import RecordedPrint
from qa_engine.line.recordings import RecordingSearch
from qa_engine.line.repeats import repeats
from qa_engine.line.sounds import sounds_of
from qa_engine.line.spectra import Spectra

__all__ = ["LineListener"]

_BEFORE_FRAMES = 94
"""So much of what came before a window tells whether it begins in music."""
_AGAIN_EVERY_MS = 10_000
_AGAIN_UNTIL_MS = 180_000
_ALL = 0.8
"""A window of which so much is no speech is not recognised at all."""
_LEAST_EDGE_MS = 1_000
_REASON = {StretchKind.RING: "tone", StretchKind.MUSIC: "music"}


class LineListener:
    """What one channel carries beside speech. `feed` the frames, `clean` what is recognised."""

    def __init__(self, channel: int, recordings: Sequence[RecordedPrint] = ()) -> None:
        """`recordings`: those that the site knows."""
        self._channel = channel
        self._search = RecordingSearch(recordings)
        self._spectra = Spectra()
        self._again: tuple[int, tuple[Stretch, ...]] = (0, ())

    def feed(self, frames: Samples) -> None:
        """[n, 512] at 16 kHz."""
        self._spectra.feed(frames)

    def sounds(self, until_ms: int, *, ended: bool = False) -> list[Stretch]:
        """In the first `until_ms` of the call.

        IVR: a voice that says what it said before. RECORDED: one that the site knows.
        """
        rows = self._spectra.rows(0, -(-until_ms // FRAME_MS))
        known = self._search.spans(self._spectra.bits(until_ms // FRAME_MS), ended=ended)
        return [
            *sounds_of(rows, self._channel),
            *self._said_again(until_ms, ended=ended),
            *(self._stretch(StretchKind.RECORDED, first, last) for first, last in known),
        ]

    def _stretch(self, kind: StretchKind, first: int, last: int) -> Stretch:
        """Of the frames from `first` to one before `last`."""
        begin_ms, end_ms = first * FRAME_MS, last * FRAME_MS
        return Stretch(kind=kind, channel=self._channel, begin_ms=begin_ms, end_ms=end_ms)

    def _said_again(self, until_ms: int, *, ended: bool) -> tuple[Stretch, ...]:
        """Looked for in the first minutes, and there every ten seconds."""
        if not ended:
            until_ms = until_ms // _AGAIN_EVERY_MS * _AGAIN_EVERY_MS
        until_ms = min(until_ms, _AGAIN_UNTIL_MS)
        if until_ms != self._again[0]:
            spans = repeats(self._spectra.bits(until_ms // FRAME_MS))
            found = tuple(
                self._stretch(StretchKind.IVR, first, last) for first, last in sorted(set(spans))
            )
            self._again = until_ms, found
        return self._again[1]

    def clean(self, window: Window, heard_ms: int) -> tuple[Window | None, dict[str, int]]:
        """The window without tones and music, and how many samples were left out, by reason.

        What was heard until `heard_ms` decides, whatever was fed since.
        """
        first = max(0, window.begin_ms // FRAME_MS - _BEFORE_FRAMES)
        rows = self._spectra.rows(first, heard_ms // FRAME_MS)
        sounds = [
            replace(
                sound,
                begin_ms=max(sound.begin_ms, window.speech_begin_ms),
                end_ms=min(sound.end_ms, window.speech_end_ms),
            )
            for sound in sounds_of(rows, self._channel, begin=first)
            if sound.end_ms > window.speech_begin_ms and sound.begin_ms < window.speech_end_ms
        ]
        if not sounds:
            return window, {}
        covered = sum(sound.end_ms - sound.begin_ms for sound in sounds)
        if covered >= _ALL * (window.speech_end_ms - window.speech_begin_ms):
            reason = _REASON[max(sounds, key=lambda s: s.end_ms - s.begin_ms).kind]
            return None, {reason: len(window.samples)}
        left_out: dict[str, int] = {}
        for sound in sounds:
            if sound.end_ms - sound.begin_ms < _LEAST_EDGE_MS:
                continue
            cut = _cut(window, sound)
            if cut is not window:
                reason = _REASON[sound.kind]
                lost = len(window.samples) - len(cut.samples)
                left_out[reason] = left_out.get(reason, 0) + lost
                window = cut
        return window, left_out


def _cut(window: Window, sound: Stretch) -> Window:
    if sound.begin_ms <= window.speech_begin_ms + _LEAST_EDGE_MS // 4:
        lost = (sound.end_ms - window.begin_ms) * SAMPLE_RATE // 1000
        return replace(
            window,
            begin_ms=sound.end_ms,
            speech_begin_ms=sound.end_ms,
            samples=window.samples[lost:],
        )
    if sound.end_ms >= window.speech_end_ms - _LEAST_EDGE_MS // 4:
        kept = (sound.begin_ms - window.begin_ms) * SAMPLE_RATE // 1000
        return replace(
            window,
            end_ms=sound.begin_ms,
            speech_end_ms=sound.begin_ms,
            samples=window.samples[:kept],
        )
    return window
