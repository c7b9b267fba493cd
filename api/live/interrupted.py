"""A call that a stop cut off and that cannot go on ends where its log ends."""

from __future__ import annotations

import json

from api.live.endings import unjudged
from api.live.event_log import EventLog, LogEntry
from api.live.message_parts import Judgeable
from api.live.messages import Ended
from qa_engine.rules.judgeable import unjudgeable


async def end_interrupted(log: EventLog, call_id: str) -> None:
    """Write `ended` after the call's last message, unless it stands there."""
    entries = await log.entries(call_id)
    at_ms = max((int(json.loads(entry.body)["at_ms"]) for entry in entries), default=0)
    if not entries or entries[-1].type != "ended":
        cut_off = unjudgeable(unjudged("server_restarted"))
        ended = Ended(
            call_id=call_id,
            seq=entries[-1].seq + 1 if entries else 1,
            at_ms=at_ms,
            reason="server_restarted",
            duration_ms=at_ms,
            judgeable=Judgeable(
                state="not_judgeable",
                reason=cut_off.reason.value,
                message_zh=cut_off.message_zh,
            ),
        )
        await log.append(
            [LogEntry(call_id=call_id, seq=ended.seq, type="ended", body=ended.wire())]
        )
    await log.end_call(call_id)
