"""What mod_audio_stream sends: metadata as the first text, then 20 ms of L16, then a close."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial

CLOSE_S = 60.0
"""A server that is behind reads the rest before it answers a close."""


async def call(trial: DoorTrial) -> None:
    """The whole call."""
    query = urlencode(
        {
            "mix": "stereo" if trial.audio.format.channels == 2 else "mono",
            "sample_rate": trial.audio.format.sample_rate,
            "roles": ",".join(trial.roles),
            "tell": "nothing",
        }
    )
    async with connect(
        f"{trial.url}/v1/freeswitch?{query}",
        additional_headers={"Authorization": f"Bearer {trial.token}"},
        close_timeout=CLOSE_S,
    ) as socket:
        await socket.send(json.dumps({"call_id": trial.call_id, "agent": trial.agent}))
        async for frame in frames(trial.audio, speed=trial.speed):
            await socket.send(frame)
