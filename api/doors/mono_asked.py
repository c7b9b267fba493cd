"""What is said of a connection with one channel: whose call it is, and who is heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from api.live.call_asked import CallAsked
from api.live.refusals import Refused, Why

MonoRole = Literal["agent", "customer", "mixed"]


class MonoAsked(CallAsked):
    """What is said of a connection with one channel."""

    role: MonoRole

    @classmethod
    def said(cls, said: Mapping[str, object]) -> Self:
        """What is no name of ours is kept as the call's metadata. Raises `Refused`."""
        known = cls.model_fields.keys() - {"metadata"}
        fields = {name: value for name, value in said.items() if name in known}
        if "role" not in fields:
            raise Refused(
                Why.BAD_REQUEST, "nobody says who is heard: expected role=agent, customer or mixed"
            )
        if fields["role"] != "mixed" and not fields.get("call_id"):
            raise Refused(
                Why.BAD_REQUEST,
                "nobody says which call this speaker belongs to: expected call_id, the same one "
                "for both speakers",
            )
        rest = {name: said[name] for name in said if name not in cls.model_fields}
        return cls.read(fields, rest)
