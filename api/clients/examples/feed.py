"""Feeds a recording to qa-engine as a telephone system would, and prints the prompts.

python feed.py call.flac "$(qa-engine token '*')" [ws://127.0.0.1:8765]
Needs `pip install websockets av`.
"""

import asyncio
import json
import os
import random
import sys
import time

import av
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

SPEED = float(os.environ.get("SPEED", "1"))
RATE = 8_000
FRAME_MS = 40
PASSES = {"overloaded", "too_much", "too_slow"}


class NotNow(Exception):
    """Refused for a reason that passes."""


def read(path):
    """Any recording as 16 bits, two channels interleaved."""
    resampler = av.AudioResampler("s16", "stereo", RATE)
    with av.open(path) as file:
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    frames += resampler.resample(None)
    return b"".join(frame.to_ndarray().tobytes() for frame in frames)


async def send(socket, audio, from_ms):
    """From where the server stands, by the clock: what is late goes at once, so nothing drifts."""
    began, at, step = time.monotonic(), from_ms * RATE // 1_000 * 4, RATE * FRAME_MS // 1_000 * 4
    for number, begin in enumerate(range(at, len(audio), step), start=1):
        await asyncio.sleep(began + number * FRAME_MS / 1_000 / SPEED - time.monotonic())
        await socket.send(audio[begin : begin + step])
    await socket.send(json.dumps({"type": "CloseStream"}))


async def converse(address, headers, audio, call):
    async with connect(address, additional_headers=headers, compression=None) as socket:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "refusal":
                raise NotNow if message["code"] in PASSES else SystemExit(message["reason"])
            if message["type"] == "listening":
                call |= {"id": message["call_id"], "wait_s": 0.4}
                call["sender"] = asyncio.create_task(send(socket, audio, message["received_ms"]))
            elif message["type"] == "prompt" and message["seq"] > call["seq"]:
                print(message["state"], message["title"], message["suggest"])
            elif message["type"] == "ended":
                print("ended", message["reason"], message["duration_ms"])
                call["ended"] = True
            call["seq"] = max(call["seq"], message.get("seq", 0))


async def main(path, token, server="ws://127.0.0.1:8765"):
    audio, call = read(path), {"id": "", "seq": 0, "wait_s": 0.4, "ended": False}
    give_up_s = time.monotonic() + 600
    while not call["ended"]:
        resume = f"&call_id={call['id']}&resume=true" if call["id"] else ""
        address = f"{server}/v1/listen?sample_rate={RATE}&channels=2&events=true{resume}"
        try:
            await converse(address, {"Authorization": f"Bearer {token}"}, audio, call)
        except (NotNow, ConnectionClosed, InvalidHandshake, OSError):
            if time.monotonic() > give_up_s:
                raise
        if not call["ended"]:
            await asyncio.sleep(call["wait_s"] * random.uniform(0.7, 1.3))
            call["wait_s"] = min(call["wait_s"] * 2, 4.0)


asyncio.run(main(*sys.argv[1:]))
