"""What Asterisk's AudioSocket sends: a UUID that was announced, 20 ms of L16, the end."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial
from api.doors.audiosocket_frames import AudioSocketFrame, FrameKind
from qa_engine.errors import QAError

WAIT_S = 10.0
SLIN = 0x10


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Streams]]


async def call(trial: DoorTrial, connect: Connect = asyncio.open_connection) -> None:
    """The whole call, by one connection for each speaker."""
    writers = []
    for role in trial.roles:
        uuid, port = await asyncio.to_thread(announce, trial, role)
        _, writer = await connect(str(urlsplit(trial.url).hostname), port)
        writer.write(AudioSocketFrame(FrameKind.UUID, uuid.bytes).wire())
        writers.append(writer)
    async for frame in frames(trial.audio, speed=trial.speed):
        for number, writer in enumerate(writers):
            writer.write(AudioSocketFrame(SLIN, channel(frame, number, len(writers))).wire())
            await writer.drain()
    for writer in writers:
        writer.write(AudioSocketFrame(FrameKind.HANG_UP, b"").wire())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def announce(trial: DoorTrial, role: str) -> tuple[UUID, int]:
    """The UUID of this speaker's connection, and where it goes to. Raises QAError."""
    told = ask(trial, "audiosocket", role)
    if told["port"] is None:
        raise QAError("the server's door for AudioSocket is shut: set QA_ENGINE_AUDIOSOCKET_PORT")
    return UUID(told["uuid"]), int(told["port"])


def ask(trial: DoorTrial, door: str, role: str) -> dict[str, Any]:
    """Tell that door who comes. Raises QAError."""
    said = {"call_id": trial.call_id, "role": role, "agent": trial.agent}
    asked = urllib.request.Request(
        trial.url.replace("ws", "http", 1).rstrip("/") + f"/v1/{door}",
        data=json.dumps(said).encode(),
        headers={"Authorization": f"Bearer {trial.token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=WAIT_S) as answer:
            told: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise QAError(
            f"{asked.full_url} answers HTTP {error.code}: see `qa-engine doors`, and whether that "
            "door's ports are set"
        ) from None
    return told


def channel(frame: bytes, number: int, channels: int) -> bytes:
    """One speaker's 16-bit samples of interleaved ones."""
    one = bytearray(len(frame) // channels)
    for byte in range(2):
        one[byte::2] = frame[number * 2 + byte :: channels * 2]
    return bytes(one)
