"""What follows on a call's last message: it is filed, or heard when there is time."""

from __future__ import annotations

import logging
from collections.abc import Callable

from api.live.call_handle import CallHandle
from api.live.call_state import CallState
from api.live.kept_sounds import KeptSounds
from api.live.metrics import Metrics
from api.live.recordings import Recordings

log = logging.getLogger("qa_engine.calls")


class AfterCall:
    """Of all calls. A call that waits for the next server is left as it is."""

    def __init__(
        self,
        metrics: Metrics,
        recordings: Recordings | None,
        sounds: KeptSounds,
        *,
        filed: Callable[[str], None],
        kept: Callable[[str], None],
    ) -> None:
        """`filed` and `kept` are told the id of a call that is to be filed, or heard later."""
        self._metrics = metrics
        self._recordings = recordings
        self._sounds = sounds
        self._filed = filed
        self._kept = kept

    def settle(self, call: CallHandle) -> None:
        """Of a call whose last message is kept and told."""
        if call.live.state is CallState.KEPT:
            self._kept(call.call_id)
        if call.live.state is not CallState.ENDED:
            return
        told: dict[str, object] = {"reason": call.live.end_reason}
        told |= {"call_id": call.call_id, "duration_ms": call.live.at_ms}
        log.info("call ended", extra=told)
        self._metrics.settle(call.live.totals())
        if self._recordings is not None:
            self._recordings.over(call.call_id)
            self._recordings.adopt(call.call_id, self._sounds)
        self._filed(call.call_id)
        self._sounds.remove(call.call_id)
