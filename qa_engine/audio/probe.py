"""What a recording is, before any of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa_engine.audio import riff
from qa_engine.audio.endings import has_frame_count
from qa_engine.audio.errors import AudioNotFound, NotAudio, UnsupportedAudio
from qa_engine.audio.reading import AS_IT_IS, RawFormat, Reading, raw_format

__all__ = [
    "MOST_CHANNELS",
    "AudioFormat",
    "describe",
    "describe_raw",
    "open_audio",
    "probe",
    "stated_ms",
]

MOST_CHANNELS = 2
_RATES_HZ = range(4_000, 384_001)
# Containers that state their length in a header; the others' is a guess from the bit rate.
_EXACT = ("wav", "w64", "flac", "aiff", "au", "mov", "matroska")
_MICROSECONDS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    container: str
    codec: str
    channels: int
    """Those that are read."""
    source_channels: int
    """All that the file has."""
    sample_rate: int
    """Hz."""
    promised_ms: int | None
    """What the header says it holds, where it says so exactly."""


def probe(path: Path, how: Reading = AS_IT_IS) -> AudioFormat:
    """The format of a recording with one or two channels. Raises `AudioError`."""
    raw = how.raw or raw_format(path)
    if raw is not None:
        _check_file(path)
        return describe_raw(raw)
    with open_audio(path) as container:
        return describe(path, container, how.channels)


def open_audio(path: Path) -> Any:
    """A PyAV container, a context manager. Raises `AudioError`."""
    import av

    _check_file(path)
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise NotAudio(path, _looks_like(path)) from error
    if not container.streams.audio:
        container.close()
        raise NotAudio(path, "holds no sound")
    return container


def describe_raw(raw: RawFormat) -> AudioFormat:
    return AudioFormat(
        container="raw",
        codec=raw.codec,
        channels=1,
        source_channels=1,
        sample_rate=raw.sample_rate,
        promised_ms=None,
    )


def stated_ms(path: Path) -> int | None:
    """What a WAV's own header says it holds, which FFmpeg passes over where it is too much."""
    with path.open("rb") as file:
        stated = riff.parse(file.read(riff.HEAD_BYTES))
    if stated is None or stated.bytes_per_s <= 0:
        return None
    return stated.data_bytes * 1000 // stated.bytes_per_s


def describe(path: Path, container: Any, wanted: tuple[int, ...] | None = None) -> AudioFormat:
    """The format of an open container; `wanted`: the channels to read. Raises `AudioError`."""
    stream = container.streams.audio[0]
    codec = stream.codec_context
    rate, channels = int(codec.sample_rate or 0), int(codec.channels or 0)
    if rate not in _RATES_HZ:
        raise UnsupportedAudio(path, f"a sample rate of {rate} Hz", "at least 4000 Hz")
    if wanted is not None and max(wanted) >= channels:
        raise UnsupportedAudio(
            path, f"{channels} channels", f"a channel {max(wanted) + 1} as --channels says"
        )
    if wanted is None and not 1 <= channels <= MOST_CHANNELS:
        raise UnsupportedAudio(
            path,
            f"{channels} channels",
            "one, or two with agent and customer apart; choose with --channels agent=1,customer=2",
        )
    names = str(container.format.name).split(",")
    promised_ms = None
    exact = any(name in _EXACT for name in names) or ("mp3" in names and has_frame_count(path))
    if exact and stream.duration is not None:
        promised_ms = round(float(stream.duration * stream.time_base) * 1000)
    elif exact and container.duration is not None:
        promised_ms = container.duration // _MICROSECONDS
    return AudioFormat(
        container=names[0],
        codec=str(codec.name),
        channels=channels if wanted is None else len(wanted),
        source_channels=channels,
        sample_rate=rate,
        promised_ms=promised_ms,
    )


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise AudioNotFound(path, "is a folder")
    if not path.exists():
        raise AudioNotFound(path, "no such file")
    try:
        with path.open("rb") as file:
            head = file.read(riff.HEAD_BYTES)
    except OSError as error:
        raise AudioNotFound(path, (error.strerror or "cannot be opened").lower()) from error
    if not head:
        raise NotAudio(path, "is empty")


def _looks_like(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    try:
        text = head.decode("utf-8", "strict" if len(head) < 512 else "ignore")
    except UnicodeDecodeError:
        return "is not a recording that can be read"
    if (
        text.isprintable()
        or text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable()
    ):
        return "is text"
    return "is not a recording that can be read"
