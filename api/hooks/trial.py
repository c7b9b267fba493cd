"""What `qa-engine hooks try` sends: a made-up call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MADE_UP: Mapping[str, Any] = {
    "id": "0.0",
    "sequence": 0,
    "type": "call",
    "at": "2026-01-01T00:00:00+00:00",
    "test": True,
    "call_id": "test",
    "agent": "",
    "score": None,
    "conclusion": "passed",
    "hits": 0,
}
