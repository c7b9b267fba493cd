"""FunASR's clients point here: they get their texts as they are used to, and the call is judged."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from api.auth import Right
from api.hearing import Hearing
from api.live.cost import DecodeCost
from api.live.wire_audio import Encoding, encode
from tests.api.doors.conftest import DOOR_PASSWORD
from tests.api.doors.test_freeswitch import basic, bearer, confirmed, told
from tests.api.live.servers import Json, Server, of, running, settings_for, wait_for
from tests.api.live.speech import record, scripted_hearing

LENGTH_MS = 5_200
SENTENCES = ("您好感谢致电很高兴为您服务", "这个我不知道")


def mono(*lines: tuple[int, str], rate: int = 16_000, length_ms: int = LENGTH_MS) -> bytes:
    spoken = [(0, at_ms, text) for at_ms, text in lines]
    return encode(record(spoken, length_ms, rate=rate, channels=1), Encoding.LINEAR16)


CALL = mono((200, SENTENCES[0]), (3_400, SENTENCES[1]))
FRAME = 1_920


def begin(wav_name: str, mode: str = "2pass", **more: Any) -> str:
    said = {"mode": mode, "chunk_size": [5, 10, 5], "chunk_interval": 10, "wav_name": wav_name}
    said |= {"is_speaking": True, "hotwords": '{"花呗": 20}', "itn": True, "wav_format": "pcm"}
    return json.dumps(said | more, ensure_ascii=False)


OVER = json.dumps({"is_speaking": False})


def door(server: Server, query: str = "", path: str = "/v1/funasr", **more: Any) -> connect:
    more.setdefault("additional_headers", basic(DOOR_PASSWORD))
    return connect(f"{server.ws}{path}?{query}", subprotocols=[Subprotocol("binary")], **more)


async def send(socket: ClientConnection, sound: bytes, *, real_time: bool = False) -> None:
    for at in range(0, len(sound), FRAME):
        await socket.send(sound[at : at + FRAME])
        if real_time:
            await asyncio.sleep(0.058)


async def results(socket: ClientConnection) -> list[Json]:
    """All that is told up to the last of a stretch."""
    heard: list[Json] = []
    async with asyncio.timeout(60):
        while not heard or not heard[-1].get("is_end"):
            heard.append(json.loads(await socket.recv()))
    return heard


async def whole(server: Server, first: str, query: str, **how: Any) -> list[Json]:
    async with door(server, query, **how) as socket:
        assert socket.subprotocol == "binary"
        await socket.send(first)
        await send(socket, CALL)
        await socket.send(OVER)
        return await results(socket)


def text_of(heard: list[Json], mode: str) -> str:
    return "".join(one["text"] for one in heard if one["mode"] == mode and not one.get("is_end"))


@pytest.mark.parametrize("path", ["/v1/funasr", "/"])
def test_two_passes_give_the_sentences_and_the_call_is_judged(
    server: Server, call_id: str, path: str
) -> None:
    async def run() -> tuple[list[Json], list[Json]]:
        mine = f"{call_id}{len(path)}"
        heard = await whole(
            server, begin("rec-7"), f"call_id={mine}&role=agent&agent=1001", path=path
        )
        return heard, await told(server, mine)

    heard, messages = asyncio.run(run())
    assert [one["text"] for one in heard if one["mode"] == "2pass-offline" and one["text"]] == [
        *SENTENCES
    ]
    assert all(one["wav_name"] == "rec-7" for one in heard)
    first = next(one for one in heard if one["mode"] == "2pass-offline")
    stamps = json.loads(first["timestamp"])
    assert len(stamps) == len(SENTENCES[0])
    assert abs(stamps[0][0] - 200) <= 100
    assert heard[-1]["is_final"] is True
    assert messages[0]["agent"] == "1001"
    assert messages[0]["metadata"]["wav_name"] == "rec-7"
    assert confirmed(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"


def test_online_gives_each_character_once(server: Server, call_id: str) -> None:
    first = begin("w", "online")
    heard = asyncio.run(whole(server, first, f"call_id={call_id}&role=agent"))
    assert text_of(heard, "online") == "".join(SENTENCES)


def test_offline_gives_all_of_it_at_the_end(server: Server, call_id: str) -> None:
    heard = asyncio.run(whole(server, begin("w", "offline"), f"call_id={call_id}&role=agent"))
    (only,) = heard
    assert (only["mode"], only["text"], only["is_final"]) == ("offline", "".join(SENTENCES), True)
    assert len(json.loads(only["timestamp"])) == len("".join(SENTENCES))


def test_two_connections_named_after_their_speakers_are_one_call(
    server: Server, call_id: str
) -> None:
    sounds = {"agent": mono((300, SENTENCES[1])), "customer": mono((2_400, "好的谢谢"))}

    async def speaker(role: str) -> list[Json]:
        async with door(server) as socket:
            await socket.send(begin(f"{call_id}.{role}.wav"))
            await send(socket, sounds[role], real_time=True)
            await socket.send(OVER)
            return await results(socket)

    async def run() -> tuple[tuple[list[Json], list[Json]], list[Json]]:
        heard = await asyncio.gather(speaker("agent"), speaker("customer"))
        return heard, await told(server, call_id)

    (agent, customer), messages = asyncio.run(run())
    assert text_of(agent, "2pass-offline") == SENTENCES[1]
    assert text_of(customer, "2pass-offline") == "好的谢谢"
    assert messages[0]["roles"] == ["agent", "customer"]
    assert confirmed(messages) == ["dont-know"]


def test_a_connection_may_bring_one_recording_after_the_other(server: Server, call_id: str) -> None:
    async def run() -> list[list[Json]]:
        async with door(server) as socket:
            for number in range(2):
                await socket.send(begin(f"rec-{number}", call_id=f"{call_id}-{number}"))
                await send(socket, CALL)
                await socket.send(OVER)
                heard = await results(socket)
                assert text_of(heard, "2pass-offline") == "".join(SENTENCES)
        return [await told(server, f"{call_id}-{number}") for number in range(2)]

    for messages in asyncio.run(run()):
        assert messages[0]["roles_known"] is False, "nobody said whose sound this is"
        assert messages[-1]["reason"] == "closed"


def test_a_tone_that_was_no_speech_keeps_nobody_waiting(tmp_path: Path, call_id: str) -> None:
    """A slow recogniser has no time for short partials: of a tone no final comes instead."""
    seconds = np.arange(16 * 1_500) / 16_000
    tone = (0.3 * np.sin(2 * np.pi * 450 * seconds)).astype(np.float32)
    sound = CALL + encode(
        np.concatenate([tone, np.zeros(16 * 1_000, np.float32)]), Encoding.LINEAR16
    )
    hearing = replace(scripted_hearing(tmp_path), cost=DecodeCost(1.0))

    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}") as socket:
            await socket.send(begin("w"))
            await send(socket, sound)
            await socket.send(OVER)
            return await results(socket)

    with running(settings_for(tmp_path, door_password=DOOR_PASSWORD), hearing) as server:
        assert text_of(asyncio.run(run()), "2pass-offline") == "".join(SENTENCES)


def test_a_client_whose_texts_fail_is_told_the_end_at_once(
    server: Server, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such text")

    monkeypatch.setattr("api.doors.funasr_answers.Answers.told", fail)
    (only,) = asyncio.run(whole(server, begin("w"), f"call_id={call_id}"))
    assert only["is_end"] is True


def test_a_pause_between_sentences_is_no_end(server: Server, call_id: str) -> None:
    """A voice robot says `is_speaking: false` after each sentence, and goes on; also twice."""

    async def run() -> tuple[list[Json], list[Json], list[Json]]:
        async with door(server, f"call_id={call_id}&role=agent") as socket:
            await socket.send(begin("w"))
            await send(socket, CALL[: 3_300 * 32])
            await socket.send(OVER)
            first = await results(socket)
            await socket.send(OVER)
            again = await results(socket)
            assert again[-1]["text"] == ""
            await socket.send(begin("w"))
            await send(socket, CALL[3_300 * 32 :])
            await socket.send(OVER)
            second = await results(socket)
        return first, second, await told(server, call_id)

    first, second, messages = asyncio.run(run())
    assert text_of(first, "2pass-offline") == SENTENCES[0]
    assert text_of(second, "2pass-offline") == SENTENCES[1]
    assert confirmed(messages) == ["dont-know"]
    assert len(of(messages, "ended")) == 1


def test_who_leaves_after_the_last_word_has_hung_up_and_who_is_cut_has_not(
    server: Server, call_id: str
) -> None:
    async def run(mine: str, *, finish: bool) -> None:
        async with door(server, f"call_id={mine}&role=mixed") as socket:
            await socket.send(begin("w"))
            await send(socket, CALL)
            if finish:
                await socket.send(OVER)
                await results(socket)
            else:
                await asyncio.sleep(0.3)
            socket.transport.abort()

    asyncio.run(run(f"{call_id}-a", finish=True))
    assert asyncio.run(told(server, f"{call_id}-a"))[-1]["reason"] == "closed"
    asyncio.run(run(f"{call_id}-b", finish=False))
    wait_for(lambda: server.calls.find(f"{call_id}-b").live.state == "lost")


def test_a_telephone_s_rate_is_taken(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}&role=agent") as socket:
            await socket.send(begin("w", audio_fs=8_000))
            await send(socket, mono((200, SENTENCES[1]), rate=8_000))
            await socket.send(OVER)
            return await results(socket)

    assert text_of(asyncio.run(run()), "2pass-offline") == SENTENCES[1]


@pytest.mark.parametrize("way", ["token", "ticket"])
def test_credentials_may_stand_in_the_first_text(server: Server, call_id: str, way: str) -> None:
    mint = server.tokens.mint if way == "token" else server.tokens.ticket
    first = begin("w", role="agent", call_id=call_id, **{way: mint(call_id, Right.FEED)})
    heard = asyncio.run(whole(server, first, "", additional_headers={}))
    assert text_of(heard, "2pass-offline") == "".join(SENTENCES)
    opened = asyncio.run(told(server, call_id))[0]
    assert way not in opened["metadata"], "a secret is no metadata"


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, hearing: Hearing) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("trusting")
    with running(settings_for(folder, funasr_peers=("127.0.0.0/8",)), hearing) as up:
        yield up


def test_a_machine_that_is_named_needs_no_password_but_a_page_on_it_does(
    trusting: Server, call_id: str
) -> None:
    first = begin("w", call_id=call_id)
    heard = asyncio.run(whole(trusting, first, "", path="/", additional_headers={}))
    assert text_of(heard, "2pass-offline") == "".join(SENTENCES)
    page = {"origin": "http://127.0.0.1:8000", "additional_headers": {}}
    assert refused(trusting, [first, CALL[:FRAME]], **page) == (4401, "no_token")


def refused(server: Server, sent: Sequence[str | bytes], **how: Any) -> tuple[int, str]:
    async def run() -> tuple[int, str]:
        async with door(server, **how) as socket:
            for one in sent:
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(one)
            await asyncio.wait_for(socket.wait_closed(), 15.0)
            return socket.close_code or 0, socket.close_reason or ""

    return asyncio.run(run())


SOUND = CALL[:FRAME]


@pytest.mark.parametrize(
    "sent",
    [
        ["{"],
        [begin("w", mode="3pass")],
        [begin("w", wav_format="mp3")],
        [begin("w", audio_fs=3), SOUND],
        [begin("w", role="both"), SOUND],
        [begin("w", role="agent"), SOUND],
        [begin("w", call_id="a b"), SOUND],
        [begin("w"), SOUND, "[]"],
        [begin("w", script="x" * 65), SOUND],
    ],
    ids=range(9),
)
def test_what_makes_no_sense_is_refused(server: Server, sent: Sequence[str | bytes]) -> None:
    assert refused(server, sent) == (4400, "bad_request")


def test_without_credentials_nothing_opens(server: Server) -> None:
    nothing: Json = {"additional_headers": {}}
    assert refused(server, [begin("w"), SOUND], **nothing) == (4401, "no_token")
    assert refused(server, [SOUND], **nothing) == (4401, "no_token")
    forged = begin("w", token="x.y.z")
    assert refused(server, [forged, SOUND], **nothing) == (4403, "token")
    with pytest.raises(InvalidStatus):
        refused(server, [begin("w")], additional_headers=bearer("another password of nobody"))
