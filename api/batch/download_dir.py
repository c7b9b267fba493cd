"""The folder where objects of a bucket lie for as long as they are judged."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import socket
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

from api.batch import bucket

LOCK = ".lock"
ABANDONED_S = 7 * 86_400.0
"""A directory unused for so long belongs to a batch that is gone."""


class DownloadDir:
    """As a context: it is gone afterwards, and so is what a killed batch has left in `root`.

    Whether another batch lives is told by the lock that the operating system holds for it, as a
    process's number means nothing in another container or on another host. Where a file system
    may not carry locks between hosts, what another host left is kept for a week.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or Path(tempfile.gettempdir()) / "qa-engine-incoming"
        self._folder = self._root / f"{socket.gethostname()}-{secrets.token_hex(8)}"
        self._lock = FileLock(self._folder / LOCK, mode=0o600, thread_local=False)

    def __enter__(self) -> DownloadDir:
        for left in self._root.glob("*"):
            if _is_abandoned(left):
                shutil.rmtree(left, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._root.rmdir()
        except OSError:
            # It was never made, or another batch is at work in it.
            return

    def fetch(self, url: str) -> Path:
        """Bring an object here. Raises BucketError, OSError."""
        if not self._lock.is_locked:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=0)
        (self._folder / LOCK).touch()
        # Not by its own name, which may be anything; the suffix tells raw formats apart.
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        place = self._folder / f"{name}{Path(url).suffix.lower()}"
        bucket.fetch(url, place)
        return place

    def let_go(self, path: Path) -> None:
        """What was judged need not lie here any longer; other paths are left alone."""
        if path.parent == self._folder:
            path.unlink(missing_ok=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        idle_s = time.time() - max(folder.stat().st_mtime, _touched_s(folder / LOCK))
        ours = folder.name.startswith(f"{socket.gethostname()}-")
        if not ours:
            return idle_s > ABANDONED_S
        with FileLock(folder / LOCK, timeout=0, thread_local=False):
            return True
    except (Timeout, OSError):
        return False


def _touched_s(lock: Path) -> float:
    return lock.stat().st_mtime if lock.exists() else 0.0
