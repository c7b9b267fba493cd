"""kill -9, and what is still there afterwards; overload; a server that stops in good order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from api.auth import Right, Tokens
from api.live.wire_audio import Encoding, encode
from api.store import Store
from tests.api.live.servers import (
    SECRET,
    Json,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
)
from tests.api.live.speech import record, scripted_hearing

CALL = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道")]
AUDIO = encode(record(CALL, 8_000), Encoding.LINEAR16)

SERVER = """
import sys
from pathlib import Path
import uvicorn
from api.server import create_app, server_options
from tests.api.live.servers import settings_for
from tests.api.live.speech import scripted_hearing
folder = Path(sys.argv[1])
settings = settings_for(folder, port=int(sys.argv[2]))
uvicorn.run(create_app(settings, hearing=scripted_hearing(folder)), **server_options(settings))
"""


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(folder), str(port)])
    end_s = time.monotonic() + 30
    while time.monotonic() < end_s:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return process
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_after_kill_9_everything_that_was_told_is_there(tmp_path: Path) -> None:
    port, tokens = free_port(), Tokens(SECRET)
    url = f"ws://127.0.0.1:{port}"
    feed = {"Authorization": f"Bearer {tokens.mint('k', Right.FEED)}"}
    watch = {"Authorization": f"Bearer {tokens.mint('*', Right.SUPERVISE)}"}

    async def half_a_call(process: subprocess.Popen[bytes]) -> list[Json]:
        async with (
            connect(f"{url}/v1/calls/k/events", additional_headers=watch) as watcher,
            connect(f"{url}/v1/listen?call_id=k&channels=2", additional_headers=feed) as feeder,
        ):
            await play(feeder, AUDIO)
            told: list[Json] = []
            while not any(m["state"] == "confirmed" for m in of(told, "hit")):
                told += await until(watcher, "hit")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return told

    told = asyncio.run(half_a_call(start(tmp_path, port)))
    again = start(tmp_path, port)
    try:
        kept = httpx.get(f"http://127.0.0.1:{port}/v1/calls/k", headers=watch).json()
        report = httpx.get(f"http://127.0.0.1:{port}/v1/calls/k/report", headers=watch).json()
        refused = asyncio.run(_try_to_resume(url, feed))
    finally:
        again.terminate()
        again.wait(20)
    finals = [m for m in told if m["type"] != "utterance" or m["utterance"]["is_final"]]
    assert [m for m in kept if m["seq"] in {one["seq"] for one in finals}] == finals
    assert (kept[-1]["type"], kept[-1]["reason"]) == ("ended", "server_restarted")
    assert refused["code"] == "unknown_call"
    assert [hit["rule"] for hit in report["hits"]] == ["dont-know"]
    assert {step["id"]: step["state"] for step in report["steps"]}["opening"] == "done"
    store = Store.open(str(tmp_path / "data" / "calls.db"))
    filed = store.load("k")
    store.close()
    assert filed is not None
    assert [hit["rule"] for hit in filed["hits"]] == ["dont-know"]


async def _try_to_resume(url: str, headers: dict[str, str]) -> Json:
    query = "call_id=k&channels=2&resume=true"
    async with connect(f"{url}/v1/listen?{query}", additional_headers=headers) as feeder:
        return json.loads(await feeder.recv())  # type: ignore[no-any-return]


def test_a_server_that_stops_finishes_its_calls(tmp_path: Path) -> None:
    settings, hearing = settings_for(tmp_path), scripted_hearing(tmp_path)

    async def scenario() -> None:
        async with feeding(first, "s") as feeder:
            await play(feeder, AUDIO)
            await until(feeder, "received")

    with running(settings, hearing) as first:
        asyncio.run(scenario())
    with running(settings, scripted_hearing(tmp_path)) as second:
        headers = second.bearer("*", Right.SUPERVISE)
        kept = httpx.get(f"{second.http}/v1/calls/s", headers=headers).json()
    assert [m["reason"] for m in of(kept, "ended")] == ["server_stopped"]
    assert "这个我不知道" in [m["utterance"]["text"] for m in of(kept, "utterance")]


def test_when_recognition_cannot_keep_up_new_calls_are_refused_and_running_ones_finish(
    tmp_path: Path,
) -> None:
    sentences = [(0, 300 + 1_400 * n, "好的谢谢") for n in range(6)]
    audio = encode(record(sentences, 9_000), Encoding.LINEAR16)

    async def scenario() -> tuple[Json, list[list[Json]]]:
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(one_call(f"o{n}")) for n in range(4)]
            refused = await until_refused()
        return refused, [call.result() for call in calls]

    async def one_call(name: str) -> list[Json]:
        async with feeding(server, name, "&events=true") as feeder:
            await play(feeder, audio)
            await feeder.send('{"type": "CloseStream"}')
            return await until(feeder, "ended", 60)

    async def until_refused() -> Json:
        for attempt in range(200):
            async with feeding(server, f"late{attempt}") as feeder:
                message = await next_message(feeder)
                if message["type"] == "refusal":
                    return message
            await asyncio.sleep(0.05)
        raise AssertionError("never refused")

    with running(settings_for(tmp_path), scripted_hearing(tmp_path, decode_s=0.5)) as server:
        refused, calls = asyncio.run(scenario())
    assert refused["code"] == "overloaded"
    assert "behind" in refused["reason"]
    for told in calls:
        finals = [m for m in of(told, "utterance") if m["utterance"]["is_final"]]
        assert len(finals) == len(sentences)
        assert of(told, "stats")[-1]["dropped_ms"] == {}
