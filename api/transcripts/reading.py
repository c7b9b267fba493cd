"""One transcript file to a `Dialogue`: which reader it needs, by its ending and by its content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.transcripts.errors import TranscriptError
from api.transcripts.json_shapes import dialogue_of
from api.transcripts.tables import read_rows, table_of
from api.transcripts.texts import read_plain, read_subtitles
from qa_engine.dialogue import Dialogue

__all__ = ["TRANSCRIPT_SUFFIXES", "TranscriptError", "read_transcript"]

TRANSCRIPT_SUFFIXES = frozenset(".json .jsonl .txt .srt .vtt .csv .xlsx".split())


def read_transcript(path: Path) -> Dialogue:
    """Raises TranscriptError: not readable, no known shape, or nothing said in it."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".xlsx":
            dialogue = table_of(read_rows(path))
        elif suffix == ".csv":
            dialogue = table_of(read_rows(path, text=_text(path)))
        elif suffix in (".srt", ".vtt"):
            dialogue = read_subtitles(_text(path), suffix[1:])
        elif suffix in (".json", ".jsonl"):
            dialogue = dialogue_of(_json(_text(path)))
        else:
            dialogue = read_plain(_text(path))
    except TranscriptError as error:
        raise TranscriptError(f"{path}: {error}") from None
    if not any(line.text.strip() for line in dialogue.lines):
        raise TranscriptError(f"{path}: a transcript in which nothing is said")
    return dialogue


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise TranscriptError(f"cannot read the transcript ({reason})") from None
    # What a Chinese Windows saves, unless told otherwise, is GB18030.
    for encoding in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TranscriptError("neither UTF-8 nor GB18030 text; save it as UTF-8")


def _json(text: str) -> Any:
    """One JSON value, or JSON lines as a list."""
    try:
        return json.loads(text)
    except RecursionError:
        raise TranscriptError("JSON is nested too deeply") from None
    except ValueError as whole:
        rows = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except ValueError:
                if number > 1:
                    raise TranscriptError(f"line {number}: not a JSON object") from None
                place = f"line {getattr(whole, 'lineno', 1)}"
                raise TranscriptError(f"{place}: JSON breaks off or goes wrong here") from None
        return rows
