"""FreeSWITCH's modules come in as they are: metadata first, sound, a clean close is the end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.auth import Right
from api.hearing import Hearing
from api.live.wire_audio import Encoding, encode
from tests.api.doors.conftest import DOOR_PASSWORD
from tests.api.live.servers import Json, Server, of, play, running, settings_for, until, wait_for
from tests.api.live.speech import record

CALL = encode(
    record([(1, 200, "您好感谢致电很高兴为您服务"), (1, 3_400, "这个我不知道")], 5_000, rate=8_000),
    Encoding.LINEAR16,
)
FRAME = 640
META = {"agent": "1001", "mix": "stereo", "queue": "售后"}


def door(server: Server, query: str = "", **more: Any) -> connect:
    more.setdefault("additional_headers", bearer(DOOR_PASSWORD))
    return connect(f"{server.ws}/v1/freeswitch?{query}", **more)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"switch:{secret}".encode()).decode()}


async def told(server: Server, call_id: str) -> list[Json]:
    """All that was told of a call, once it has ended."""
    async with connect(
        f"{server.ws}/v1/calls/{call_id}/events",
        additional_headers=server.bearer("*", Right.SUPERVISE),
    ) as socket:
        return await until(socket, "ended")


async def heard(server: Server, socket: ClientConnection, call_id: str) -> list[Json]:
    """Play the call, hang up, and read what came of it."""
    await play(socket, CALL, chunk=FRAME)
    await socket.close()
    return await told(server, call_id)


def confirmed(messages: list[Json]) -> list[str]:
    return [m["hit"]["rule"] for m in of(messages, "hit") if m["state"] == "confirmed"]


def test_metadata_sound_and_a_clean_close_are_a_whole_call(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with door(server) as socket:
            await socket.send(json.dumps(META | {"call_id": call_id}))
            return await heard(server, socket, call_id)

    messages = asyncio.run(run())
    opened, ended = messages[0], messages[-1]
    assert opened["agent"] == "1001"
    assert opened["roles"] == ["customer", "agent"]
    assert opened["metadata"] == {"queue": "售后"}
    assert confirmed(messages) == ["dont-know"]
    assert ended["reason"] == "closed"
    assert ended["duration_ms"] == 5_000
    assert of(messages, "stats")[-1]["dropped_ms"] == {}


def test_sound_that_wins_the_race_against_the_metadata_is_not_lost(
    server: Server, call_id: str
) -> None:
    async def run() -> list[Json]:
        async with door(server) as socket:
            await play(socket, CALL[: 5 * FRAME], chunk=FRAME)
            await socket.send(json.dumps(META | {"call_id": call_id}))
            await play(socket, CALL[5 * FRAME :], chunk=FRAME)
            await socket.close()
            return await told(server, call_id)

    messages = asyncio.run(run())
    assert messages[-1]["duration_ms"] == 5_000
    assert confirmed(messages) == ["dont-know"]


def test_everything_may_stand_in_the_address_and_any_text_may_be_metadata(
    server: Server, call_id: str
) -> None:
    async def run() -> list[Json]:
        query = f"call_id={call_id}&mix=stereo&sample_rate=8k&agent=1002"
        async with door(server, query, subprotocols=["audio.drachtio.org"]) as socket:
            assert socket.subprotocol == "audio.drachtio.org"
            await socket.send("任意文字，不是 JSON")
            return await heard(server, socket, call_id)

    messages = asyncio.run(run())
    assert messages[0]["agent"] == "1002"
    assert messages[0]["metadata"] == {"metadata_text": "任意文字，不是 JSON"}


def test_a_mixed_stream_charges_nobody(server: Server, call_id: str) -> None:
    mono = encode(
        record([(0, 200, "这个我不知道")], 2_400, rate=8_000, channels=1), Encoding.LINEAR16
    )

    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}&mix=mixed&roles=agent") as socket:
            await play(socket, mono, chunk=FRAME)
            await socket.close()
            return await told(server, call_id)

    messages = asyncio.run(run())
    assert messages[0]["roles_known"] is False
    assert of(messages, "prompt") == []


@pytest.mark.parametrize("way", ["bearer", "basic", "token", "ticket"])
def test_each_kind_of_credential_opens_the_door(server: Server, way: str, call_id: str) -> None:
    headers, query = {}, f"mix=stereo&call_id={call_id}"
    if way == "bearer":
        headers = bearer(server.token(call_id, Right.FEED))
    elif way == "basic":
        headers = basic(DOOR_PASSWORD)
    elif way == "token":
        headers = basic(server.token(call_id, Right.FEED))
    else:
        query += "&ticket=" + server.tokens.ticket(call_id, Right.FEED)

    async def run() -> list[Json]:
        async with door(
            server, query, additional_headers=headers, origin="http://x.test"
        ) as socket:
            return await heard(server, socket, call_id)

    assert asyncio.run(run())[-1]["reason"] == "closed"


def refusal(server: Server, query: str, headers: dict[str, str], *sent: str | bytes) -> Json:
    async def run() -> Json:
        async with door(server, query, additional_headers=headers) as socket:
            for one in sent:
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(one)
            return (await until(socket, "refusal"))[-1]

    return asyncio.run(run())


def test_what_may_not_come_in_is_told_why(server: Server, call_id: str) -> None:
    mine = f"mix=stereo&call_id={call_id}"
    wrong = {
        "": {},
        "forged": bearer("a password of the switcH"),
        "not base64": {"Authorization": "Basic !!!"},
        "to watch": bearer(server.token(call_id, Right.WATCH)),
        "another call's": bearer(server.token("fs-2", Right.FEED)),
    }
    for name, headers in wrong.items():
        code = refusal(server, mine, headers, CALL[:FRAME])["code"]
        assert code == ("token" if name else "no_token"), name
    token = server.token(call_id, Right.FEED)
    assert "address" in refusal(server, f"{mine}&ticket={token}", {}, CALL[:FRAME])["reason"]


def test_a_ticket_opens_one_connection(server: Server, call_id: str) -> None:
    ticket = server.tokens.ticket(call_id, Right.FEED)
    query = f"mix=stereo&call_id={call_id}&ticket={ticket}"

    async def open_and_break() -> None:
        async with door(server, query, additional_headers={}) as socket:
            await socket.send(CALL[:FRAME])
            await until(socket, "listening")
            socket.transport.abort()

    asyncio.run(open_and_break())
    wait_for(lambda: server.calls.find(call_id).live.state == "lost")
    said = refusal(server, query, {}, CALL[:FRAME])
    assert said["code"] == "token"
    assert "opened a connection before" in said["reason"]


@pytest.mark.parametrize(
    ("query", "sent", "names"),
    [
        ("", CALL[:FRAME], "mix"),
        ("mix=both", CALL[:FRAME], "mix"),
        ("mix=stereo&sample_rate=44", CALL[:FRAME], "sample_rate"),
        ("mix=stereo&roles=agent", CALL[:FRAME], "roles"),
        ("call_id=a%20b&mix=stereo", CALL[:FRAME], "call_id"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    server: Server, query: str, sent: bytes, names: str
) -> None:
    said = refusal(server, query, bearer(DOOR_PASSWORD), sent)
    assert said["code"] == "bad_request"
    assert names in said["reason"]


def test_a_broken_connection_is_no_end_and_the_call_goes_on_by_the_clock(
    server: Server, call_id: str
) -> None:
    async def run() -> list[Json]:
        query = f"mix=stereo&call_id={call_id}&tell=all"
        began_s = time.monotonic()
        async with door(server, query) as socket:
            await play(socket, CALL[: 100 * FRAME], chunk=FRAME, pause_s=0.02)
            socket.transport.abort()
        await asyncio.sleep(0.5)
        async with door(server, query) as socket:
            await play(socket, CALL[100 * FRAME :], chunk=FRAME, pause_s=0.005)
            await socket.close()
        passed_ms.append((time.monotonic() - began_s) * 1_000)
        return await told(server, call_id)

    passed_ms: list[float] = []
    messages = asyncio.run(run())
    states = [message["state"] for message in of(messages, "source")]
    assert states == ["lost", "resumed"]
    stats, ended = of(messages, "stats")[-1], messages[-1]
    gap_ms = stats["dropped_ms"]["connection_gap"] // 2
    assert ended["reason"] == "closed"
    assert ended["duration_ms"] == 5_000 + gap_ms
    assert 400 <= gap_ms <= passed_ms[0] - 2_000


def test_a_call_that_comes_back_while_the_server_is_far_behind_stands_where_it_is_by_the_clock(
    server: Server, call_id: str
) -> None:
    behind_s = 300

    def is_lost() -> bool:
        call = server.calls.find(call_id)
        return call is not None and call.live.state == "lost"

    async def run() -> list[Json]:
        query = f"mix=stereo&call_id={call_id}&tell=all"
        async with door(server, query) as socket:
            await play(socket, CALL[: 20 * FRAME], chunk=FRAME, pause_s=0.02)
            socket.transport.abort()
        await asyncio.to_thread(wait_for, is_lost)
        # As if most of what was sent before the cut was never read.
        server.calls.find(call_id).began_s -= behind_s
        async with door(server, query) as socket:
            await play(socket, CALL[20 * FRAME : 40 * FRAME], chunk=FRAME, pause_s=0.02)
            await socket.close()
        return await told(server, call_id)

    messages = asyncio.run(run())
    assert [message["state"] for message in of(messages, "source")] == ["lost", "resumed"]
    assert messages[-1]["reason"] == "closed"
    assert messages[-1]["duration_ms"] >= behind_s * 1_000


def test_a_client_that_wants_quiet_is_told_nothing(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with door(server, f"mix=stereo&call_id={call_id}&tell=nothing") as socket:
            await play(socket, CALL, chunk=FRAME)
            await socket.send('{"type": "CloseStream"}')
            async with asyncio.timeout(15):
                return [json.loads(text) async for text in socket]

    assert asyncio.run(run()) == []


def test_who_hangs_up_while_the_server_is_behind_is_heard_to_the_end(
    tmp_path: Path, hearing: Hearing
) -> None:
    settings = settings_for(tmp_path, door_password=DOOR_PASSWORD, max_speed=1.0)

    async def run(server: Server) -> list[Json]:
        query = "mix=stereo&call_id=behind&tell=nothing"
        async with door(server, query, close_timeout=0.5) as socket:
            await play(socket, CALL, chunk=FRAME)
        return await told(server, "behind")

    with running(settings, hearing) as server:
        messages = asyncio.run(run(server))
    assert messages[-1]["reason"] == "closed"
    assert messages[-1]["duration_ms"] == 5_000


def test_doors_are_told_with_what_was_last_seen(server: Server, call_id: str) -> None:
    import httpx

    refusal(server, f"mix=stereo&call_id={call_id}", {}, CALL[:FRAME])
    rows = httpx.get(f"{server.http}/v1/doors", headers=server.bearer("*", Right.SUPERVISE)).json()
    (row,) = [row for row in rows if row["name"] == "freeswitch"]
    assert row["refused"] >= 1
    assert "credentials" in row["last"]
