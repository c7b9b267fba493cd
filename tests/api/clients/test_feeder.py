"""Clients against a real server."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.auth import Right
from api.clients.feeder import Fed, FeedPlan, ServerGone, ServerRefused, feed
from api.clients.recording import LineAudio, line_audio
from api.clients.replay import replay
from api.live.wire_audio import Encoding, WireFormat, encode
from qa_engine.audio import AudioError
from tests.api.live.servers import Json, Server, of, running, settings_for
from tests.api.live.speech import record, scripted_hearing
from tests.api.live.test_restart import free_port, start

LINES = [(0, 300, "您好感谢致电很高兴为您服务"), (0, 3_500, "这个我不知道")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("clients")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


def recording(folder: Path, rate: int = 16_000) -> Path:
    path = folder / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(encode(record(LINES, 6_000, rate=rate), Encoding.LINEAR16))
    return path


def finals(messages: list[Json]) -> list[str]:
    said = [message["utterance"] for message in of(messages, "utterance")]
    return [one["text"] for one in said if one["is_final"]]


def test_a_replayed_recording_is_heard_word_for_word(server: Server, tmp_path: Path) -> None:
    (fed,) = replay([recording(tmp_path)], url=server.ws, settings=settings_for(tmp_path), speed=20)
    assert finals(fed.messages) == [text for _, _, text in LINES]
    assert fed.ended is not None
    assert fed.ended["duration_ms"] == 6_000


def test_many_copies_at_once_are_calls_of_their_own(server: Server, tmp_path: Path) -> None:
    fed = replay(
        [recording(tmp_path)],
        url=server.ws,
        settings=settings_for(tmp_path),
        speed=20,
        calls=3,
        offset_s=0.1,
    )
    assert len({one.messages[0]["call_id"] for one in fed}) == 3


def test_frames_leave_at_the_pace_of_the_call(server: Server) -> None:
    samples = record(LINES, 2_000)
    audio = LineAudio(WireFormat(channels=2), encode(samples, Encoding.LINEAR16))
    plan = FeedPlan(
        url=server.ws, token=server.token("pace", Right.FEED), call_id="pace", speed=4.0
    )
    fed = asyncio.run(feed(audio, plan))
    first, last = fed.sent_s[0], fed.sent_s[-1]
    assert last[0] == 2_000
    assert last[1] - first[1] >= (2_000 - first[0]) / 1_000 / 4.0 - 0.05


def test_a_refused_call_says_why(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ServerRefused, match="the phrasebook has no 'nowhere'"):
        replay(
            [recording(tmp_path)],
            url=server.ws,
            settings=settings_for(tmp_path),
            script="nowhere",
        )


def test_a_server_that_is_not_there_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.clients.feeder.FIRST_PATIENCE_S", 0.0)
    with pytest.raises(ServerGone, match="qa-engine serve"):
        replay([recording(tmp_path)], url="ws://127.0.0.1:9", settings=settings_for(tmp_path))


def test_what_is_no_recording_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("hello")
    with pytest.raises(AudioError):
        replay([text], url="ws://127.0.0.1:9", settings=settings_for(tmp_path))


class Proxy:
    """A line between client and server that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: list[asyncio.StreamWriter] = []
        self.server: asyncio.Server | None = None

    async def open(self) -> int:
        self.server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        for line in self._lines:
            line.transport.abort()

    def close(self) -> None:
        self.cut()
        assert self.server is not None
        self.server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._lines += [writer, far_writer]
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(4_096):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


def test_a_dropped_connection_is_taken_up_again(server: Server) -> None:
    audio = LineAudio(WireFormat(channels=2), encode(record(LINES, 6_000), Encoding.LINEAR16))
    proxy = Proxy(server.port)

    def cut_once(message: Json) -> None:
        if message["type"] == "received" and fed_connections == [1]:
            fed_connections.append(2)
            proxy.cut()

    async def scenario() -> Fed:
        plan = FeedPlan(
            url=f"ws://127.0.0.1:{await proxy.open()}",
            token=server.token("cut", Right.FEED),
            call_id="cut",
            speed=4.0,
            events=True,
        )
        try:
            return await feed(audio, plan, tell=cut_once)
        finally:
            proxy.close()

    fed_connections = [1]
    fed = asyncio.run(scenario())
    assert fed.connections == 2
    assert set(finals(fed.messages)) == {text for _, _, text in LINES}
    assert of(fed.messages, "stats")[-1]["received_ms"] == 12_000


@pytest.mark.parametrize(("rate", "sends"), [(8_000, 8_000), (16_000, 16_000), (44_100, 16_000)])
def test_a_recording_goes_out_at_a_telephones_rate(tmp_path: Path, rate: int, sends: int) -> None:
    audio = line_audio(recording(tmp_path, rate), Encoding.ALAW)
    assert (audio.format.sample_rate, audio.format.channels) == (sends, 2)
    assert audio.duration_ms == pytest.approx(6_000, abs=2)


def test_a_restart_in_the_middle_costs_a_replayed_call_nothing(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "server").mkdir()
    processes = [start(tmp_path / "server", port, restart_s=0.5)]

    def tell(message: Json) -> None:
        if message["type"] == "utterance" and len(processes) == 1:
            processes[0].terminate()
            processes[0].wait(20)
            processes.append(start(tmp_path / "server", port))

    try:
        (fed,) = replay(
            [recording(tmp_path)],
            url=f"ws://127.0.0.1:{port}",
            settings=settings_for(tmp_path),
            speed=4,
            tell=tell,
        )
    finally:
        processes[-1].terminate()
        processes[-1].wait(20)
    assert fed.connections == 2
    assert fed.ended is not None
    assert (fed.ended["reason"], fed.ended["duration_ms"]) == ("closed", 6_000)
    assert finals([m for m in fed.messages if m["type"] != "utterance" or m["utterance"]["text"]])
    said = {text for text in finals(fed.messages) if text}
    assert said == {text for _, _, text in LINES}


def test_an_overloaded_server_is_tried_again(server: Server, monkeypatch: Any) -> None:
    refusals = iter(["recognition is behind", "recognition is behind", None, None, None])
    monkeypatch.setattr(server.calls.admission, "_reasons", lambda: next(refusals))
    monkeypatch.setattr("api.clients.feeder.FIRST_WAIT_S", 0.01)
    samples = record(LINES, 1_000)
    audio = LineAudio(WireFormat(channels=2), encode(samples, Encoding.LINEAR16))
    token = server.token("again", Right.FEED)
    plan = FeedPlan(url=server.ws, token=token, call_id="again", speed=20.0)
    assert asyncio.run(feed(audio, plan)).ended is not None
