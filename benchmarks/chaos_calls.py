"""The calls of the chaos soak: what is said in them, how they are fed, and what must come of them.

Each call has a feeder, which is told everything, and one who watches and comes back wherever the
connection breaks. What both were told must be the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api.auth import Right, Tokens
from api.clients import feeder
from api.clients.feeder import Fed, FeedPlan, feed
from api.clients.recording import LineAudio
from api.live.wire_audio import Encoding, WireFormat, encode
from tests.api.live.servers import SECRET
from tests.api.live.speech import CHAR_MS, SENTENCES, Line, record

FORBIDDEN = "这个我不知道"
SHORTEST_MS, LONGEST_MS = 60_000, 240_000
WATCHER_BACK_S = 0.3
PATIENCE_S = 600.0
"""On a busy machine a start alone may take a minute."""
Message = dict[str, Any]


@dataclass(slots=True)
class Wire:
    """The wire between the feeders and the server, for faults to break.

    `cut` breaks every feeder's connection, `half_open` leaves the server's end of it open,
    `paused` holds back what is sent.
    """

    cut: asyncio.Event = field(default_factory=asyncio.Event)
    paused: bool = False
    half_open: bool = False
    left_open: list[Any] = field(default_factory=list)

    def break_all(self, *, half_open: bool = False) -> None:
        self.half_open = half_open
        self.cut.set()
        self.cut = asyncio.Event()

    def close_left(self) -> None:
        for left in self.left_open:
            left.close()
        self.left_open.clear()


@dataclass(slots=True)
class Calls:
    """What a run came to."""

    ended: int = 0
    audio_s: float = 0.0
    reconnections: int = 0
    messages: int = 0
    confirmed: int = 0
    wrong: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    may_fail: set[str] = field(default_factory=set)
    """Calls that ran when a thread of the server died."""
    to_file: dict[str, set[str]] = field(default_factory=dict)
    """Calls the store must have at the end, each with what it may say of their judgement."""
    reasons: Counter[str] = field(default_factory=Counter)


def script_of(rng: random.Random, duration_ms: int) -> list[Line]:
    """Sentences of both, one after the other."""
    lines: list[Line] = []
    at_ms = 400
    while at_ms < duration_ms - 6_000:
        text = rng.choice(SENTENCES)
        lines.append((rng.randrange(2), at_ms, text))
        at_ms += len(text) * CHAR_MS + rng.randrange(1_400, 3_000)
    return lines


async def callers(
    port: int, speed: float, rng: random.Random, until: Callable[[], bool], calls: Calls
) -> None:
    """One call after the other."""
    while not until():
        call_id = f"soak-{rng.randrange(10**9)}"
        calls.running.add(call_id)
        try:
            await _one_call(call_id, port, speed, rng, calls)
        except Exception as error:
            calls.wrong.append(f"{call_id}: {type(error).__name__}: {error}")
        calls.running.discard(call_id)


async def _one_call(
    call_id: str, port: int, speed: float, rng: random.Random, calls: Calls
) -> None:
    duration_ms = rng.randrange(SHORTEST_MS, LONGEST_MS, 1_000)
    lines = script_of(rng, duration_ms)
    audio_format = WireFormat(channels=2, encoding=Encoding.MULAW, sample_rate=16_000)
    data = await asyncio.to_thread(
        lambda: encode(record(lines, duration_ms), Encoding.MULAW),
    )
    plan = FeedPlan(
        url=f"ws://127.0.0.1:{port}",
        token=Tokens(SECRET).mint(call_id, Right.FEED),
        call_id=call_id,
        speed=speed,
        frame_ms=200,
        events=True,
    )
    watching = asyncio.create_task(watch(call_id, port))
    try:
        fed = await feed(LineAudio(audio_format, data), plan)
        failed = call_id in calls.may_fail
        try:
            watched = await asyncio.wait_for(watching, PATIENCE_S / 10 if failed else PATIENCE_S)
        except TimeoutError:
            watched = []
            if not failed:
                calls.wrong.append(f"{call_id}: who watches was not told the end")
    finally:
        watching.cancel()
    calls.ended += 1
    calls.audio_s += duration_ms / 1_000
    calls.reconnections += fed.connections - 1
    calls.messages += len(fed.messages)
    reason = fed.ended["reason"] if fed.ended else "nothing"
    calls.reasons[reason] += 1
    if failed and reason == "failed":
        calls.wrong += in_order(call_id, fed)
        calls.to_file[call_id] = {"failed", "cut_off"}
        return
    calls.wrong += judge(call_id, lines, fed, duration_ms)
    calls.wrong += same(call_id, fed, watched)
    calls.confirmed += sum(channel == 0 and text == FORBIDDEN for channel, _, text in lines)
    calls.to_file[call_id] = {""}


async def watch(call_id: str, port: int) -> list[Message]:
    """Everything but partial texts that one is told who comes back wherever it breaks off."""
    told: list[Message] = []
    seq = 0
    headers = {"Authorization": f"Bearer {Tokens(SECRET).mint('*', Right.SUPERVISE)}"}
    while not told or told[-1]["type"] != "ended":
        url = f"ws://127.0.0.1:{port}/v1/calls/{call_id}/events?last_seq={seq}"
        with contextlib.suppress(ConnectionClosed, InvalidHandshake, OSError):
            async with connect(url, additional_headers=headers, max_size=None) as socket:
                async for text in socket:
                    message = json.loads(text)
                    if message["type"] in {"heartbeat", "refusal"}:
                        continue
                    seq = message["seq"]
                    if _is_kept(message):
                        told.append(message)
        if not told or told[-1]["type"] != "ended":
            await asyncio.sleep(WATCHER_BACK_S)
    return told


def _is_kept(message: Message) -> bool:
    return message["type"] != "utterance" or bool(message["utterance"]["is_final"])


def in_order(call_id: str, fed: Fed) -> Iterator[str]:
    seqs = [message["seq"] for message in fed.messages if message["type"] != "listening"]
    if seqs != sorted(set(seqs)):
        yield f"{call_id}: messages out of order or twice"


def same(call_id: str, fed: Fed, watched: list[Message]) -> Iterator[str]:
    """Whether the feeder was told nothing else than one who watches."""
    seqs = [message["seq"] for message in watched]
    if seqs != sorted(set(seqs)):
        yield f"{call_id}: who watches was told out of order or twice"
    told = {message["seq"]: message for message in watched}
    for message in fed.messages:
        if message["type"] == "listening" or not _is_kept(message):
            continue
        if told.get(message["seq"]) != message:
            yield f"{call_id}: message {message['seq']} ({message['type']}) was not told to all"
            return


def judge(call_id: str, lines: list[Line], fed: Fed, duration_ms: int) -> Iterator[str]:
    """What is wrong with a call that nothing but its feeder could end."""
    kept = [m for m in fed.messages if m["type"] != "listening"]
    yield from in_order(call_id, fed)
    ended = fed.ended
    if ended is None or ended["reason"] != "closed":
        yield f"{call_id}: ended as {ended['reason'] if ended else 'nothing'}"
        return
    finals = [m["utterance"] for m in kept if m["type"] == "utterance" and _is_said(m)]
    heard = sorted((one["begin_ms"], one["channel"], one["text"]) for one in finals)
    if [(c, t) for _, c, t in heard] != [(c, t) for c, _, t in lines]:
        yield f"{call_id}: {len(heard)} sentences heard of {len(lines)}, or others"
    hits: dict[str, str] = {}
    for message in kept:
        hit = message.get("hit") if message["type"] == "hit" else None
        if hit and hit["rule"] == "dont-know" and (hit["decision"] == "kept" or hit["id"] in hits):
            hits[hit["id"]] = message["state"]
    expected = sum(channel == 0 and text == FORBIDDEN for channel, _, text in lines)
    confirmed = sum(state == "confirmed" for state in hits.values())
    if confirmed != expected or "provisional" in hits.values():
        yield f"{call_id}: hits {Counter(hits.values())}, {expected} expected"
    stats = [m for m in kept if m["type"] == "stats"][-1]
    settled = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"]
    settled += sum(stats["dropped_ms"].values())
    both_ms = 2 * duration_ms
    if (stats["received_ms"], settled, stats["pending_ms"]) != (both_ms, both_ms, 0):
        yield f"{call_id}: {stats['received_ms']} ms received of {both_ms}, {settled} ms settled"
    if any(stats["dropped_ms"].values()):
        yield f"{call_id}: {stats['dropped_ms']} dropped"


def _is_said(message: Message) -> bool:
    return bool(message["utterance"]["is_final"] and message["utterance"]["text"])


@contextlib.asynccontextmanager
async def breakable(line: Wire) -> AsyncIterator[None]:
    """Lets faults break, hold back and half close the feeders' connections from outside."""
    real: Any = vars(feeder)["connect"]

    class Breakable(real):  # type: ignore[misc]
        async def __aenter__(self) -> Any:
            connection = await super().__aenter__()
            send = connection.send

            async def held(data: Any) -> None:
                while line.paused:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
                await send(data)

            connection.send = held
            self._breaker = asyncio.create_task(_break(line, connection))
            return connection

        async def __aexit__(self, *caught: Any) -> None:
            self._breaker.cancel()
            await super().__aexit__(*caught)

    vars(feeder)["connect"] = Breakable
    feeder.FIRST_PATIENCE_S = feeder.PATIENCE_S = PATIENCE_S
    try:
        yield
    finally:
        vars(feeder)["connect"] = real
        line.close_left()


async def _break(line: Wire, connection: Any) -> None:
    await line.cut.wait()
    if line.half_open:
        # A second descriptor keeps the connection open: the server is told nothing.
        line.left_open.append(connection.transport.get_extra_info("socket").dup())
    connection.transport.abort()
