"""Feeds one call in real time and comes back when the connection drops."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api.clients.recording import LineAudio
from qa_engine.errors import QAError

EventJson = dict[str, Any]
PATIENCE_S = 60.0
"""How long a server may be away before its feeder gives up: a restart takes less."""
FIRST_PATIENCE_S = 5.0
"""The same for a server that was never reached: most likely nobody started one."""
FIRST_WAIT_S, LAST_WAIT_S = 0.4, 3.0
COME_BACK = frozenset({"overloaded", "too_much", "too_slow"})
"""Refusals that pass."""


class ServerRefused(QAError):
    """The server said no, and why."""


class ServerGone(QAError):
    """The server cannot be reached, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """Where a call goes and how. `url` such as ws://127.0.0.1:8765."""

    url: str
    token: str
    call_id: str
    agent: str = ""
    script: str = ""
    roles: str = ""
    speed: float = 1.0
    frame_ms: int = 40
    events: bool = False
    """Whether the server should send this socket everything that is told of the call."""


@dataclass(slots=True)
class Fed:
    """What came of it. `sent_s`: when each frame left, monotonic, with the call time it ends at."""

    sent_s: list[tuple[int, float]] = field(default_factory=list)
    messages: list[EventJson] = field(default_factory=list)
    tries: int = 0
    connections: int = 0
    seq: int = 0
    """Of the last message: one who comes back is told from the beginning."""
    heard_s: float = float("-inf")
    """When the server last took the call."""

    @property
    def ended(self) -> EventJson | None:
        last = self.messages[-1] if self.messages else None
        return last if last is not None and last["type"] == "ended" else None

    @property
    def is_kept(self) -> bool:
        """Whether the server heard no word of it yet: it keeps the call, and judges it later."""
        last = self.messages[-1] if self.messages else {}
        return last.get("type") == "notice" and last.get("code") == "kept"


async def feed(
    audio: LineAudio, plan: FeedPlan, *, tell: Callable[[EventJson], None] = lambda message: None
) -> Fed:
    """Send the whole recording. Raises `ServerRefused` or `ServerGone`."""
    fed = Fed()
    wait_s, failing_s = FIRST_WAIT_S, None
    while fed.ended is None and not fed.is_kept:
        fed.tries += 1
        try:
            async with connect(
                _address(audio, plan, resume=fed.connections > 0),
                additional_headers={"Authorization": f"Bearer {plan.token}"},
                compression=None,
                max_size=None,
            ) as socket:
                await _converse(socket, audio, plan, fed, tell)
                wait_s, failing_s = FIRST_WAIT_S, None
        except (ConnectionClosed, InvalidHandshake, OSError, _NotNow) as error:
            now_s = time.monotonic()
            failing_s = now_s if failing_s is None or fed.heard_s > failing_s else failing_s
            known = fed.connections or isinstance(error, _NotNow)
            if now_s - failing_s >= (PATIENCE_S if known else FIRST_PATIENCE_S):
                raise _gave_up(plan.url, error) from error
            # Not all at once: many feeders lose their server at the same moment.
            await asyncio.sleep(wait_s * (0.7 + 0.6 * random.random()))
            wait_s = min(wait_s * 2, LAST_WAIT_S)
    return fed


async def _converse(
    socket: ClientConnection,
    audio: LineAudio,
    plan: FeedPlan,
    fed: Fed,
    tell: Callable[[EventJson], None],
) -> None:
    answer = json.loads(await socket.recv())
    if answer.get("code") == "busy_call" and fed.tries > 1 and not fed.connections:
        # It was opened the last time, and the connection broke before we were told.
        fed.connections = 1
        raise _NotNow(answer["reason"])
    listening = _checked(answer)
    fed.connections += 1
    fed.heard_s = time.monotonic()
    tell(listening)
    sender = asyncio.create_task(_send(socket, audio, plan, fed, listening["received_ms"]))
    try:
        async for text in socket:
            message = _checked(json.loads(text))
            if message["type"] != "received" and message["seq"] > fed.seq:
                fed.seq = message["seq"]
                fed.messages.append(message)
            tell(message)
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def _send(
    socket: ClientConnection, audio: LineAudio, plan: FeedPlan, fed: Fed, from_ms: int
) -> None:
    """Frames at the pace of the call, without drift; then the end of the stream."""
    began_s = time.monotonic()
    at_ms = from_ms
    while at_ms < audio.duration_ms:
        end_ms = min(at_ms + plan.frame_ms, audio.duration_ms)
        wait_s = began_s + (end_ms - from_ms) / 1_000 / plan.speed - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        await socket.send(audio.data[audio.at(at_ms) : audio.at(end_ms)])
        fed.sent_s.append((end_ms, time.monotonic()))
        at_ms = end_ms
    await socket.send('{"type": "CloseStream"}')


class _NotNow(Exception):
    """Refused for a reason that passes."""


def _gave_up(url: str, error: Exception) -> QAError:
    if isinstance(error, _NotNow):
        return ServerRefused(f"the server refused the call: {error}")
    return ServerGone(
        f"no connection to {url} ({type(error).__name__}): is `qa-engine serve` running there?"
    )


def _checked(message: EventJson) -> EventJson:
    if message["type"] == "refusal" and message["code"] in COME_BACK:
        raise _NotNow(message["reason"])
    if message["type"] == "refusal":
        raise ServerRefused(f"the server refused the call: {message['reason']}")
    return message


def _address(audio: LineAudio, plan: FeedPlan, *, resume: bool) -> str:
    query = {
        "call_id": plan.call_id,
        "encoding": audio.format.encoding.value,
        "sample_rate": audio.format.sample_rate,
        "channels": audio.format.channels,
        "agent": plan.agent,
        "script": plan.script,
        "events": str(plan.events).lower(),
    }
    if plan.roles:
        query["roles"] = plan.roles
    if resume:
        query["resume"] = "true"
    return f"{plan.url.rstrip('/')}/v1/listen?{urlencode(query)}"
