"""What a switch sends that forwards RTP: a stream of 20 ms of u-law for each speaker."""

from __future__ import annotations

import asyncio
import secrets
import urllib.request
from urllib.parse import urlsplit

from api.clients.doors.audiosocket import ask
from api.clients.doors.pace import frames
from api.clients.doors.trial import DoorTrial
from api.doors.rtp_packets import Packet

FRAME_MS, SAMPLES = 20, 160
MULAW = 0
MOST_SPEED = 4.0
"""Datagrams have no flow control: what is sent too fast is lost."""


async def call(trial: DoorTrial) -> None:
    """The whole call, by one port for each speaker."""
    host = str(urlsplit(trial.url).hostname)
    ports = [
        int((await asyncio.to_thread(ask, trial, "rtp", role))["port"]) for role in trial.roles
    ]
    loop = asyncio.get_running_loop()
    senders = [
        (await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, port)))[0]
        for port in ports
    ]
    begins = [(secrets.randbits(32), secrets.randbits(32)) for _ in ports]
    number = 0
    async for frame in frames(trial.audio, frame_ms=FRAME_MS, speed=min(trial.speed, MOST_SPEED)):
        for channel, (sender, (source, begin)) in enumerate(zip(senders, begins, strict=True)):
            stamp = (begin + number * SAMPLES) % (1 << 32)
            sound = frame[channel :: len(senders)]
            sender.sendto(Packet(MULAW, stamp, source, sound).wire(number))
        number += 1
    for sender, port in zip(senders, ports, strict=True):
        sender.close()
        await asyncio.to_thread(_end, trial, port)


def _end(trial: DoorTrial, port: int) -> None:
    asked = urllib.request.Request(
        trial.url.replace("ws", "http", 1).rstrip("/") + f"/v1/rtp/{port}",
        headers={"Authorization": f"Bearer {trial.token}"},
        method="DELETE",
    )
    with urllib.request.urlopen(asked, timeout=10.0):
        return
