"""What two spies send, each by a WebSocket channel of its own: MEDIA_START, u-law, a close."""

from __future__ import annotations

from contextlib import AsyncExitStack
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial

CLOSE_S = 60.0
"""A server that is behind reads the rest before it answers a close."""
START = (
    "MEDIA_START connection_id:{role} channel:WebSocket/qa/0x7f channel_id:1.{number} format:ulaw "
    "optimal_frame_size:160 ptime:20"
)


async def call(trial: DoorTrial) -> None:
    """The whole call, by one connection for each speaker."""
    headers = {"Authorization": f"Bearer {trial.token}"}
    async with AsyncExitStack() as stack:
        sockets = []
        for number, role in enumerate(trial.roles):
            query = urlencode({"call_id": trial.call_id, "agent": trial.agent, "role": role})
            socket = await stack.enter_async_context(
                connect(
                    f"{trial.url}/v1/asterisk?{query}",
                    additional_headers=headers,
                    close_timeout=CLOSE_S,
                )
            )
            await socket.send(START.format(role=role, number=number))
            sockets.append(socket)
        async for frame in frames(trial.audio, speed=trial.speed):
            for number, socket in enumerate(sockets):
                await socket.send(frame[number :: len(sockets)])
