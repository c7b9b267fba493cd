"""What FunASR's clients send: settings as JSON, L16, `is_speaking: false`; then they wait."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.clients.doors.audiosocket import channel
from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial
from models.funasr_messages import Control, Result


async def call(trial: DoorTrial) -> None:
    """The whole call, by one connection for each speaker."""
    headers = {"Authorization": f"Bearer {trial.token}"}
    async with AsyncExitStack() as stack:
        sockets = []
        for role in trial.roles:
            socket = await stack.enter_async_context(
                connect(
                    f"{trial.url}/v1/funasr?agent={trial.agent}",
                    additional_headers=headers,
                    subprotocols=[Subprotocol("binary")],
                )
            )
            begin = Control(
                mode="2pass",
                wav_name=f"{trial.call_id}.{role}",
                wav_format="pcm",
                audio_fs=trial.audio.format.sample_rate,
                is_speaking=True,
            )
            await socket.send(begin.wire())
            sockets.append(socket)
        async for frame in frames(trial.audio, frame_ms=60, speed=trial.speed):
            for number, socket in enumerate(sockets):
                await socket.send(channel(frame, number, len(sockets)))
        await asyncio.gather(*(finish(socket) for socket in sockets))


async def finish(socket: ClientConnection) -> None:
    """Say that all was said, and wait for the last result."""
    await socket.send(Control(is_speaking=False).wire())
    async for text in socket:
        if Result.read(str(text)).is_end:
            return
