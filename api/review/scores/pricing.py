"""What the phrasebook that judged a call charges for a hit of each rule."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

import yaml
from sqlalchemy import Connection, select

from api.store.tables import calls, phrasebooks

_KEPT = 4
_read: OrderedDict[str, dict[str, float]] = OrderedDict()
_lock = Lock()
"""Ten thousand phrases take a second to read; a version never changes."""


def prices(connection: Connection, call_id: str) -> dict[str, float]:
    """Rule → points, for the rules that name any; empty when the phrasebook is not kept."""
    version = connection.scalar(select(calls.c.phrasebook_version).where(calls.c.id == call_id))
    if not version:
        return {}
    with _lock:
        if version not in _read:
            query = select(phrasebooks.c.yaml).where(phrasebooks.c.version == version)
            _read[version] = _points(connection.scalar(query) or "")
            while len(_read) > _KEPT:
                _read.popitem(last=False)
        return _read[version]


def _points(text: str) -> dict[str, float]:
    book: Any = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    return {
        str(rule["id"]): float(rule["points"])
        for rule in (*book.get("entries", ()), *book.get("asks", ()))
        if rule.get("points")
    }
