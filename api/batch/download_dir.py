"""The folder where objects of a bucket lie for as long as they are judged."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from api.batch import bucket


class DownloadDir:
    """As a context: it is gone afterwards, and so is what a killed batch has left in `root`."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or Path(tempfile.gettempdir()) / "qa-engine-incoming"
        self._folder = self._root / str(os.getpid())

    def __enter__(self) -> DownloadDir:
        for left in self._root.glob("*"):
            if not _is_alive(left.name):
                shutil.rmtree(left, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._root.rmdir()
        except OSError:
            # It was never made, or another batch is at work in it.
            return

    def fetch(self, url: str) -> Path:
        """Bring an object here. Raises BucketError, OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not by its own name, which may be anything; the suffix tells raw formats apart.
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        place = self._folder / f"{name}{Path(url).suffix.lower()}"
        bucket.fetch(url, place)
        return place

    def let_go(self, path: Path) -> None:
        """What was judged need not lie here any longer; other paths are left alone."""
        if path.parent == self._folder:
            path.unlink(missing_ok=True)


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
