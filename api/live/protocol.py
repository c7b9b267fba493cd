"""Which messages go which way, and the JSON Schema of them all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from api.live.board_messages import CallGone, CallTold
from api.live.client_messages import from_feeder, from_watcher
from api.live.message_parts import PROTOCOL
from api.live.messages import (
    AlertTold,
    ConductTold,
    Ended,
    Heartbeat,
    HitTold,
    Listening,
    Notice,
    Opened,
    PromptTold,
    Received,
    Refusal,
    SourceTold,
    StatsTold,
    StepTold,
    UtteranceTold,
)

VALIDATION: Literal["validation"] = "validation"
ToWatcher = Annotated[
    Opened
    | UtteranceTold
    | HitTold
    | StepTold
    | ConductTold
    | PromptTold
    | AlertTold
    | SourceTold
    | StatsTold
    | Notice
    | Ended
    | Heartbeat
    | Refusal,
    Field(discriminator="type"),
]
ToFeeder = Annotated[Listening | Received | ToWatcher, Field(discriminator="type")]
ToBoard = Annotated[
    CallTold | CallGone | AlertTold | Heartbeat | Refusal, Field(discriminator="type")
]


def schema() -> dict[str, Any]:
    """JSON Schema of every message, by direction."""
    directions: dict[str, TypeAdapter[Any]] = {
        "from_feeder": from_feeder,
        "from_watcher": from_watcher,
        "to_feeder": TypeAdapter(ToFeeder),
        "to_watcher": TypeAdapter(ToWatcher),
        "to_board": TypeAdapter(ToBoard),
    }
    inputs = [(name, VALIDATION, adapter) for name, adapter in directions.items()]
    by_key, definitions = TypeAdapter.json_schemas(inputs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "qa-engine live protocol",
        "version": PROTOCOL,
        "properties": {name: by_key[(name, VALIDATION)] for name in directions},
        **definitions,
    }
