"""Where results go: checked before the work begins, written whole or not at all."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qa_engine.errors import QAError

STDOUT = Path("-")


class OutputError(QAError):
    """A result cannot be written where it was asked to go."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: cannot write the result here ({reason}); name a writable path")
        self.path = path


def check_writable(path: Path | None) -> None:
    """Fail now rather than after an hour of decoding. Leaves nothing behind."""
    if path is None or path == STDOUT:
        return
    if path.is_dir():
        raise OutputError(path, "it is a folder")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(path, (error.strerror or "not writable").lower()) from None


def write_text(path: Path, parts: Iterable[str]) -> None:
    """Write `parts` beside `path` and rename, so that a reader never sees half a file."""
    if path == STDOUT:
        sys.stdout.writelines(parts)
        sys.stdout.flush()
        return
    with beside(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(parts)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary name to write to; it takes the place of `path` when all went well."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(path, (error.strerror or "not writable").lower()) from None
    finally:
        temporary.unlink(missing_ok=True)
