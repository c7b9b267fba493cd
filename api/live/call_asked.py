"""What a feeder may say of its call, whatever door it comes in by: checked once, said once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from api.auth import ANY_CALL, Grant, Right
from api.live.call_info import CallInfo
from api.live.refusals import Refused, Why
from qa_engine.dialogue import Basis
from qa_engine.events import Role

MOST_HOTWORDS = 500
"""Characters; a Whisper model takes about 200 tokens of them."""
MOST_METADATA = 20

Name = Annotated[str, Field(max_length=64, pattern=r"^[\w.@:+-]*$")]


class CallAsked(BaseModel):
    """Whose call it is and what it should be judged by."""

    model_config = ConfigDict(extra="forbid")

    roles: tuple[Role, ...] = ()
    script: Name = ""
    agent: Name = ""
    phrasebook: Name = ""
    hotwords: str = Field("", max_length=MOST_HOTWORDS)
    call_id: Name = ""
    metadata: dict[str, str] = Field(default_factory=dict, max_length=MOST_METADATA)

    @field_validator("roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @classmethod
    def read(cls, fields: Mapping[str, object], metadata: Mapping[str, object]) -> Self:
        """`metadata`: whatever else was said of the call. Raises `Refused`."""
        kept = {name[:64]: str(value)[:256] for name, value in metadata.items()}
        try:
            return cls.model_validate({**fields, "metadata": kept})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise Refused(Why.BAD_REQUEST, f"query {where}: {first['msg']}") from error

    def channel_roles(self, channels: int) -> tuple[Role, ...]:
        """Who is on which channel. Raises `Refused`."""
        roles = self.roles or (Role.AGENT, Role.CUSTOMER)[:channels]
        if len(roles) != channels or len(set(roles)) != len(roles):
            raise Refused(
                Why.BAD_REQUEST,
                f"roles names {len(roles)} channels, channels is {channels}: "
                "expected one of agent and customer for each",
            )
        return roles

    def call_for(self, grant: Grant) -> str:
        """The id of the call that this grant feeds, made up where nobody says. Raises `Refused`."""
        call_id = self.call_id or grant.call
        if call_id == ANY_CALL:
            call_id = f"c-{secrets.token_hex(8)}"
        if not grant.allows(Right.FEED, call_id):
            raise Refused(
                Why.TOKEN,
                f"the token is to {grant.right.value} call {grant.call}, not to feed {call_id}",
            )
        return call_id

    def info(self, call_id: str, channels: int, *, basis: Basis = Basis.SOUND) -> CallInfo:
        """What the call is opened with. Raises `Refused`."""
        return CallInfo(
            call_id=call_id,
            roles=self.channel_roles(channels),
            roles_known=bool(self.roles) or channels > 1,
            began_at=datetime.now(UTC).isoformat(timespec="seconds"),
            agent=self.agent,
            script=self.script,
            hotwords=self.hotwords,
            basis=basis,
            metadata=self.metadata | ({"phrasebook": self.phrasebook} if self.phrasebook else {}),
        )
