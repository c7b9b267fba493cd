"""What a new call is heard by: a session of its own, or a file that is heard later."""

from __future__ import annotations

from api.live.call_info import CallInfo
from api.live.kept_sounds import KeptSounds
from api.live.refusals import Refused, Why
from api.live.sessions import Session, Sessions


def open_session(info: CallInfo, sessions: Sessions, sounds: KeptSounds) -> Session:
    """Raises `Refused` where its sound cannot be kept."""
    if info.hearing == "live":
        return sessions.open_session(info)
    try:
        return sounds.session(info.call_id, len(info.roles))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Refused(
            Why.OVERLOADED, f"no new call is taken: its sound cannot be kept ({reason})"
        ) from error
