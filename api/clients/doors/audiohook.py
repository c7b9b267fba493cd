"""What Genesys Cloud sends: a signed upgrade, open, 200 ms of stereo, pings, close."""

from __future__ import annotations

import base64
import json
import secrets
import time
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from websockets.asyncio.client import ClientConnection, connect

from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial
from api.doors.audiohook_signature import signature_headers

PATH = "/v1/audiohook"
FRAME_MS = 200
CHANNELS = {"agent": "internal", "customer": "external"}


async def call(trial: DoorTrial) -> None:
    """The whole call; with the integration's key where the site has set it, else with our token."""
    settings = trial.settings
    session = str(uuid5(UUID(int=0), trial.call_id))
    headers = {
        "Audiohook-Organization-Id": str(uuid5(UUID(int=0), "organization")),
        "Audiohook-Session-Id": session,
        "Audiohook-Correlation-Id": session,
    }
    if settings.audiohook_api_key is None or settings.audiohook_secret is None:
        headers["Authorization"] = f"Bearer {trial.token}"
    else:
        headers["X-API-KEY"] = settings.audiohook_api_key.get_secret_value()
        headers |= signature_headers(
            headers,
            target=PATH,
            authority=urlsplit(settings.public_url or trial.url).netloc,
            secret=base64.b64decode(settings.audiohook_secret.get_secret_value()),
            nonce=secrets.token_urlsafe(18),
            created_s=int(time.time()),
        )
    media = {
        "type": "audio",
        "format": "PCMU",
        "channels": [CHANNELS[role] for role in trial.roles],
        "rate": 8_000,
    }
    async with connect(trial.url + PATH, additional_headers=headers) as socket:
        sender = _Sender(socket, session)
        await sender.say(
            "open",
            organizationId=headers["Audiohook-Organization-Id"],
            conversationId=session,
            participant={"id": session, "ani": "", "aniName": "", "dnis": ""},
            media=[media],
            customConfig={"agent": trial.agent, "call_id": trial.call_id},
        )
        await sender.answer("opened")
        await sender.say("ping")
        await sender.answer("pong")
        async for frame in frames(trial.audio, frame_ms=FRAME_MS, speed=trial.speed):
            await socket.send(frame)
        await sender.say("close", reason="end")
        await sender.answer("closed")


class _Sender:
    """Numbers the messages."""

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self._socket = socket
        self._session = session
        self._seq = self._serverseq = 0

    async def say(self, kind: str, **parameters: object) -> None:
        self._seq += 1
        said = {"version": "2", "id": self._session, "type": kind, "seq": self._seq}
        said |= {"serverseq": self._serverseq, "position": "PT0S", "parameters": parameters}
        await self._socket.send(json.dumps(said))

    async def answer(self, kind: str) -> None:
        """Wait for it."""
        async for text in self._socket:
            said = json.loads(text)
            self._serverseq = said["seq"]
            if said["type"] == kind:
                return
