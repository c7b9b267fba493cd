"""The sound of calls on disk, for the server alone to read: heard later, or kept until filed.

A file holds what a session would have heard: 16-bit samples at 16 kHz, channels interleaved, each
piece written as it came, so that a process that is killed loses nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from api.private_files import private_file, private_folder
from api.traces import kept_sound
from models.recogniser import SAMPLE_RATE, Samples, Transcript
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.events import SessionEvent
from qa_engine.hearing.accounting import Account
from qa_engine.rules.judgeable import Unjudgeable

__all__ = ["KeptSession", "KeptSounds"]

_FULL_SCALE = 32_767
_BYTES = 2
_GB = 1_000_000_000


class KeptSounds:
    """One folder. `allowed`: whether a site wants calls kept at all."""

    def __init__(self, folder: Path, *, allowed: bool = True, free_gb: float = 0.0) -> None:
        """`free_gb`: how much of the disk is left to others."""
        self._folder = folder
        self._allowed = allowed
        self._free_gb = free_gb

    def refusal(self) -> str | None:
        """Why no more sound is kept, or None."""
        if not self._allowed:
            return "hear_later is off"
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        free_gb = shutil.disk_usage(there).free / _GB
        if free_gb < self._free_gb:
            return (
                f"{free_gb:.1f} GB of disk are free to keep its sound, "
                f"hear_later_free_gb is {self._free_gb:g}"
            )
        return None

    def session(self, call_id: str, channels: int) -> KeptSession:
        """Goes on where the call's file ends. Raises OSError."""
        private_folder(self._folder)
        return KeptSession(private_file(self.path(call_id)), channels)

    def length_ms(self, call_id: str, channels: int) -> int:
        """How much of the call is here; 0 without a file."""
        path = self.path(call_id)
        return _length_ms(path.stat().st_size if path.exists() else 0, channels)

    def blocks(self, call_id: str, channels: int) -> Iterator[Samples]:
        """float32 [channels, n] at 16 kHz, a second each. Raises OSError."""
        with self.path(call_id).open("rb") as file:
            while data := file.read(SAMPLE_RATE * channels * _BYTES):
                whole = len(data) // (channels * _BYTES) * channels
                frames = np.frombuffer(data, "<i2", whole).reshape(-1, channels)
                yield np.ascontiguousarray(frames.T.astype(np.float32) / _FULL_SCALE)

    def cut(self, call_id: str, channels: int, length_ms: int) -> None:
        """The call goes on from `length_ms`: what is beyond is heard again, what lacks is silence.

        Raises OSError.
        """
        path = self.path(call_id)
        if path.exists() or length_ms:
            private_folder(self._folder)
            os.truncate(private_file(path), length_ms * SAMPLE_RATE // 1000 * channels * _BYTES)

    def hand_over(self, call_id: str, other: KeptSounds) -> None:
        """The call's file goes to another folder of the same disk; nothing without one."""
        if self.path(call_id).exists():
            private_folder(other._folder)
            self.path(call_id).replace(other.path(call_id))

    def remove(self, call_id: str) -> None:
        self.path(call_id).unlink(missing_ok=True)

    def keep_only(self, call_ids: Collection[str]) -> None:
        """Take away what belongs to no other call than these."""
        wanted = {self.path(call_id) for call_id in call_ids}
        for path in self._folder.glob("*"):
            if path not in wanted:
                path.unlink(missing_ok=True)

    def path(self, call_id: str) -> Path:
        """Where the call's sound lies, if any is kept."""
        return kept_sound(self._folder, call_id)


class KeptSession:
    """A live call's `Session` that only keeps what it hears: it tells nothing and asks nothing."""

    def __init__(self, path: Path, channels: int) -> None:
        """Raises OSError."""
        self._channels = channels
        self._path = path
        size = path.stat().st_size // (channels * _BYTES) * channels * _BYTES
        os.truncate(path, size)
        self._fed_ms = _length_ms(size, channels)
        self._samples = self._fed_ms * SAMPLE_RATE // 1000

    def hear(self, samples: Samples) -> list[SessionEvent]:
        """Raises OSError when the disk is full."""
        whole = np.clip(np.rint(samples.T * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE)
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(whole, "<i2").tobytes())
        self._samples += samples.shape[1]
        self._fed_ms = self._samples * 1000 // SAMPLE_RATE
        return []

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]:
        return []

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        return []

    def missing(self, stretches: Sequence[Stretch]) -> list[SessionEvent]:
        """Told when the sound is heard."""
        return []

    def finalize(self) -> list[SessionEvent]:
        return []

    def close(self) -> list[SessionEvent]:
        return []

    def result(self, ending: Unjudgeable) -> AnalysisResult:
        raise AssertionError("a call whose sound is only kept has no result yet")

    @property
    def known_ms(self) -> Sequence[int]:
        """All of it is on disk."""
        return (self._fed_ms,) * self._channels

    @property
    def accounts(self) -> Sequence[Account]:
        return [_waiting(self._fed_ms) for _ in range(self._channels)]


def _waiting(ms: int) -> Account:
    """Nothing of it was listened to yet."""
    return Account(
        fed_ms=ms,
        silent_ms=0,
        decoded_ms=0,
        dropped_ms={},
        pending_ms=ms,
        partials_wanted=0,
        partials_decoded=0,
        partials_coalesced=0,
        finals_decoded=0,
    )


def _length_ms(size: int, channels: int) -> int:
    return size // (channels * _BYTES) * 1000 // SAMPLE_RATE
