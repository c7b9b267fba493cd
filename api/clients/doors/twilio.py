"""What Twilio sends: connected, start, two tracks of 20 ms in turn, a mark, stop."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial
from api.doors.twilio import SIGNATURE, signature
from api.doors.twilio_messages import INBOUND, OUTBOUND

FRAME_MS = 20


async def call(trial: DoorTrial) -> None:
    """The whole call; signed where the site has Twilio's token, else with ours as a parameter."""
    address, headers = f"{trial.url}/v1/twilio", {}
    own = {"call_id": trial.call_id, "agent": trial.agent, "token": trial.token}
    if trial.settings.twilio_auth_token is not None:
        del own["token"]
        key = trial.settings.twilio_auth_token.get_secret_value().encode()
        public = trial.settings.public_url or f"https://{urlsplit(trial.url).netloc}"
        signed = public.replace("http", "ws", 1).rstrip("/") + "/v1/twilio"
        headers[SIGNATURE] = signature(key, signed)
    track_of = {"customer": INBOUND, "agent": OUTBOUND}
    tracks = [track_of[role] for role in trial.roles[: trial.audio.format.channels]]
    async with connect(address, additional_headers=headers) as socket:
        sender = _Sender(socket)
        await sender.send("connected", protocol="Call", version="1.0.0")
        wire = {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1}
        start = {"callSid": trial.call_id, "tracks": tracks, "mediaFormat": wire}
        await sender.send("start", start=start | {"customParameters": own})
        number = 0
        async for frame in frames(trial.audio, frame_ms=FRAME_MS, speed=trial.speed):
            for leg, track in enumerate(tracks):
                media = {
                    "track": track,
                    "chunk": str(number + 1),
                    "timestamp": str(number * FRAME_MS),
                    "payload": base64.b64encode(frame[leg :: len(tracks)]).decode(),
                }
                await sender.send("media", media=media)
            number += 1
        await sender.send("mark", mark={"name": "the end"})
        await sender.send("stop", stop={"callSid": trial.call_id})
        async for _ in socket:
            continue


class _Sender:
    """Numbers the messages."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._sequence = 0

    async def send(self, event: str, **more: Any) -> None:
        self._sequence += 1
        said = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": "MZtry"}
        await self._socket.send(json.dumps(said | more))
