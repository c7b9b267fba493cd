"""Every message says what its schema says."""

import json

import jsonschema
import pytest

from api.live.client_messages import from_feeder
from api.live.message_parts import Message
from api.live.messages import Ended, Heartbeat, Notice, Refusal
from api.live.protocol import schema


def test_the_served_schema_is_valid_and_closed() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "message",
    [
        Heartbeat(call_id="a", seq=3, at_ms=100, source="waiting"),
        Notice(call_id="a", seq=1, at_ms=0, code="sample_rate", text="8000 Hz would fit"),
        Ended(call_id="a", seq=9, at_ms=5, reason="closed", duration_ms=5, score=90.0, passed=True),
        Refusal(code="token", reason="expired"),
    ],
    ids=lambda message: message.type,
)
def test_what_is_sent_to_a_watcher_matches_the_schema(message: Message) -> None:
    whole = schema()
    part = whole["properties"]["to_watcher"] | {"$defs": whole["$defs"]}
    jsonschema.validate(json.loads(message.wire()), part)


@pytest.mark.parametrize(
    "text",
    ['{"type":"KeepAlive"}', '{"type":"Finalize"}', '{"type":"CloseStream"}'],
)
def test_deepgrams_control_messages_are_understood(text: str) -> None:
    assert from_feeder.validate_json(text).type in text
