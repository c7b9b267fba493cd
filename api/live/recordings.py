"""The sound of live calls, kept for people like a recording's where the site says so.

While a call runs each piece goes into a file of its own beside the log (`KeptSounds`); when the
call is filed that becomes one FLAC on the shelf, noted with the call in one transaction, and goes
with it when it is purged. What was never sent (a pause, a gap) is silence there as in the call.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from api.live.kept_sounds import KeptSession, KeptSounds
from api.private_files import private_file
from api.store import StoreError
from api.store.audio import AudioShelf
from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.audio.flac import write_flac

__all__ = ["KeptRecording", "Recordings"]

log = logging.getLogger("qa_engine.recordings")


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """On the shelf, and not yet noted with its call. `digest`: sha256 of its bytes."""

    digest: str
    size_bytes: int
    shelf: AudioShelf

    def note(self, connection: Connection) -> None:
        """In the transaction that files the call."""
        self.shelf.note(connection, self.digest, self.size_bytes)


class Recordings:
    """Of one server. Synchronous: a piece is a small append, the rest runs beside the calls."""

    def __init__(self, folder: Path, shelf: AudioShelf) -> None:
        self._sounds = KeptSounds(folder)
        self._shelf = shelf
        self._open: dict[str, KeptSession | None] = {}
        """None: the call's sound could not be kept, and is not tried again."""

    def hear(self, call_id: str, channels: int, at_ms: int, samples: Samples) -> str:
        """The call's sound from `at_ms` on. Returns why no more is kept, once, else nothing."""
        try:
            if call_id not in self._open:
                self._sounds.cut(call_id, channels, at_ms)
                self._open[call_id] = self._sounds.session(call_id, channels)
            if (session := self._open[call_id]) is not None:
                session.hear(samples)
        except OSError as error:
            self._open[call_id] = None
            self._sounds.remove(call_id)
            log.warning("the sound of a call is not kept", extra={"call_id": call_id})
            reason = (error.strerror or type(error).__name__).lower()
            return f"the sound of this call is not kept: {reason}"
        return ""

    def adopt(self, call_id: str, sounds: KeptSounds) -> None:
        """Take over the sound of a call that was kept to be heard later."""
        sounds.hand_over(call_id, self._sounds)

    def over(self, call_id: str) -> None:
        """Nothing more comes of that call."""
        self._open.pop(call_id, None)

    @contextmanager
    def shelved(self, call_id: str, channels: int) -> Iterator[KeptRecording | None]:
        """The call's sound on the shelf, None without any; its file goes when all went well.

        Raises `StoreError`.
        """
        if not self._sounds.length_ms(call_id, channels):
            yield None
            return
        target = self._sounds.path(call_id).with_suffix(".flac")
        try:
            private_file(target)
            write_flac(target, self._sounds.blocks(call_id, channels), SAMPLE_RATE, channels)
            digest = hashlib.sha256(target.read_bytes()).hexdigest()
            self._shelf.keep(target, digest)
            yield KeptRecording(digest, target.stat().st_size, self._shelf)
            self._sounds.remove(call_id)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise StoreError(f"the sound of a call cannot be kept ({reason})") from None
        finally:
            target.unlink(missing_ok=True)
