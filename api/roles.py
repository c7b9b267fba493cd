"""Who is on which channel, as people type it: `agent,customer` or 坐席,客户."""

from __future__ import annotations

from qa_engine.audio.reading import ENCODINGS, RawFormat, Reading
from qa_engine.errors import QAError
from qa_engine.events import Role

_NAMES = {
    "agent": Role.AGENT,
    "坐席": Role.AGENT,
    "customer": Role.CUSTOMER,
    "客户": Role.CUSTOMER,
}


def parse_roles(text: str | None) -> tuple[Role, ...] | None:
    """The roles of channels 0 and 1; None where nothing was said. Raises QAError."""
    if not text:
        return None
    found = [_NAMES.get(part.strip().lower()) for part in text.replace("，", ",").split(",")]
    roles = tuple(role for role in found if role)
    if len(roles) != len(found) or len(roles) > 2 or len(set(roles)) != len(roles):
        raise QAError("roles: expected agent,customer or customer,agent (or one for mono audio)")
    return roles


def parse_reading(
    encoding: str | None, rate: int | None, channels: str | None
) -> tuple[Reading, tuple[Role, ...] | None]:
    """How recordings are read, and the roles that `channels` (`agent=2,customer=3`) gives.

    Raises QAError.
    """
    raw = None
    if encoding:
        if encoding not in ENCODINGS:
            raise QAError(f"encoding: expected one of {', '.join(ENCODINGS)}")
        raw = RawFormat(encoding, rate or ENCODINGS[encoding][1])
    elif rate:
        raise QAError("rate: goes with --encoding, for samples without a header")
    if not channels:
        return Reading(raw=raw), None
    picked: dict[Role, int] = {}
    for part in channels.replace("，", ",").split(","):
        name, _, number = part.partition("=")
        role = _NAMES.get(name.strip().lower())
        if role is None or role in picked or not number.strip().isdigit() or int(number) < 1:
            raise QAError("channels: expected such as agent=1,customer=2 (channels count from 1)")
        picked[role] = int(number) - 1
    if len(set(picked.values())) != len(picked):
        raise QAError("channels: one channel cannot be both; for mono recordings leave it out")
    return Reading(raw=raw, channels=tuple(picked.values())), tuple(picked)
