"""`qa-engine doors try NAME`: a bundled call through a real door of a running server.

The client of a door sends what its telephone system would; what came of the call is read where a
supervisor reads it, so nothing of the door's own answers is needed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from api.auth import ANY_CALL, Right, Tokens, open_secret
from api.clients.doors import (
    asterisk,
    audiohook,
    audiosocket,
    freeswitch,
    funasr,
    rtp,
    transcripts,
    twilio,
)
from api.clients.doors.trial import DoorClient, DoorTrial
from api.clients.feeder import EventJson, ServerGone, ServerRefused
from api.clients.recording import line_audio
from api.live.wire_audio import Encoding
from api.settings import Settings
from qa_engine.errors import QAError

DEMO_ROLES = ("agent", "customer")
END_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Tool:
    client: DoorClient
    encoding: Encoding


CLIENTS: Mapping[str, _Tool] = {
    "freeswitch": _Tool(freeswitch.call, Encoding.LINEAR16),
    "asterisk": _Tool(asterisk.call, Encoding.MULAW),
    "audiosocket": _Tool(audiosocket.call, Encoding.LINEAR16),
    "audiohook": _Tool(audiohook.call, Encoding.MULAW),
    "funasr": _Tool(funasr.call, Encoding.LINEAR16),
    "rtp": _Tool(rtp.call, Encoding.MULAW),
    "twilio": _Tool(twilio.call, Encoding.MULAW),
    "transcripts": _Tool(transcripts.call, Encoding.MULAW),
}


def try_door(
    name: str,
    *,
    url: str,
    settings: Settings,
    recording: str = "forbidden",
    speed: float = 1.0,
    tell: Callable[[EventJson], None] = lambda message: None,
) -> EventJson:
    """Play a bundled call through that door; `tell` gets what came of it, the end is returned.

    Raises `QAError`: no such door, no server, or why the door refused.
    """
    tool = CLIENTS.get(name)
    if tool is None:
        raise QAError(f"there is no door {name[:40]!r} to try: expected {', '.join(CLIENTS)}")
    demo = files("api") / "demo"
    with as_file(demo / f"{recording}.flac") as path:
        audio = line_audio(path, tool.encoding)
    truth = json.loads((demo / f"{recording}.truth.json").read_text("utf-8"))
    tokens = Tokens(open_secret(settings))
    call_id = f"try-{name}-{secrets.token_hex(3)}"
    trial = DoorTrial(
        url=url,
        token=tokens.mint(call_id, Right.FEED),
        call_id=call_id,
        agent="1001",
        roles=DEMO_ROLES,
        speed=speed,
        audio=audio,
        said=tuple(truth["utterances"]),
        settings=settings,
    )
    return asyncio.run(_run(tool.client, trial, tokens.mint(ANY_CALL, Right.SUPERVISE), tell))


async def _run(
    client: DoorClient, trial: DoorTrial, supervise: str, tell: Callable[[EventJson], None]
) -> EventJson:
    try:
        watching = asyncio.create_task(_watch(trial, supervise, tell))
        try:
            await client(trial)
            return await asyncio.wait_for(watching, END_WAIT_S)
        finally:
            watching.cancel()
    except (InvalidHandshake, OSError) as error:
        why = f"HTTP {error.response.status_code}" if isinstance(error, InvalidStatus) else ""
        raise ServerGone(
            f"no connection to {trial.url} ({why or type(error).__name__}): is `qa-engine serve` "
            "running there?"
        ) from error
    except ConnectionClosed as error:
        reason = error.rcvd.reason if error.rcvd else ""
        raise ServerRefused(reason or "the server closed the connection") from error
    except TimeoutError as error:
        raise ServerGone(
            f"the call did not end within {END_WAIT_S:g} s of hanging up: see the server's log"
        ) from error


async def _watch(trial: DoorTrial, supervise: str, tell: Callable[[EventJson], None]) -> EventJson:
    async with connect(
        f"{trial.url}/v1/calls/{trial.call_id}/events",
        additional_headers={"Authorization": f"Bearer {supervise}"},
        compression=None,
    ) as socket:
        async for text in socket:
            message: EventJson = json.loads(text)
            tell(message)
            if message["type"] == "ended":
                return message
    raise ServerGone("the server stopped before the call's end was told")
