"""A thread that dies fails those who wait for it, ends its calls and turns /healthz red."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from api.auth import Right, TokenRefused, Tokens
from api.live.call import LiveCall
from api.live.call_outcome import CallOutcome
from api.live.decoder import DecodingThread
from api.live.event_log import LogDead, LogEntry
from api.live.sqlite_log import SqliteEventLog
from tests.api.live.servers import (
    SECRET,
    Json,
    Server,
    close_stream,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
    wait_for,
)
from tests.api.live.speech import ScriptedRecogniser, scripted_hearing
from tests.api.live.test_restart import AUDIO, CALL


class Deadly(BaseException):
    """What no `except Exception` catches."""


async def _ends_of_a_call(server: Server, break_it: object) -> list[Json]:
    async with feeding(server, "a", "&events=true") as feeder:
        await until(feeder, "opened")
        break_it()  # type: ignore[operator]
        await play(feeder, AUDIO)
        return await until(feeder, "ended")


def _is_red(server: Server, part: str) -> None:
    health = httpx.get(f"{server.http}/healthz")
    assert health.status_code == 503
    assert part in health.json()["reason"]
    assert httpx.get(f"{server.http}/readyz").status_code == 503


def test_a_dead_decoder_ends_its_calls_as_failed_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Deadly

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        assert httpx.get(f"{server.http}/healthz").status_code == 200
        told = asyncio.run(
            _ends_of_a_call(
                server, lambda: monkeypatch.setattr(ScriptedRecogniser, "transcribe", die)
            )
        )
        _is_red(server, "recognition has died (Deadly)")
    assert told[-1]["reason"] == "failed"


def test_a_meter_that_fails_costs_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no such label")

    async def scenario() -> list[Json]:
        async with feeding(server, "a", "&events=true") as feeder:
            await play(feeder, AUDIO)
            return await close_stream(feeder)

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        monkeypatch.setattr(server.calls.metrics, "decoded", fail)
        told = asyncio.run(scenario())
        assert httpx.get(f"{server.http}/healthz").status_code == 200
    assert told[-1]["reason"] == "closed"
    assert of(told, "hit")


def test_an_answer_that_breaks_its_call_ends_that_call_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LiveCall.decoded

    def break_one(live: LiveCall, *given: Any, **more: Any) -> CallOutcome:
        if live.info.call_id == "bad":
            raise ValueError("no such sentence")
        return real(live, *given, **more)

    async def scenario(call: str) -> list[Json]:
        async with feeding(server, call, "&events=true") as feeder:
            await until(feeder, "opened")
            await play(feeder, AUDIO)
            if call == "bad":
                return await until(feeder, "ended")
            return await close_stream(feeder)

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        monkeypatch.setattr(LiveCall, "decoded", break_one)
        bad, good = asyncio.run(scenario("bad")), asyncio.run(scenario("good"))
        assert httpx.get(f"{server.http}/healthz").status_code == 200
    assert (bad[-1]["reason"], of(bad, "hit")) == ("failed", [])
    assert good[-1]["reason"] == "closed"
    assert of(good, "hit")


def test_a_dead_upkeep_turns_health_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(depth: object) -> None:
        raise ValueError("no such label")

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        monkeypatch.setattr(server.calls.metrics, "waits", fail)
        wait_for(lambda: httpx.get(f"{server.http}/healthz").status_code == 503)
        _is_red(server, "upkeep")


def test_what_the_log_cannot_take_fails_its_writer_alone(tmp_path: Path) -> None:
    log = SqliteEventLog(tmp_path / "live.sqlite")

    async def scenario() -> list[LogEntry]:
        await log.open_call("a", {})
        wrong = LogEntry(call_id="a", seq=1, type="notice", body="\ud800")
        right = LogEntry(call_id="a", seq=2, type="notice", body="{}")
        results = await asyncio.wait_for(
            asyncio.gather(log.append([wrong]), log.append([right]), return_exceptions=True), 10
        )
        assert [type(result) for result in results] == [UnicodeEncodeError, type(None)]
        return await log.entries("a")

    assert [entry.seq for entry in asyncio.run(scenario())] == [2]
    assert log.dead is None
    log.close()


def test_after_the_logs_thread_died_or_was_closed_every_write_fails_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SqliteEventLog(tmp_path / "live.sqlite")

    def die(connection: sqlite3.Connection, statements: Sequence[object]) -> None:
        raise Deadly

    async def scenario() -> None:
        monkeypatch.setattr("api.live.log_writer._execute", die)
        waiting = [log.open_call(name, {}) for name in "abc"]
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
        assert {type(result) for result in results} == {LogDead}
        wait_for(lambda: log.dead)
        with pytest.raises(LogDead, match="Deadly"):
            await asyncio.wait_for(log.open_call("d", {}), 10)

    asyncio.run(scenario())
    closed = SqliteEventLog(tmp_path / "other.sqlite")
    closed.close()
    with pytest.raises(LogDead, match="closed"):
        asyncio.run(asyncio.wait_for(closed.open_call("a", {}), 10))


def test_after_a_dead_log_the_next_start_goes_on_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told what nobody can keep, not even the end of a call that is over."""

    def die(connection: object, statements: object) -> None:
        raise Deadly

    async def break_off() -> None:
        async with feeding(server, "a", "&events=true") as feeder:
            await play(feeder, AUDIO)
            await until(feeder, "hit")
            with monkeypatch.context() as broken:
                broken.setattr("api.live.log_writer._execute", die)
                await feeder.send('{"type": "CloseStream"}')
                with pytest.raises(ConnectionClosed) as closed:
                    await until(feeder, "ended")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        async with feeding(server, "a", "&resume=true") as again:
            refused = (await until(again, "refusal"))[-1]
        assert (refused["code"], "restart the server" in refused["reason"]) == ("overloaded", True)

    async def go_on() -> list[Json]:
        async with feeding(server, "a", "&resume=true&events=true") as feeder:
            listening = await next_message(feeder)
            await play(feeder, AUDIO[listening["received_ms"] * 64 :])
            return [listening, *await close_stream(feeder)]

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        asyncio.run(break_off())
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        told = asyncio.run(go_on())
    assert told[-1]["reason"] == "closed"
    said = [m["utterance"] for m in of(told, "utterance")]
    assert [u["text"] for u in said if u["is_final"] and u["text"]] == [text for *_, text in CALL]


