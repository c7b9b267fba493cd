"""What one machine keeps of calls beside the store: copies for browsers, the log of live calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from api.store import StoreError

HEARD = "heard"
"""Recordings as browsers can play them, below `data_dir`."""
LIVE_LOG = "live.sqlite"
KEPT_SOUNDS = "kept"
"""The sound of calls that wait to be heard, below `data_dir`."""
RECORDED = "recorded"
"""The sound of live calls that will be filed with them, below `data_dir`."""
_AT_ONCE = 500


def kept_sound(folder: Path, call_id: str) -> Path:
    """Where a call's sound lies in the folder of kept sounds: an id may be no name for a file."""
    return folder / f"{sha256(call_id.encode()).hexdigest()[:32]}.s16"


class MachineTraces:
    """`data_dir` of a server on this machine; nothing happens where there was none."""

    def __init__(self, data_dir: Path) -> None:
        self._heard = data_dir / HEARD
        self._sounds = (data_dir / KEPT_SOUNDS, data_dir / RECORDED)
        self._log = data_dir / LIVE_LOG

    def remove(self, call_ids: Sequence[str], hashes: Sequence[str]) -> None:
        """Raises StoreError."""
        try:
            for digest in hashes:
                safe = "".join(c for c in digest if c.isalnum())
                for copy in self._heard.glob(f"{safe}.*") if safe else ():
                    copy.unlink(missing_ok=True)
            for call_id in call_ids:
                for folder in self._sounds:
                    kept_sound(folder, call_id).unlink(missing_ok=True)
            for first in range(0, len(call_ids), _AT_ONCE):
                some = call_ids[first : first + _AT_ONCE]
                marks = ",".join("?" * len(some))
                self._forget(f"SELECT call_id FROM call WHERE call_id IN ({marks})", some)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(_sentence(self._heard.parent, error)) from None

    def sweep(self, before: datetime) -> None:
        """Live calls that ended and were never filed, sound that there was no time to hear, and
        copies a crash left half made.

        Raises StoreError.
        """
        cut_off = before.timestamp()
        try:
            self._forget(
                "SELECT call_id FROM call WHERE began_s < ? AND ended_s IS NOT NULL", (cut_off,)
            )
            if self._log.is_file():
                with sqlite3.connect(self._log, timeout=30.0) as log:
                    log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                log.close()
            for folder in (self._heard, *self._sounds):
                for copy in folder.glob("*") if folder.is_dir() else ():
                    if copy.stat().st_mtime < cut_off:
                        copy.unlink(missing_ok=True)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(_sentence(self._heard.parent, error)) from None

    def _forget(self, which: str, values: Sequence[object]) -> None:
        if not self._log.is_file():
            return
        log = sqlite3.connect(self._log, timeout=30.0)
        try:
            # What is forgotten must not stay readable in the file's free pages.
            log.execute("PRAGMA secure_delete = ON")
            with log:
                for table in ("event", "filed", "spent_token", "call"):
                    log.execute(f"DELETE FROM {table} WHERE call_id IN ({which})", values)
        finally:
            log.close()


def _sentence(where: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{where}: what this machine keeps of calls cannot be removed ({reason.lower()})"
