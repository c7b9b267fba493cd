"""Words that another recogniser has heard come in line by line and are judged like a heard call."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from api.auth import Right
from api.hearing import Hearing
from api.live.session_factory import SessionFactory
from api.transcripts.analyzer import TranscriptAnalyzer
from tests.api.doors.conftest import DOOR_PASSWORD
from tests.api.doors.dialogues import Said, dialogues
from tests.api.live.servers import Json, Server, of, running, settings_for, until
from tests.api.live.speech import LoudnessVoice, ScriptedRecogniser

OPENING, CLOSING = "您好感谢致电很高兴为您服务", "感谢您的来电再见"


def door(server: Server, query: str) -> connect:
    headers = {"Authorization": f"Bearer {DOOR_PASSWORD}"}
    return connect(f"{server.ws}/v1/transcripts?{query}", additional_headers=headers)


async def say(socket: ClientConnection, number: int, role: str, text: str, **more: Any) -> None:
    await socket.send(
        json.dumps({"type": "utterance", "id": number, "role": role, "text": text} | more)
    )


async def end(socket: ClientConnection, **more: Any) -> list[Json]:
    await socket.send(json.dumps({"type": "CloseStream"} | more))
    return await until(socket, "ended")


def report(server: Server, call_id: str) -> Json:
    url = f"{server.http}/v1/calls/{call_id}/report"
    answer: Json = httpx.get(url, headers=server.bearer("*", Right.SUPERVISE)).json()
    return answer


def test_partials_prompt_and_finals_confirm(server: Server, call_id: str) -> None:
    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}&agent=1001&tell=all") as socket:
            await say(socket, 0, "agent", OPENING, begin_ms=300, end_ms=3_000)
            for upto in range(2, 7):
                text = "这个我不知道"[:upto]
                await say(
                    socket, 1, "agent", text, begin_ms=3_400, end_ms=4_600, is_final=upto == 6
                )
            await say(socket, 2, "customer", "好的谢谢", begin_ms=5_000, end_ms=6_000)
            return await end(socket, duration_ms=9_000)

    messages = asyncio.run(run())
    opened, ended = messages[1], messages[-1]
    assert (opened["agent"], opened["basis"]) == ("1001", "times")
    assert [prompt["suggest"] for prompt in of(messages, "prompt") if prompt["state"] == "shown"]
    states = [hit["state"] for hit in of(messages, "hit")]
    assert states[-1] == "confirmed"
    assert ended["reason"] == "closed"
    assert ended["duration_ms"] == 9_000
    kept = report(server, call_id)
    assert kept["versions"]["model"].startswith("transcript")
    assert [hit["rule"] for hit in kept["hits"]] == ["dont-know"]


def test_a_revision_takes_a_hit_back_and_a_final_is_not_revised(
    server: Server, call_id: str
) -> None:
    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}&tell=all") as socket:
            await say(socket, 0, "agent", "我不知道", begin_ms=0, end_ms=900, is_final=False)
            await say(socket, 0, "agent", "请稍等", begin_ms=0, end_ms=900)
            await say(socket, 0, "agent", "我不知道", begin_ms=0, end_ms=900)
            return await end(socket)

    messages = asyncio.run(run())
    assert [hit["state"] for hit in of(messages, "hit")] == ["provisional", "retracted"]
    assert of(messages, "utterance")[-1]["utterance"]["text"] == "请稍等"


def test_what_a_chat_is_measured_by_is_how_long_the_customer_waited(
    server: Server, call_id: str
) -> None:
    async def run() -> None:
        async with door(server, f"call_id={call_id}&basis=chat") as socket:
            await say(socket, 0, "customer", "我要查一下我的账单", begin_ms=0)
            await say(socket, 1, "agent", "请稍等我帮您查询一下", begin_ms=95_000)
            await end(socket)

    asyncio.run(run())
    kept = report(server, call_id)
    checks = {check["id"]: check for check in kept["conduct"]["checks"]}
    assert checks["conduct.response"]["value"] == 95_000
    assert checks["conduct.rate"]["state"] == "not_applicable"
    assert "estimated_times" in [warning["code"] for warning in kept["warnings"]]


@pytest.mark.parametrize(
    ("query", "sent", "names"),
    [
        ("basis=sound", "", "basis"),
        ("", b"\0\0", "sound came in"),
        ("", "{", "JSON"),
        ("", '{"type": "utterance", "id": 0, "role": "boss", "text": "x"}', "role"),
        ("", '{"type": "utterance", "id": 0, "role": "agent", "text": "x"}', "begin_ms"),
        ("", '{"type": "utterance", "id": -1, "role": "agent", "text": "x"}', "id"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_never_quoted(
    server: Server, query: str, sent: str | bytes, names: str, call_id: str
) -> None:
    async def run() -> Json:
        async with door(server, f"call_id={call_id}&{query}") as socket:
            if sent:
                await socket.send(sent)
            return (await until(socket, "refusal"))[-1]

    said = asyncio.run(run())
    assert said["code"] == "bad_request"
    assert names in said["reason"]


def test_a_feeder_that_comes_back_may_send_again_what_was_read(
    server: Server, call_id: str
) -> None:
    async def run() -> list[Json]:
        async with door(server, f"call_id={call_id}") as socket:
            await say(socket, 0, "agent", OPENING, begin_ms=0, end_ms=2_000)
            await say(socket, 1, "agent", "这个我不知道", begin_ms=2_500, end_ms=3_500)
            await until(socket, "listening")
        async with door(server, f"call_id={call_id}&tell=all") as socket:
            await say(socket, 1, "agent", "这个我不知道", begin_ms=2_500, end_ms=3_500)
            await say(socket, 2, "agent", CLOSING, begin_ms=9_000, end_ms=11_000)
            return await end(socket)

    messages = asyncio.run(run())
    finals = [m["utterance"]["id"] for m in of(messages, "utterance") if m["utterance"]["is_final"]]
    assert finals == [0, 1, 2]
    assert [message["state"] for message in of(messages, "source")] == ["lost", "resumed"]
    assert of(messages, "stats")[-1]["dropped_ms"] == {}, "of words no sound is missing"


def test_a_call_of_words_goes_on_after_a_restart(
    tmp_path: Path, hearing: Hearing, call_id: str
) -> None:
    settings = settings_for(tmp_path, door_password=DOOR_PASSWORD)

    async def begin(server: Server) -> None:
        async with door(server, f"call_id={call_id}&basis=words") as socket:
            await say(socket, 0, "agent", OPENING)
            await say(socket, 1, "agent", "这个我不知道")
            await until(socket, "listening")
            await asyncio.sleep(0.3)

    async def go_on(server: Server) -> list[Json]:
        async with door(server, f"call_id={call_id}&basis=words&tell=all") as socket:
            await say(socket, 1, "agent", "这个我不知道")
            await say(socket, 2, "agent", CLOSING)
            return await end(socket)

    with running(settings, hearing) as server:
        asyncio.run(begin(server))
    with running(settings, hearing) as server:
        messages = asyncio.run(go_on(server))
        kept = report(server, call_id)
    finals = [m["utterance"] for m in of(messages, "utterance") if m["utterance"]["is_final"]]
    assert [one["id"] for one in finals] == [0, 1, 2]
    assert finals[2]["begin_ms"] > finals[1]["end_ms"]
    assert [hit["rule"] for hit in kept["hits"]] == ["dont-know"]


@pytest.fixture(scope="module")
def analyzer() -> TranscriptAnalyzer:
    return TranscriptAnalyzer()


@pytest.fixture(scope="module")
def with_pack(
    tmp_path_factory: pytest.TempPathFactory, analyzer: TranscriptAnalyzer
) -> Iterator[Server]:
    """By the bundled rules, which the analyzer has loaded."""
    book, recogniser = analyzer.phrasebook, ScriptedRecogniser()
    sessions = SessionFactory(book, analyzer.matcher, recogniser, voice=LoudnessVoice())
    folder = tmp_path_factory.mktemp("pack")
    settings = settings_for(folder, door_password=DOOR_PASSWORD, texts_per_second=1_000)
    with running(settings, Hearing(sessions, recogniser, book)) as up:
        yield up


def as_a_recogniser_tells(lines: Sequence[Said], seed: int) -> list[Json]:
    """Partials of both speakers mixed; a final may come after the other one's next words."""
    chance = random.Random(seed)
    told: list[tuple[float, Json]] = []
    for line in lines:
        whole = {"type": "utterance", "id": line.number} | line.row()
        text = line.text[: max(1, len(line.text) * 2 // 3)]
        middle_ms = (line.begin_ms + line.end_ms) / 2
        told.append((middle_ms, whole | {"text": text, "is_final": False}))
        told.append((line.end_ms + chance.uniform(100, 1_500), whole | {"is_final": True}))
    return [message for _, message in sorted(told, key=lambda pair: pair[0])]


def found(hits: list[Json], text_of: dict[int, str]) -> list[tuple[str, str, str]]:
    return sorted((hit["rule"], hit["quote"], text_of[hit["utterance"]]) for hit in hits)


async def told_by_socket(
    server: Server, number: int, lines: Sequence[Said], script: str
) -> list[Json]:
    async with door(server, f"call_id=d-{number}&tell=all&script={script}") as socket:
        for message in as_a_recogniser_tells(lines, number):
            await socket.send(json.dumps(message))
        return await end(socket)


def test_twenty_dialogues_come_to_the_same_by_file_and_by_socket(
    with_pack: Server, analyzer: TranscriptAnalyzer, tmp_path: Path
) -> None:
    differences: list[Any] = []
    hits = steps = 0
    for number, lines in enumerate(dialogues(analyzer.phrasebook)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps([line.row() for line in lines], ensure_ascii=False), "utf-8")
        by_file = json.loads(analyzer.analyze(path).to_json())

        messages = asyncio.run(told_by_socket(with_pack, number, lines, by_file["call"]["script"]))
        by_socket = report(with_pack, f"d-{number}")
        standing: dict[str, Json] = {}
        for message in of(messages, "hit"):
            standing.pop(message["hit"]["id"], None)
            if message["state"] == "confirmed":
                standing[message["hit"]["id"]] = message["hit"]
        text_of = {line.number: line.text for line in lines}
        order = {one["id"]: one["text"] for one in by_file["utterances"]}
        asked = found(by_file["hits"], order)
        for way, got in (("report", by_socket["hits"]), ("events", [*standing.values()])):
            if found(got, text_of) != asked:
                differences.append((number, way, asked, found(got, text_of)))
        states = [(step["id"], step["state"]) for step in by_file["steps"]]
        if [(step["id"], step["state"]) for step in by_socket["steps"]] != states:
            differences.append((number, "steps", states, by_socket["steps"]))
        hits += len(asked)
        steps += sum(state == "done" for _, state in states)
    assert differences == []
    assert hits >= 20, "the dialogues hold breaches"
    assert steps >= 30, "the dialogues hold steps"
