"""Decoded frames of a recording, packet by packet: what cannot be decoded becomes silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from models.recogniser import Samples
from qa_engine.audio.damage import Damage, Gap
from qa_engine.audio.endings import cut_frame
from qa_engine.audio.lost_time import LostTime, UnsentSilence
from qa_engine.audio.probe import AudioFormat

__all__ = ["frames"]

_BETTER = {"amrnb": "libopencore_amrnb", "amr_nb": "libopencore_amrnb"}
"""FFmpeg's own AMR decoder does not know discontinuous transmission."""
_MOST_BAD = 20_000


def frames(container: Any, audio_format: AudioFormat, damage: Damage) -> Iterator[Samples]:
    """[channels, n] float32 at the recording's own rate.

    A packet that cannot be decoded is filled with as much silence as it stood for, and noted in
    `damage`. A stream that breaks off ends there: what is missing then is told by its header.
    """
    import av

    rate, channels = audio_format.sample_rate, audio_format.source_channels
    decoder = _decoder(container)
    lost_time = LostTime(str(container.format.name), audio_format.codec, rate)
    bad = 0
    packets = iter(container.demux(audio=0))
    last: Any = None

    def filled(silence: UnsentSilence) -> Samples:
        end = lost_time.done
        if silence.samples and silence.is_lost:
            damage.gaps.append(Gap((end - silence.samples) * 1000 // rate, end * 1000 // rate))
        return np.zeros((channels, silence.samples), np.float32)

    while bad < _MOST_BAD:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.FFmpegError:
            # The container itself goes wrong here: some go on behind it, some do not.
            bad += 1
            continue
        lost_time.packet(packet.size)
        last = packet if packet.size else last
        try:
            decoded = decoder.decode(packet) if decoder else packet.decode()
        except av.FFmpegError:
            bad += 1
            lost_time.undecoded(packet)
            continue
        for frame in decoded:
            yield filled(lost_time.before(frame))
            lost_time.decoded(frame.samples)
            yield _floats(frame, channels)
    yield filled(lost_time.behind())
    if last is not None:
        block_bytes = int(getattr(container.streams.audio[0].codec_context, "block_align", 0) or 0)
        damage.broken_off |= cut_frame(audio_format.codec, bytes(last), block_bytes)


def _decoder(container: Any) -> Any:
    """Another decoder than the container's own, where that one is known to be poorer."""
    import av

    name = _BETTER.get(container.streams.audio[0].codec_context.name)
    if name is None or name not in av.codecs_available:
        return None
    return av.CodecContext.create(name, "r")


def _floats(frame: Any, channels: int) -> Samples:
    """[channels, n] float32 of a PyAV frame, whatever its sample format."""
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, channels).T
    if data.dtype.kind == "f":
        # One NaN would stay in the state of everything that listens after it.
        return np.nan_to_num(np.ascontiguousarray(data, np.float32), posinf=1.0, neginf=-1.0)
    if data.dtype == np.uint8:
        return np.asarray((data.astype(np.float32) - 128.0) / 128.0, np.float32)
    full_scale = float(2 ** (8 * data.dtype.itemsize - 1))
    return np.asarray(data.astype(np.float32) / full_scale, np.float32)
