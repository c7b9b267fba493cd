"""A copy of a recording in which some spans are silent, so that it can be given away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from qa_engine.audio.errors import AudioDamaged, NotAudio

__all__ = ["TimeSpan", "merged", "write_muted"]

TimeSpan = tuple[int, int]
"""Begin and end in ms."""

_FADE_MS = 5
"""Against the click of a hard cut."""


def merged(spans: Iterable[TimeSpan], *, margin_ms: int = 0) -> list[TimeSpan]:
    """In order, each `margin_ms` longer on both sides, those that touch made one."""
    joined: list[TimeSpan] = []
    for begin, end in sorted(spans):
        begin, end = max(0, begin - margin_ms), end + margin_ms
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def write_muted(source: IO[bytes], target: Path, spans: Sequence[TimeSpan], *, name: Path) -> None:
    """Copy `source` to `target` as FLAC, every channel silent in `spans`; a block at a time.

    All channels, because a telephone line carries a little of the other one. `name` is what the
    recording is called in errors. Raises `AudioError`.
    """
    import av

    try:
        recording = av.open(source, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise NotAudio(name, "is not a recording that can be read") from error
    with recording, av.open(str(target), "w", format="flac") as copy:
        sound = recording.streams.audio[0]
        rate, layout = sound.codec_context.sample_rate, sound.codec_context.layout.name
        stream: Any = copy.add_stream("flac", rate=rate, layout=layout)
        resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
        voices = len(sound.codec_context.layout.channels)
        at = 0
        for frame in _frames(recording, name):
            for plain in resampler.resample(frame):
                samples = np.asarray(plain.to_ndarray(), np.int16).reshape(-1, voices)
                quiet = _mute(samples, spans, first=at, rate=rate)
                muted = av.AudioFrame.from_ndarray(quiet.reshape(1, -1), "s16", layout)
                muted.sample_rate, muted.pts = rate, at
                at += len(samples)
                copy.mux(stream.encode(muted))
        copy.mux(stream.encode(None))


def _frames(recording: Any, name: Path) -> Iterator[Any]:
    import av

    try:
        yield from recording.decode(audio=0)
    except av.FFmpegError as error:
        raise AudioDamaged(name, at_ms=0) from error


def _mute(
    samples: NDArray[np.int16], spans: Sequence[TimeSpan], *, first: int, rate: int
) -> NDArray[np.int16]:
    """`samples` [n, channels] that begin at sample `first` of the call, silent in the spans."""
    fade = max(1, _FADE_MS * rate // 1000)
    place = np.arange(first, first + len(samples))
    gain = np.ones(len(samples))
    for begin_ms, end_ms in spans:
        begin, end = begin_ms * rate // 1000, end_ms * rate // 1000
        if begin - fade < place[-1] and end + fade > place[0]:
            away = np.maximum(begin - place, place - end)
            gain = np.minimum(gain, np.clip(away / fade, 0.0, 1.0))
    return np.ascontiguousarray((samples * gain[:, None]).astype(np.int16))
