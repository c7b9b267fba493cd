"""The doors in the application: their WebSockets, and what was seen at them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, FastAPI, Header
from pydantic import BaseModel
from starlette.websockets import WebSocket

from api.auth import Tokens
from api.doors.asterisk import asterisk
from api.doors.audiohook import audiohook
from api.doors.audiosocket_http import audiosocket_router
from api.doors.door import DOORS, Sightings
from api.doors.entrance import Entrance
from api.doors.freeswitch import freeswitch
from api.doors.funasr import funasr
from api.doors.rtp import Ports
from api.doors.rtp_http import rtp_router
from api.doors.transcripts import transcripts
from api.doors.twilio import twilio
from api.tokens_http import supervisor


class DoorTold(BaseModel):
    """A door, and what was seen there since the server began. `last_s`: Unix time."""

    name: str
    speaks: str
    address: str
    credentials: str
    page: str
    connections: int
    calls: int
    refused: int
    last_s: float | None
    last: str


def add_doors(app: FastAPI, entrance: Entrance, tokens: Tokens, ports: Ports) -> None:
    """All doors beside `/v1/listen`."""

    @app.websocket("/v1/freeswitch")
    async def _freeswitch(socket: WebSocket) -> None:
        await freeswitch(socket, entrance)

    @app.websocket("/v1/asterisk")
    async def _asterisk(socket: WebSocket) -> None:
        await asterisk(socket, entrance)

    @app.websocket("/v1/audiohook")
    async def _audiohook(socket: WebSocket) -> None:
        await audiohook(socket, entrance)

    @app.websocket("/v1/funasr")
    @app.websocket("/")
    async def _funasr(socket: WebSocket) -> None:
        await funasr(socket, entrance)

    @app.websocket("/v1/transcripts")
    async def _transcripts(socket: WebSocket) -> None:
        await transcripts(socket, entrance)

    @app.websocket("/v1/twilio")
    async def _twilio(socket: WebSocket) -> None:
        await twilio(socket, entrance)

    app.include_router(audiosocket_router(entrance))
    app.include_router(rtp_router(entrance, ports))
    app.include_router(doors_router(entrance.sightings, tokens))


def doors_router(sightings: Sightings, tokens: Tokens) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["doors"])

    @router.get("/doors")
    async def doors(authorization: Annotated[str | None, Header()] = None) -> list[DoorTold]:
        """Every door, and who came last."""
        supervisor(tokens, authorization)
        return [
            DoorTold(
                name=door.name,
                speaks=door.speaks,
                address=door.address,
                credentials=door.credentials,
                page=door.page,
                connections=seen.connections,
                calls=seen.calls,
                refused=seen.refused,
                last_s=seen.last_s,
                last=seen.last,
            )
            for door in DOORS.values()
            for seen in [sightings.doors[door.name]]
        ]

    return router
