"""How a call of `doors_load.py` loses its line and comes back. Not a benchmark itself."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from dataclasses import replace

from websockets.exceptions import ConnectionClosed

from api.clients.doors import audiosocket, rtp, transcripts
from api.clients.doors.trial import DoorClient, DoorTrial
from api.clients.recording import LineAudio

AWAY_S = 2.0
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: a close is a reset."""


async def cut(client: DoorClient, trial: DoorTrial, *, after_s: float) -> None:
    """Its network dies after so many seconds; then the rest, from where the call is by the clock.

    Of words everything is said again, as their sender may do.
    """
    began_s = time.monotonic()
    relay = Relay()
    sending = asyncio.create_task(_through(relay, client, trial))
    await asyncio.sleep(after_s)
    if sending.done():
        sending.result()
        raise RuntimeError("the call ended before its line was cut")
    relay.kill()
    if client is rtp.call:
        sending.cancel()
    with suppress(ConnectionClosed, OSError, asyncio.CancelledError):
        await sending
    await asyncio.sleep(AWAY_S)
    gone_ms = round((time.monotonic() - began_s) * 1_000 * trial.speed)
    if client is transcripts.call:
        await transcripts.call(trial, gone_ms)
        return
    rest = LineAudio(trial.audio.format, trial.audio.data[trial.audio.at(gone_ms) :])
    await client(replace(trial, audio=rest))


async def _through(relay: Relay, client: DoorClient, trial: DoorTrial) -> None:
    """Datagrams have no connection to die with: their sender just stops."""
    if client is rtp.call:
        await client(trial)
    elif client is audiosocket.call:

        async def connect(host: str, port: int) -> audiosocket.Streams:
            return await asyncio.open_connection(host, await relay.open(port))

        await audiosocket.call(trial, connect)
    else:
        port = await relay.open(int(trial.url.rsplit(":", 1)[1]))
        await client(replace(trial, url=f"ws://127.0.0.1:{port}"))


class Relay:
    """A way to the server that can be cut."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []

    async def open(self, target: int) -> int:
        """The port of a way to that port of this machine."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", target)
            self._writers += [writer, back]
            for source, sink in ((reader, back), (there, writer)):
                self._tasks.add(asyncio.create_task(_pour(source, sink)))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def kill(self) -> None:
        """As a router does that loses its power: nobody says goodbye."""
        for writer in self._writers:
            line: socket.socket = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        for server in self._servers:
            server.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
