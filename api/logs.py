"""What the server says of itself: one line for each event, for people or for machines.

    2026-11-29T02:10:00.123Z INFO qa_engine.calls: call begun call_id=c-17
    {"time": "2026-11-29T02:10:00.123Z", "level": "info", "logger": "qa_engine.calls", …}

Calls are named by their ids. The text of an exception is left out unless it is one of ours or of
the operating system, for it may hold what a caller said; where it was raised is told.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from api.settings import Settings
from qa_engine.errors import QAError

FIELDS = (
    "call_id",
    "code",
    "peer",
    "reason",
    "duration_ms",
    "method",
    "path",
    "status",
    "took_ms",
    "calls",
)
"""What a line may tell beside its message, in this order."""
_TELLING = (QAError, OSError)


def configure(settings: Settings) -> None:
    """Everything of this process goes to standard error, as `log_format` and `log_level` say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("qa_engine").setLevel(settings.log_level.upper())
    # uvicorn would give its own loggers handlers of their own.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()


class TextLines(logging.Formatter):
    """For a person at a terminal or in a journal."""

    def format(self, record: logging.LogRecord) -> str:
        told = "".join(f" {name}={value}" for name, value in _fields(record))
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{told}"
        return "\n  ".join([line.replace("\n", " "), *_trace(record)])


class JsonLines(logging.Formatter):
    """For whatever collects logs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= dict(_fields(record))
        if trace := _trace(record):
            line["exception"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    for name in FIELDS:
        value = getattr(record, name, None)
        if value not in (None, ""):
            yield name, value


def _trace(record: logging.LogRecord) -> list[str]:
    if not record.exc_info or record.exc_info[1] is None:
        return []
    error = record.exc_info[1]
    told = f": {error}" if isinstance(error, _TELLING) else ""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return [f"{type(error).__name__}{told}".replace("\n", " "), *reversed(where)]
