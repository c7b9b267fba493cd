"""AudioHook 2: signed sessions, numbered messages, what was held back is silence, `closed` comes last."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.auth import Right
from api.doors.audiohook_messages import NOBODY
from api.doors.audiohook_signature import signature_headers
from api.live.wire_audio import Encoding, encode
from tests.api.doors.conftest import AUDIOHOOK_KEY, AUDIOHOOK_SECRET
from tests.api.doors.test_freeswitch import confirmed, told
from tests.api.live.servers import Json, Server, of, wait_for
from tests.api.live.speech import record

LENGTH_MS = 5_000
SPOKEN = [(1, 200, "您好感谢致电很高兴为您服务"), (1, 3_400, "这个我不知道")]
CALL = encode(record(SPOKEN, LENGTH_MS, rate=8_000), Encoding.MULAW)
FRAME = 3_200
STEREO = {"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8_000}
MONO = [STEREO | {"channels": [one]} for one in ("external", "internal")]
PATH = "/v1/audiohook"


def signed(
    server: Server,
    session: str,
    *,
    secret: str = AUDIOHOOK_SECRET,
    key: str = AUDIOHOOK_KEY,
    target: str = PATH,
    nonce: str = "",
    age_s: int = 0,
    change: Callable[[dict[str, str]], None] = lambda headers: None,
) -> dict[str, str]:
    headers = {
        "Audiohook-Organization-Id": "d7934305-0972-4844-938e-9060eef73d05",
        "Audiohook-Session-Id": session,
        "Audiohook-Correlation-Id": str(uuid4()),
        "X-API-KEY": key,
    }
    headers |= signature_headers(
        headers,
        target=target,
        authority=f"127.0.0.1:{server.port}",
        secret=base64.b64decode(secret),
        nonce=nonce or uuid4().hex,
        created_s=int(time.time()) - age_s,
    )
    change(headers)
    return headers


class Session:
    """A client that numbers its messages as Genesys does; every answer must be numbered too."""

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self.socket = socket
        self.id = session
        self.seq = self.serverseq = 0

    async def say(self, kind: str, **parameters: Any) -> None:
        self.seq += 1
        await self.socket.send(json.dumps(self.message(kind, **parameters)))

    def message(self, kind: str, **parameters: Any) -> Json:
        said = {"version": "2", "id": self.id, "type": kind, "seq": self.seq}
        return said | {"serverseq": self.serverseq, "position": "PT0S", "parameters": parameters}

    async def answer(self) -> Json:
        said: Json = json.loads(await asyncio.wait_for(self.socket.recv(), 15.0))
        assert said["seq"] == self.serverseq + 1
        assert said["version"] == "2"
        assert said["id"] == self.id
        self.serverseq = said["seq"]
        return said

    async def open(self, conversation: str, **more: Any) -> Json:
        parameters = {
            "organizationId": "d7934305-0972-4844-938e-9060eef73d05",
            "conversationId": conversation,
            "participant": {"id": "5f8a41ec", "ani": "+8613800000000", "aniName": "", "dnis": "95"},
            "media": [STEREO, *MONO],
        }
        await self.say("open", **(parameters | more))
        return await self.answer()

    async def play(self, sound: bytes) -> None:
        for at in range(0, len(sound), FRAME):
            await self.socket.send(sound[at : at + FRAME])

    async def close(self, reason: str = "end") -> Json:
        await self.say("close", reason=reason)
        return await self.answer()


@contextlib.asynccontextmanager
async def session(server: Server, **how: Any) -> Any:
    name = str(uuid4())
    headers = signed(server, name, **how)
    async with connect(f"{server.ws}{PATH}", additional_headers=headers) as socket:
        yield Session(socket, name)


def call_of(conversation: str) -> str:
    return f"{conversation}.5f8a41ec"


def dropped(messages: list[Json]) -> int:
    gaps: dict[str, int] = of(messages, "stats")[-1]["dropped_ms"]
    return gaps.get("connection_gap", 0)


def test_a_whole_session_is_a_whole_call(server: Server, call_id: str) -> None:
    async def run() -> tuple[Json, list[Json], list[Json]]:
        async with session(server) as one:
            custom = {"agent": "1001", "queue": "售后"}
            opened = await one.open(
                call_id, customConfig=custom, supportedLanguages=True, language="zh-CN"
            )
            answers = []
            for kind, more in (
                ("ping", {}),
                ("ping", {"rtt": "PT0.01S"}),
                ("update", {"language": "zh-CN"}),
            ):
                await one.say(kind, **more)
                answers.append(await one.answer())
                assert answers[-1]["clientseq"] == one.seq
            await one.play(CALL)
            answers.append(await one.close())
            assert [text async for text in one.socket] == [], "closed is the last word"
        return opened, answers, await told(server, call_of(call_id))

    opened, answers, messages = asyncio.run(run())
    assert opened["type"] == "opened"
    assert opened["parameters"]["media"] == [STEREO], "exactly one, unchanged"
    assert opened["parameters"]["supportedLanguages"] == ["zh-CN", "cmn-CN"]
    assert [one["type"] for one in answers] == ["pong", "pong", "updated", "closed"]
    assert messages[0]["roles"] == ["customer", "agent"]
    assert messages[0]["agent"] == "1001"
    assert messages[0]["metadata"]["queue"] == "售后"
    assert messages[0]["metadata"]["conversation"] == call_id
    assert confirmed(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"
    assert messages[-1]["duration_ms"] == LENGTH_MS
    assert dropped(messages) == 0


def test_the_last_words_are_heard_before_closed(server: Server, call_id: str) -> None:
    async def run() -> None:
        async with session(server) as one:
            await one.open(call_id)
            await one.play(CALL)
            await one.close()
            assert server.calls.find(call_of(call_id)) is None, "it has ended"

    asyncio.run(run())


def test_what_genesys_holds_back_is_silence_of_that_length(server: Server, call_id: str) -> None:
    """A pause of a second, a discarded half: the words after them stand where they were said."""
    cut = CALL[: 1_500 * 16] + CALL[2_500 * 16 : 2_600 * 16] + CALL[3_100 * 16 :]

    async def run() -> list[Json]:
        async with session(server) as one:
            await one.open(call_id)
            await one.play(cut[: 1_500 * 16])
            await one.say("paused")
            await one.say("ping")
            assert (await one.answer())["type"] == "pong"
            await one.say("resumed", start="PT1.5S", discarded="PT1.0S")
            await one.play(cut[1_500 * 16 : 1_600 * 16])
            await one.say("discarded", start="PT2.6S", discarded="PT0.5S")
            await one.play(cut[1_600 * 16 :])
            await one.close()
        return await told(server, call_of(call_id))

    messages = asyncio.run(run())
    assert messages[-1]["duration_ms"] == LENGTH_MS
    assert dropped(messages) == 2 * 1_500, "of both channels"
    hit = next(m["hit"] for m in of(messages, "hit") if m["state"] == "confirmed")
    assert abs(hit["begin_ms"] - 3_800) <= 300


def test_a_probe_is_answered_and_is_no_call(server: Server) -> None:
    calls = server.app.state.entrance.sightings.doors["audiohook"].calls

    async def run() -> None:
        async with session(server) as one:
            nobody = {"id": NOBODY, "ani": "", "aniName": "", "dnis": ""}
            opened = await one.open(NOBODY, participant=nobody)
            assert opened["type"] == "opened"
            await one.say("ping")
            assert (await one.answer())["type"] == "pong"
            assert (await one.close())["type"] == "closed"

    asyncio.run(run())
    assert server.app.state.entrance.sightings.doors["audiohook"].calls == calls


def test_a_session_that_goes_on_with_another_is_the_same_call(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with session(server) as first:
            await first.open(call_id)
            await first.play(CALL[: 3_000 * 16])
            assert (await first.close("reconnect"))["type"] == "closed"
        async with session(server) as second:
            before = [{"id": first.id, "serverseq": first.serverseq, "clientseq": first.seq}]
            await second.open(call_id, continuedSessions=before)
            await second.play(CALL[3_000 * 16 :])
            await second.close()
        return await told(server, call_of(call_id))

    messages = asyncio.run(run())
    assert [one["state"] for one in of(messages, "source")] == ["lost", "resumed"]
    assert confirmed(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"


def test_another_participant_of_a_conversation_is_another_call(
    server: Server, call_id: str
) -> None:
    async def run() -> list[list[Json]]:
        async with session(server) as first, session(server) as second:
            await first.open(call_id)
            await second.open(call_id, participant={"id": "77777777-1"})
            await first.close()
            await second.close()
        return [await told(server, call_of(call_id)), await told(server, f"{call_id}.77777777")]

    assert [messages[-1]["reason"] for messages in asyncio.run(run())] == ["closed", "closed"]


def test_one_channel_is_the_speaker_that_it_is_offered_as(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with session(server) as one:
            opened = await one.open(call_id, media=[{"format": "L16"}, MONO[1]])
            assert opened["parameters"]["media"] == [MONO[1]]
            await one.play(CALL[1::2])
            await one.close()
        return await told(server, call_of(call_id))

    messages = asyncio.run(run())
    assert messages[0]["roles"] == ["agent"]
    assert confirmed(messages) == ["dont-know"]


def test_a_connection_without_close_is_lost(server: Server, call_id: str) -> None:
    async def run() -> None:
        async with session(server) as one:
            await one.open(call_id)
            await one.play(CALL[:FRAME])

    asyncio.run(run())
    wait_for(lambda: server.calls.find(call_of(call_id)).live.state == "lost")


def disconnected(server: Server, *sent: Json | bytes | str) -> Json:
    """What is told before the server gives up."""

    async def run() -> Json:
        async with session(server) as one:
            for message in sent:
                if isinstance(message, dict):
                    numbered = {"version": "2", "id": one.id, "serverseq": 0, "position": "PT0S"}
                    await one.socket.send(json.dumps(numbered | message))
                else:
                    await one.socket.send(message)
            said = await one.answer()
            while said["type"] in ("opened", "pong"):
                said = await one.answer()
            with contextlib.suppress(ConnectionClosed):
                await one.socket.close()
            return said

    return asyncio.run(run())


def opening(conversation: str, **more: Any) -> Json:
    parameters = {"conversationId": conversation, "participant": {"id": "p"}, "media": [STEREO]}
    return {"type": "open", "seq": 1, "parameters": parameters | more}


PING = {"type": "ping", "seq": 2, "parameters": {}}


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        (["{"], "none of AudioHook's"),
        (["[" * 60_000], "none of AudioHook's"),
        (["x" * 70_000], "65535"),
        ([CALL[:FRAME]], "before open"),
        ([PING | {"seq": 1}], "not open"),
        ([opening("x1") | {"version": "1"}], "AudioHook 2"),
        ([opening("x2") | {"id": "another"}], "another session"),
        ([opening("x3") | {"seq": 2}], "seq"),
        ([opening("x4"), PING, PING], "came twice"),
        ([opening("x5") | {"serverseq": 7}], "serverseq"),
        ([opening("x6", media=[STEREO | {"format": "OPUS"}])], "no media"),
        ([opening("x7", media=[])], "no media"),
        ([opening("")], "conversationId"),
        ([opening("x8"), opening("x8") | {"seq": 2}], "second open"),
        ([opening("x9"), PING | {"type": "discarded"}], "duration"),
        (
            [opening("x10"), PING | {"type": "resumed", "parameters": {"discarded": "PT9999S"}}],
            "held back",
        ),
    ],
    ids=range(16),
)
def test_what_makes_no_sense_ends_the_session_with_a_reason(
    server: Server, sent: Sequence[Any], names: str
) -> None:
    said = disconnected(server, *sent)
    assert said["type"] == "disconnect"
    assert said["parameters"]["reason"] == "error"
    assert names in said["parameters"]["info"]


def refused(server: Server, headers: dict[str, str]) -> int:
    async def run() -> None:
        async with connect(f"{server.ws}{PATH}", additional_headers=headers) as socket:
            await socket.recv()

    try:
        asyncio.run(run())
    except InvalidStatus as error:
        return error.response.status_code
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 0
    return 0


OTHER_SECRET = base64.b64encode(b"another integration's secret").decode()


def without(name: str) -> Callable[[dict[str, str]], None]:
    return lambda headers: headers.__delitem__(name)


def set_to(name: str, value: str) -> Callable[[dict[str, str]], None]:
    return lambda headers: headers.__setitem__(name, value)


@pytest.mark.parametrize(
    "how",
    [
        {"secret": OTHER_SECRET},
        {"key": "another key"},
        {"target": "/v1/audiohook?x=1"},
        {"age_s": 60},
        {"age_s": -60},
        {"nonce": "short"},
        {"change": without("Signature")},
        {"change": without("Signature-Input")},
        {"change": set_to("Signature", "sig1=:!!:")},
        {"change": set_to("Signature", "sig2=:AAAA:")},
        {"change": set_to("Signature-Input", 'sig1=("@authority");created=1')},
        {"change": set_to("Audiohook-Session-Id", "0f0f0f0f-0000-0000-0000-000000000000")},
    ],
    ids=range(12),
)
def test_a_forged_or_stale_signature_opens_nothing(server: Server, how: Json) -> None:
    assert refused(server, signed(server, str(uuid4()), **how)) == 403


def test_a_signature_opens_one_connection(server: Server, call_id: str) -> None:
    nonce = uuid4().hex

    async def run() -> None:
        async with session(server, nonce=nonce) as one:
            await one.open(call_id)
            await one.close()

    asyncio.run(run())
    assert refused(server, signed(server, str(uuid4()), nonce=nonce)) == 4403


def test_without_a_key_a_token_of_the_call_is_asked_for(server: Server, call_id: str) -> None:
    name = str(uuid4())

    async def run() -> None:
        headers = {"Audiohook-Session-Id": name} | server.bearer(call_of(call_id), Right.FEED)
        async with connect(f"{server.ws}{PATH}", additional_headers=headers) as socket:
            one = Session(socket, name)
            assert (await one.open(call_id))["type"] == "opened"
            await one.close()

    asyncio.run(run())
    assert refused(server, {"Audiohook-Session-Id": name}) == 4401
