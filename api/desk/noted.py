"""What people look at leaves a row in the audit trail: one for each quarter of an hour, not one for
each reload."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from api.store import Store, audit

_AGAIN_S = 900.0
_REMEMBERED = 10_000


class Noted:
    """Who looked at what in the last minutes, in this process."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._lock = Lock()

    def is_new(self, who: str, action: str, subject: str) -> bool:
        key, now_s = (who, action, subject), time.monotonic()
        with self._lock:
            last_s = self._at.get(key)
            if last_s is not None and now_s - last_s < _AGAIN_S:
                return False
            self._at[key] = now_s
            self._at.move_to_end(key)
            while len(self._at) > _REMEMBERED:
                self._at.popitem(last=False)
            return True

    def look(
        self,
        store: Store,
        *,
        who: str,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Leave the row, unless the same look left one a moment ago."""
        if not self.is_new(who, action, subject):
            return
        with store.writing() as connection:
            audit.record(
                connection, who=who, action=action, subject=subject[:200], detail=detail or {}
            )
