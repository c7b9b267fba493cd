"""The bytes of a file that a phrasebook is read from, or what is in the way."""

from __future__ import annotations

from pathlib import Path

from phrasebook.errors import Code, Problems
from phrasebook.model import Where

MAX_FILE_BYTES = 16 * 1024 * 1024


def read_bytes(path: Path, problems: Problems) -> bytes | None:
    """None, and a problem more, for a file that cannot be read or is beyond all measure."""
    where = Where(path=str(path), line=0)
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE_BYTES else b""
    except OSError as error:
        problems.add(where, Code.UNREADABLE, f"cannot be read: {error.strerror or error}")
        return None
    if size > MAX_FILE_BYTES:
        message = f"has {size} bytes; at most {MAX_FILE_BYTES} may be read"
        problems.add(where, Code.TOO_LARGE, message)
        return None
    return data
