"""Who is on which channel, as people type it: `agent,customer` or 坐席,客户."""

from __future__ import annotations

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
