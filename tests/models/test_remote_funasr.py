"""A recogniser on another machine: heard, waited for so long, asked again, and left alone when dead."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

import models
from models.errors import ModelError
from models.recogniser import Samples
from models.remote_funasr import FunasrRecogniser, RemoteFailed

Json = dict[str, Any]
Script = Callable[[ServerConnection, Json, int], None]
"""What the server does when a window is over: the first text of it, and how many bytes came."""


def window(seconds: float = 1.0) -> Samples:
    noise = np.random.default_rng(3).normal(0.0, 0.1, round(seconds * 16_000))
    return noise.astype(np.float32)


def answer(socket: ServerConnection, begin: Json, **more: Any) -> None:
    said = {"mode": "offline", "wav_name": begin["wav_name"], "text": "您好，我不知道。"}
    socket.send(json.dumps(said | {"is_final": True} | more, ensure_ascii=False))


@contextmanager
def server(script: Script) -> Iterator[tuple[str, list[Json]]]:
    """Its address, and the first text of each window that came."""
    begun: list[Json] = []

    def handle(socket: ServerConnection) -> None:
        begin: Json = {}
        size = 0
        try:
            for message in socket:
                if isinstance(message, bytes):
                    size += len(message)
                elif json.loads(message).get("is_speaking"):
                    begin, size = json.loads(message), 0
                    begun.append(begin)
                else:
                    script(socket, begin, size)
        except ConnectionClosed:
            return

    with serve(handle, "127.0.0.1", 0) as up:
        thread = threading.Thread(target=up.serve_forever)
        thread.start()
        port = up.socket.getsockname()[1]
        try:
            yield f"ws://127.0.0.1:{port}/?connections=2", begun
        finally:
            up.shutdown()
            thread.join()


@contextmanager
def recogniser(address: str, **more: Any) -> Iterator[FunasrRecogniser]:
    one = FunasrRecogniser(address, **more)
    try:
        yield one
    finally:
        one.close()


def test_a_window_s_text_comes_without_punctuation_and_with_its_times() -> None:
    stamps = [[at, at + 100] for at in range(100, 700, 100)]

    def script(socket: ServerConnection, begin: Json, size: int) -> None:
        assert size == 32_000
        answer(socket, begin, timestamp=json.dumps(stamps))

    with server(script) as (address, begun), recogniser(address, hotwords="花呗") as heard:
        (transcript,) = heard.transcribe([window()], final=True, hotwords=["借呗 网商贷"])
    assert transcript.text == "您好我不知道"
    assert [(word.begin_ms, word.end_ms) for word in transcript.words] == [
        (begin, end) for begin, end in stamps
    ]
    assert begun[0]["mode"] == "offline"
    assert begun[0]["audio_fs"] == 16_000
    assert list(json.loads(begun[0]["hotwords"])) == ["花呗", "借呗", "网商贷"]


@pytest.mark.parametrize(
    "stamps", [None, "[[0,100]]", "[[0,100],[1,2],[3,4],[5,6],[7,8],[9,99999]]"]
)
def test_without_times_that_fit_they_are_estimated(stamps: str | None) -> None:
    with (
        server(lambda socket, begin, size: answer(socket, begin, timestamp=stamps)) as (address, _),
        recogniser(address) as heard,
    ):
        (transcript,) = heard.transcribe([window()], final=False)
    assert "".join(word.text for word in transcript.words) == "您好我不知道"
    ends = [word.end_ms for word in transcript.words]
    assert ends == sorted(ends)
    assert ends[-1] <= 1_000


def test_windows_of_one_batch_keep_their_order_and_their_connections() -> None:
    def script(socket: ServerConnection, begin: Json, size: int) -> None:
        time.sleep(size / 32_000 / 10)
        answer(socket, begin, text=f"{size // 3_200}")

    with server(script) as (address, begun), recogniser(address) as heard:
        lengths = [1.0, 0.2, 0.6, 0.1, 0.4]
        texts = [one.text for one in heard.transcribe([*map(window, lengths)], final=True)]
    assert texts == ["10", "2", "6", "1", "4"]
    assert len({begin["wav_name"] for begin in begun}) == 5


def test_silence_is_no_speech() -> None:
    """Servers that hear nothing say so, with `is_end` or with an empty text."""
    for said in ({"text": ""}, {"text": "", "mode": "", "is_end": True}, {"text": "，。"}):
        with (
            server(lambda socket, begin, size, said=said: answer(socket, begin, **said)) as (at, _),  # type: ignore[misc]
            recogniser(at) as heard,
        ):
            (transcript,) = heard.transcribe([window()], final=True)
        assert (transcript.text, transcript.no_speech) == ("", 1.0)


def test_what_comes_late_or_twice_is_never_another_window_s() -> None:
    def script(socket: ServerConnection, begin: Json, size: int) -> None:
        socket.send(
            json.dumps({"mode": "offline", "wav_name": "w0", "text": "迟到", "is_final": True})
        )
        answer(socket, begin, text="对的")
        answer(socket, begin, text="对的")

    with server(script) as (address, _), recogniser(address) as heard:
        for _ in range(6):
            (transcript,) = heard.transcribe([window(0.1)], final=True)
            assert transcript.text == "对的"


@pytest.mark.parametrize("garbage", ["{", "[]", '{"text": 3}'])
def test_a_window_whose_answer_is_none_is_asked_again_on_another_connection(garbage: str) -> None:
    windows = iter([True, *[False] * 9])

    def script(socket: ServerConnection, begin: Json, size: int) -> None:
        if next(windows):
            socket.send(garbage)
        answer(socket, begin)

    with server(script) as (address, _), recogniser(f"{address[:-1]}1") as heard:
        (transcript,) = heard.transcribe([window(0.1)], final=True)
        assert transcript.text == "您好我不知道"


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_said() -> None:
    silent = threading.Event()
    with (
        server(lambda socket, begin, size: silent.set()) as (address, _),
        recogniser(address, answer_s=0.2) as heard,
        pytest.raises(RemoteFailed, match="did not answer"),
    ):
        heard.transcribe([window(0.1)], final=True)
    assert silent.is_set()


def test_a_connection_that_died_is_replaced() -> None:
    def script(socket: ServerConnection, begin: Json, size: int) -> None:
        answer(socket, begin)
        socket.close()

    with server(script) as (address, _), recogniser(address) as heard:
        for _ in range(4):
            (transcript,) = heard.transcribe([window(0.1)], final=True)
            assert transcript.text == "您好我不知道"


def test_a_server_that_is_gone_fails_windows_at_once_and_is_asked_again_later() -> None:
    now_s = [100.0]
    with server(lambda socket, begin, size: socket.close()) as (address, _):
        heard = FunasrRecogniser(address, now_s=lambda: now_s[0])
    for _ in range(3):
        with pytest.raises(RemoteFailed):
            heard.transcribe([window(0.1)], final=True)
    port = int(address.split(":")[2].split("/")[0])

    def handle(socket: ServerConnection) -> None:
        for message in socket:
            if isinstance(message, str) and '"is_speaking": true' in message:
                begin = json.loads(message)
            elif isinstance(message, str):
                answer(socket, begin)

    with serve(handle, "127.0.0.1", port) as up:
        thread = threading.Thread(target=up.serve_forever)
        thread.start()
        with pytest.raises(RemoteFailed, match="cannot be reached"):
            heard.transcribe([window(0.1)], final=True)
        now_s[0] += 60.0
        (transcript,) = heard.transcribe([window(0.1)], final=True)
        heard.close()
        up.shutdown()
        thread.join()
    assert transcript.text == "您好我不知道"


@pytest.mark.parametrize(
    "address",
    ["ws://", "ws://h:x", "ws://h/?connections=0", "ws://h/?model=a", "ws://h/?connections=a"],
)
def test_an_address_that_is_none_is_told_in_a_sentence(address: str) -> None:
    with pytest.raises(ModelError, match="no address of a FunASR server"):
        models.open_recogniser(address)


def test_a_server_that_is_not_there_is_told_when_the_model_is_opened() -> None:
    with pytest.raises(ModelError, match="cannot be reached"):
        models.open_recogniser("ws://127.0.0.1:9")


def test_its_name_is_where_it_is_and_no_password() -> None:
    with (
        server(lambda socket, begin, size: answer(socket, begin)) as (address, _),
        recogniser(address.replace("ws://", "ws://user:secret@"), hotwords="花呗") as heard,
    ):
        assert heard.name.startswith("127.0.0.1:")
        assert "secret" not in heard.version
        assert heard.version.startswith(f"remote+{heard.name}+hotwords-")
