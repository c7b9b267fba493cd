"""A slip in the query is told at once; what is like nothing we know is metadata."""

from __future__ import annotations

import pytest
from starlette.websockets import WebSocket

from api.live.listen_query import ListenQuery, listen_query
from api.live.refusals import Refused


def asked(query: str) -> ListenQuery:
    scope = {"type": "websocket", "query_string": query.encode(), "headers": [], "path": "/"}
    return listen_query(WebSocket(scope, None, None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("samplerate=8000", "sample_rate"),
        ("sampleRate=8000", "sample_rate"),
        ("channel=2", "channels"),
        ("callid=x", "call_id"),
        ("encodng=mulaw", "encoding"),
        ("keyterms=x", "keyterm"),
        ("agents=1001", "agent"),
        ("custmer=1", "customer"),
        ("directon=呼出", "direction"),
        ("teams=a", "team"),
        ("agentName=x", "agent_name"),
    ],
)
def test_a_slip_is_refused_with_what_was_meant(query: str, meant: str) -> None:
    with pytest.raises(Refused, match=f"did you mean {meant}"):
        asked(query)


def test_other_names_are_metadata() -> None:
    query = asked("agent_id=7&queue=vip&team=a&direction=out&channels=2&punctuate=true")
    assert query.metadata == {"agent_id": "7", "queue": "vip", "team": "a", "direction": "out"}
    assert query.channels == 2
