"""Files that hold callers' words: for the server's own account, not for everybody on the machine.

A database's journal files take its mode (SQLite), so the mode is right before the first write.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> Path:
    """`path`, made with mode 0700 where it was missing. A folder that is there stays as it is."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    return path


def private_file(path: Path) -> Path:
    """`path` as a file of mode 0600, made empty where it was missing.

    A file that is there loses what others may do with it, unless its group may write: then a site
    shares it on purpose, and only the rest of the machine is shut out.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        mode = stat.S_IMODE(path.stat().st_mode)
        shut = stat.S_IRWXO if mode & stat.S_IWGRP else OTHERS
        if path.is_file() and mode & shut and path.stat().st_uid == os.geteuid():
            path.chmod(mode & ~shut)
    return path
