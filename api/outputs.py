"""Where results go: checked before the work begins, written whole or not at all.

A regular file is replaced by a rename, so that a reader never sees half of one; it keeps its mode
and owner, and a symbolic link to it stays a link. Anything else that stands at the path (a device,
a FIFO, `/dev/stdout`) is written through and never replaced.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from qa_engine.errors import QAError

STDOUT = Path("-")
MOST_LINKS = 40


class OutputError(QAError):
    """A result cannot be written where it was asked to go."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: cannot write the result here ({reason}); name a writable path")
        self.path = path


def check_writable(path: Path | None) -> None:
    """Fail now rather than after an hour of decoding. Leaves nothing behind, opens nothing."""
    if path is None or path == STDOUT or _descriptor(path) is not None:
        return
    if path.is_dir():
        raise OutputError(path, "it is a folder")
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not os.access(target, os.W_OK):
            raise OutputError(path, "permission denied")
        if _is_replaced(target):
            with tempfile.TemporaryFile(dir=target.parent):
                pass
    except OSError as error:
        raise OutputError(path, (error.strerror or "not writable").lower()) from None


def write_text(path: Path, parts: Iterable[str]) -> None:
    """Write `parts` to `path` as the module tells. Raises OutputError."""
    if path == STDOUT:
        sys.stdout.writelines(parts)
        sys.stdout.flush()
        return
    with beside(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(parts)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary name to write to; what is there goes to `path` when all went well."""
    descriptor = _descriptor(path)
    target = Path(os.path.realpath(path))
    try:
        if descriptor is None and _is_replaced(target):
            with _replacing(target) as temporary:
                yield temporary
        else:
            with tempfile.TemporaryDirectory() as folder:
                temporary = Path(folder) / f"result{path.suffix}"
                yield temporary
                with temporary.open("rb") as source, _opened(path, descriptor) as sink:
                    shutil.copyfileobj(source, sink)
    except OSError as error:
        raise OutputError(path, (error.strerror or "not writable").lower()) from None


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    temporary = target.with_name(f".{target.stem}.part{target.suffix}")
    try:
        yield temporary
        if not target.exists():
            temporary.replace(target)
        elif _take_after(temporary, target.stat()):
            temporary.replace(target)
        else:
            with temporary.open("rb") as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    finally:
        temporary.unlink(missing_ok=True)


def _take_after(temporary: Path, old: os.stat_result) -> bool:
    """Give the new file the old one's owner and mode; False where we may not."""
    new = temporary.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.chown(temporary, old.st_uid, old.st_gid)
        except OSError:
            return False
    temporary.chmod(stat.S_IMODE(old.st_mode))
    return True


def _is_replaced(target: Path) -> bool:
    """Whether a rename may take the place: nothing is there, or a regular file."""
    try:
        return stat.S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        return True


def _descriptor(path: Path) -> int | None:
    """The open file that `/dev/stdout`, `/dev/fd/3` or a link to such a name stands for."""
    own = ("/dev/fd", "/proc/self/fd", f"/proc/{os.getpid()}/fd")
    for _ in range(MOST_LINKS):
        folder = os.path.realpath(path.parent)
        if (str(path.parent) in own or folder in own) and path.name.isdigit():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def _opened(path: Path, descriptor: int | None) -> IO[bytes]:
    if descriptor is None:
        return path.open("wb")
    # What was printed before stands before it; the file is the shell's, and is not cut short.
    sys.stdout.flush()
    return os.fdopen(os.dup(descriptor), "wb")