def test_a_dead_log_lets_go_of_its_calls_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(connection: object, statements: object) -> None:
        raise Deadly

    async def scenario() -> None:
        async with feeding(server, "a") as feeder:
            await next_message(feeder)
            monkeypatch.setattr("api.live.log_writer._execute", die)
            await play(feeder, AUDIO)
            end_s = time.monotonic() + 20
            while server.calls.find("a") is not None:
                assert time.monotonic() < end_s
                await asyncio.sleep(0.05)

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        asyncio.run(scenario())
        _is_red(server, "the log of live calls has died")


@pytest.mark.parametrize("field", ["jti", "call"])
def test_half_a_character_in_a_token_is_refused(field: str) -> None:
    fields = {"call": "c", "role": "feed", "exp": int(time.time()) + 60, "jti": "j"}
    payload = json.dumps(fields | {field: "\ud800"}).encode()
    signature = hmac.new(SECRET.encode(), payload, hashlib.sha256).digest()
    parts = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (payload, signature))
    with pytest.raises(TokenRefused):
        Tokens(SECRET).check(".".join(parts))
    assert Tokens(SECRET).check(Tokens(SECRET).mint("c", Right.FEED)).call == "c"


def test_a_decoder_that_died_while_it_stops_is_no_news() -> None:
    decoder = DecodingThread(ScriptedRecogniser())
    decoder.start(lambda answers: None)
    decoder.stop()
    assert decoder.dead is None
