"""Names of files as text that any database, sheet or terminal takes."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def shown(path: Path | str) -> str:
    """The path on one line: bytes that are not UTF-8 and invisible characters are written as \\xNN.

    Different paths stay different, so that the text may stand for the file.
    """
    raw = os.fsencode(path)
    if os.sep != "\\":
        raw = raw.replace(b"\\", b"\\\\")
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if _is_visible(c) else c.encode("unicode_escape").decode() for c in text)


def _is_visible(character: str) -> bool:
    # Cf holds the signs that turn the direction of writing, so that exe.wav is read as vaw.exe.
    return unicodedata.category(character) not in {"Cc", "Cf", "Cn", "Co", "Zl", "Zp"}
