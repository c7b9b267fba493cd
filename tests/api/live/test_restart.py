"""kill -9, and what is still there afterwards; overload; a server that stops in good order."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.auth import Right, Tokens
from api.live.wire_audio import Encoding, encode
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
    wait_for,
)
from tests.api.live.speech import record, scripted_hearing

CALL = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道")]
AUDIO = encode(record(CALL, 8_000), Encoding.LINEAR16)

SERVER = """
import json
import sys
from pathlib import Path
from api.server import create_app
from api.serving import LiveServer
from tests.api.live.servers import settings_for
from tests.api.live.speech import scripted_hearing
folder = Path(sys.argv[1])
settings = settings_for(folder, port=int(sys.argv[2]), **json.loads(sys.argv[3]))
LiveServer(create_app(settings, hearing=scripted_hearing(folder)), settings).run()
"""


def start(folder: Path, port: int, **changes: object) -> subprocess.Popen[bytes]:
    more = json.dumps(changes)
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(folder), str(port), more])
    end_s = time.monotonic() + 240
    while time.monotonic() < end_s:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return process
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the server did not start")


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def url(port: int, call_id: str) -> str:
    return f"ws://127.0.0.1:{port}/v1/listen?call_id={call_id}&channels=2&events=true"


def is_ready(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200


def feed_token() -> dict[str, str]:
    return {"Authorization": f"Bearer {Tokens(SECRET).mint('k', Right.FEED)}"}


def supervisor() -> dict[str, str]:
    return {"Authorization": f"Bearer {Tokens(SECRET).mint('*', Right.SUPERVISE)}"}


def finals(messages: list[Json]) -> list[tuple[int, int, str]]:
    said = [message["utterance"] for message in of(messages, "utterance")]
    return sorted((u["channel"], u["begin_ms"], u["text"]) for u in said if u["text"])


def is_kept(message: Json) -> bool:
    return is_final(message) and message["type"] not in ("listening", "received")


def is_final(message: Json) -> bool:
    return message["type"] != "utterance" or message["utterance"]["is_final"]


@pytest.mark.parametrize(
    ("signal_name", "cut_ms"), [("SIGKILL", 2_000), ("SIGTERM", 4_700), ("SIGKILL", 7_000)]
)
def test_a_running_call_goes_on_after_a_restart_as_if_there_had_been_none(
    tmp_path: Path, signal_name: str, cut_ms: int
) -> None:
    port, token = free_port(), feed_token()

    async def first_half() -> tuple[list[Json], int]:
        told: list[Json] = []
        async with connect(url(port, "k"), additional_headers=token) as feeder:
            await play(feeder, AUDIO[: cut_ms * 64])
            told += await until(feeder, "utterance")
            while cut_ms > 4_000 and not finals([m for m in told if is_final(m)]):
                told += await until(feeder, "utterance")
            process.send_signal(getattr(signal, signal_name))
            try:
                while True:
                    told.append(await next_message(feeder))
            except ConnectionClosed as closed:
                await asyncio.to_thread(process.wait, 20)
                kept = [message for message in told if is_kept(message)]
                return kept, closed.rcvd.code if closed.rcvd else 1006

    async def second_half() -> list[Json]:
        address = url(port, "k") + "&resume=true"
        async with connect(address, additional_headers=feed_token()) as feeder:
            received_ms = (await next_message(feeder))["received_ms"]
            assert 0 <= received_ms <= cut_ms
            await play(feeder, AUDIO[received_ms * 64 :])
            await feeder.send('{"type": "CloseStream"}')
            return await until(feeder, "ended")

    process = start(tmp_path, port)
    before, code = asyncio.run(first_half())
    process = start(tmp_path, port)
    try:
        told = asyncio.run(second_half())
        kept = httpx.get(f"http://127.0.0.1:{port}/v1/calls/k", headers=supervisor()).json()
        report = httpx.get(
            f"http://127.0.0.1:{port}/v1/calls/k/report", headers=supervisor()
        ).json()
    finally:
        process.terminate()
        process.wait(20)
    if signal_name == "SIGTERM":
        assert code == 1012
        assert [m["retry_ms"] for m in of(before, "notice")] == [5_000]
    assert kept == [message for message in told if is_kept(message)]
    assert kept[: len(before)] == before
    assert [m["seq"] for m in kept] == sorted({m["seq"] for m in kept})
    ended = kept[-1]
    assert (ended["type"], ended["reason"], ended["duration_ms"]) == ("ended", "closed", 8_000)
    heard = finals([m for m in kept if is_final(m)])
    assert [(channel, text) for channel, _, text in heard] == [(c, text) for c, _, text in CALL]
    for (_, begin_ms, _), (_, wanted_ms, _) in zip(heard, CALL, strict=True):
        assert abs(begin_ms - wanted_ms) <= 200
    confirmed = [m["hit"]["id"] for m in of(kept, "hit") if m["state"] == "confirmed"]
    assert len(confirmed) == 1
    assert [hit["rule"] for hit in report["hits"]] == ["dont-know"]
    stats = of(kept, "stats")[-1]
    settled = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"]
    assert (stats["received_ms"], stats["pending_ms"], stats["dropped_ms"]) == (16_000, 0, {})
    assert settled == 16_000


def test_a_call_that_nobody_comes_back_to_ends_and_is_filed(tmp_path: Path) -> None:
    port, token = free_port(), feed_token()

    async def half_a_call() -> None:
        async with connect(url(port, "k"), additional_headers=token) as feeder:
            await play(feeder, AUDIO)
            while not of(await until(feeder, "hit"), "hit")[-1]["state"] == "confirmed":
                continue
            process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(process.wait, 20)

    process = start(tmp_path, port)
    asyncio.run(half_a_call())
    with running(settings_for(tmp_path, resume_s=0.2), scripted_hearing(tmp_path)) as server:
        wait_for(lambda: server.calls.find("k") is None)
        kept = httpx.get(f"{server.http}/v1/calls/k", headers=supervisor()).json()
        wait_for(lambda: server.app.state.store.load("k"))
        filed = server.app.state.store.load("k")
    assert (kept[-1]["type"], kept[-1]["reason"]) == ("ended", "server_restarted")
    assert [hit.rule for hit in filed.hits] == ["dont-know"]


def test_what_cannot_be_sent_again_is_told_as_a_gap_where_it_was_not_known(
    tmp_path: Path,
) -> None:
    port, token = free_port(), feed_token()

    async def first_half() -> None:
        async with connect(url(port, "k"), additional_headers=token) as feeder:
            await play(feeder, AUDIO[: 5_000 * 64])
            while not finals([m for m in await until(feeder, "utterance") if is_final(m)]):
                continue
            process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(process.wait, 20)

    async def second_half() -> list[Json]:
        address = url(port, "k") + "&resume=true&from_ms=7000"
        async with connect(address, additional_headers=feed_token()) as feeder:
            assert (await next_message(feeder))["received_ms"] == 7_000
            await play(feeder, AUDIO[7_000 * 64 :])
            await feeder.send('{"type": "CloseStream"}')
            return await until(feeder, "ended")

    process = start(tmp_path, port)
    asyncio.run(first_half())
    process = start(tmp_path, port)
    try:
        stats = of(asyncio.run(second_half()), "stats")[-1]
    finally:
        process.terminate()
        process.wait(20)
    gap_ms = stats["dropped_ms"]["connection_gap"]
    settled = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"]
    assert 0 < gap_ms < 2 * 7_000
    assert (stats["received_ms"], settled + sum(stats["dropped_ms"].values())) == (16_000, 16_000)


def test_a_server_that_drains_takes_no_new_call_and_lets_the_others_end(tmp_path: Path) -> None:
    port, token = free_port(), feed_token()

    async def scenario() -> tuple[Json, list[Json]]:
        async with connect(url(port, "k"), additional_headers=token) as feeder:
            await until(feeder, "opened")
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(wait_for, lambda: not is_ready(port))
            headers = {"Authorization": f"Bearer {Tokens(SECRET).mint('*', Right.FEED)}"}
            async with connect(url(port, "late"), additional_headers=headers) as late:
                refused = await next_message(late)
            await play(feeder, AUDIO)
            await feeder.send('{"type": "CloseStream"}')
            return refused, await until(feeder, "ended")

    process = start(tmp_path, port, drain_s=60.0)
    refused, told = asyncio.run(scenario())
    assert process.wait(20) in (0, -signal.SIGTERM)
    assert (refused["code"], "stopping" in refused["reason"]) == ("overloaded", True)
    assert told[-1]["reason"] == "closed"


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

    settings = settings_for(tmp_path, hear_later=False)
    with running(settings, scripted_hearing(tmp_path, decode_s=0.5)) as server:
        refused, calls = asyncio.run(scenario())
    assert refused["code"] == "overloaded"
    assert re.search("is behind|hear_later is off", refused["reason"])
    for told in calls:
        finals = [m for m in of(told, "utterance") if m["utterance"]["is_final"]]
        assert len(finals) == len(sentences)
        assert of(told, "stats")[-1]["dropped_ms"] == {}


def test_a_call_that_is_still_opening_does_not_hold_up_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with connect(url(server.port, "k"), additional_headers=feed_token()):
            await asyncio.to_thread(wait_for, lambda: server.calls.find("k"))

    async def never(*_: object) -> None:
        await asyncio.sleep(3_600)

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        monkeypatch.setattr(server.calls.admission, "register", never)
        asyncio.run(scenario())
