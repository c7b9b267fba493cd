"""What the end of a live call means for its judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from qa_engine.rules.judgeable import Unjudgeable

EndReason = Literal["closed", "lost", "too_long", "server_stopped", "server_restarted", "failed"]

_CUT_OFF = Unjudgeable.CUT_OFF
_UNJUDGED: Mapping[str, Unjudgeable] = {
    "lost": _CUT_OFF,
    "too_long": _CUT_OFF,
    "server_stopped": _CUT_OFF,
    "server_restarted": _CUT_OFF,
    "failed": Unjudgeable.FAILED,
}


def unjudged(reason: str) -> Unjudgeable:
    """Why a call that ended so cannot be judged; nothing for one that was closed as it should."""
    return _UNJUDGED.get(reason, Unjudgeable.NONE)
