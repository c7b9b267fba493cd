"""One server for each data directory: a second one would end the first one's calls.

The lock is the operating system's, so a server that was killed holds nothing. What it says of its
holder stands in a file beside it, for the sentence that the second server's operator reads.
"""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from api.private_files import private_folder
from qa_engine.errors import QAError

LOCK = "server.lock"
HOLDER = "server.json"


class DataDirHeld(QAError):
    """Another server has this data directory."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"{folder}: {holder} uses this data directory; stop it first, or give this server "
            "a directory of its own with QA_ENGINE_DATA_DIR"
        )
        self.folder = folder


class DataLock:
    """Held from its making to `release`, or to the end of the process."""

    def __init__(self, folder: Path, *, purpose: str = "qa-engine serve") -> None:
        """Raises `DataDirHeld`."""
        self._lock = FileLock(private_folder(folder) / LOCK, mode=0o600, thread_local=False)
        self._holder = folder / HOLDER
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise DataDirHeld(folder, _told(self._holder)) from None
        since = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"purpose": purpose, "pid": os.getpid(), "host": socket.gethostname()}
        self._holder.write_text(json.dumps(said | {"since": since}), "utf-8")

    def release(self) -> None:
        """Another server may have the directory."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()


def _told(holder: Path) -> str:
    """Who has it, as far as it said so."""
    try:
        said = json.loads(holder.read_text("utf-8"))
        return f"{said['purpose']} (process {said['pid']} on {said['host']}, since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another server"
