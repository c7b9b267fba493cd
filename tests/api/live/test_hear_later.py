"""A call that this machine has no time for is taken, kept, and judged as if it had been heard."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from api.auth import Right
from api.hearing import Hearing
from api.live import hear_later
from api.live.call_info import CallInfo
from api.live.cost import DecodeCost
from api.live.hear_later import HearLater
from api.live.sqlite_log import SqliteEventLog
from api.live.wire_audio import Encoding, encode
from api.traces import KEPT_SOUNDS, MachineTraces
from qa_engine.dialogue import Basis
from qa_engine.events import Role
from tests.api.live.servers import (
    Json,
    Server,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
    wait_for,
    watching,
)
from tests.api.live.speech import record, scripted_hearing

CALL = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道"), (1, 5_600, "好的谢谢")]
AUDIO = encode(record(CALL, 8_000), Encoding.LINEAR16)
LIVE, LATER = "first", "second"


def slow(folder: Path) -> Hearing:
    """A recogniser that was measured to hear one call live; its windows take no time here."""
    return replace(scripted_hearing(folder), cost=DecodeCost(2.0))


def report(server: Server, call_id: str) -> Json:
    url = f"{server.http}/v1/calls/{call_id}/report"
    found: Json = httpx.get(url, headers=server.bearer("*", Right.SUPERVISE)).json()
    return found


def judged(found: Json) -> Json:
    """What a report says of a call, whatever it is called and whenever it was."""
    kept = ("utterances", "hits", "steps", "score", "conclusion", "judgeable", "conduct")
    told = json.dumps({name: found.get(name) for name in kept}, ensure_ascii=False)
    return dict(json.loads(told.replace(found["call"]["id"], "…")))


def files(folder: Path) -> list[Path]:
    return sorted((folder / "data" / KEPT_SOUNDS).glob("*"))


async def both(server: Server) -> tuple[Json, list[Json], list[Json]]:
    """Two calls at once; what the feeder and the sidebar of the second are told."""
    async with feeding(server, LIVE) as first, watching(server, LATER) as sidebar:
        assert (await next_message(first))["hearing"] == "live"
        async with feeding(server, LATER, "&events=true") as second:
            listening = await next_message(second)
            await asyncio.gather(play(first, AUDIO), play(second, AUDIO))
            await second.send('{"type": "CloseStream"}')
            fed = await told_until_close(second)
        shown = await told_until_close(sidebar)
        await first.send('{"type": "CloseStream"}')
        await until(first, "ended")
    return listening, fed, shown


async def told_until_close(socket: ClientConnection) -> list[Json]:
    return [
        message
        async for text in socket
        if (message := json.loads(text))["type"] not in ("received", "heartbeat")
    ]


def received(server: Server) -> int:
    call = server.calls.find(LATER)
    return call.feed.received_ms if call else 0


def ended(server: Server, call_id: str) -> bool:
    url = f"{server.http}/v1/calls/{call_id}"
    told = httpx.get(url, headers=server.bearer("*", Right.SUPERVISE)).json()
    return bool(told) and told[-1]["type"] == "ended"


def test_it_is_told_at_the_beginning_kept_and_judged_as_the_one_that_was_heard_live(
    tmp_path: Path,
) -> None:
    with running(settings_for(tmp_path), slow(tmp_path)) as server:
        listening, fed, shown = asyncio.run(both(server))
        wait_for(lambda: ended(server, LATER))
        live, later = report(server, LIVE), report(server, LATER)
        wait_for(lambda: not files(tmp_path))
    assert listening["hearing"] == "later"
    assert [m["code"] for m in of(fed, "notice")] == ["hear_later", "kept"]
    assert "this machine hears 1 call with scripted live" in of(fed, "notice")[0]["text"]
    assert [m["hearing"] for m in of(shown, "opened")] == ["later"]
    assert {m["type"] for m in shown}.isdisjoint({"prompt", "utterance"})
    assert later["hits"]
    assert judged(later) == judged(live)


def test_what_is_told_of_it_afterwards_holds_no_prompt_and_the_board_knows_where_it_stands(
    tmp_path: Path,
) -> None:
    with running(settings_for(tmp_path), slow(tmp_path)) as server:
        asyncio.run(both(server))
        wait_for(lambda: ended(server, LATER))
        told = httpx.get(
            f"{server.http}/v1/calls/{LATER}", headers=server.bearer("*", Right.SUPERVISE)
        ).json()
        (line,) = [line for line in server.calls.board.lines() if line.call_id == LATER]
    assert {m["type"] for m in told} > {"utterance", "hit"}
    assert not of(told, "prompt")
    assert [m["seq"] for m in told] == list(range(1, len(told) + 1))
    stats = of(told, "stats")[-1]
    settled = stats["silent_ms"] + stats["decoded_ms"] + sum(stats["dropped_ms"].values())
    assert (stats["received_ms"], stats["pending_ms"]) == (16_000, 0)
    assert settled + stats["coalesced_ms"] == 16_000
    assert (line.hearing, line.state) == ("later", "ended")


def test_its_sound_is_private_and_goes_with_a_purge(tmp_path: Path) -> None:
    async def talk(server: Server) -> list[int]:
        async with feeding(server, LIVE) as first:
            await next_message(first)
            async with feeding(server, LATER) as second:
                await play(second, AUDIO)
                await second.send('{"type": "CloseStream"}')
                await told_until_close(second)
            (kept,) = files(tmp_path)
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (kept, kept.parent)]
            MachineTraces(tmp_path / "data").remove([LATER], [])
            assert not files(tmp_path)
            return modes

    with running(settings_for(tmp_path), slow(tmp_path)) as server:
        assert asyncio.run(talk(server)) == [0o600, 0o700]


@pytest.mark.parametrize("closed", [True, False], ids=["over", "running"])
def test_a_kept_call_is_judged_after_a_restart(tmp_path: Path, closed: bool) -> None:
    half = len(AUDIO) // 2

    async def before(server: Server) -> None:
        async with feeding(server, LIVE) as first:
            await next_message(first)
            async with feeding(server, LATER) as second:
                await play(second, AUDIO if closed else AUDIO[:half])
                if closed:
                    await second.send('{"type": "CloseStream"}')
                    await told_until_close(second)
                else:
                    wait_for(lambda: received(server) == 4_000)
                    await first.send('{"type": "CloseStream"}')
                    await until(first, "ended")

    async def after(server: Server) -> None:
        async with feeding(server, LATER, "&resume=true") as second:
            listening = await next_message(second)
            assert (listening["hearing"], listening["received_ms"]) == ("later", 4_000)
            await play(second, AUDIO[half:])
            await second.send('{"type": "CloseStream"}')
            await told_until_close(second)

    with running(settings_for(tmp_path), slow(tmp_path)) as server:
        asyncio.run(before(server))
    with running(
        settings_for(tmp_path, resume_s=1.0 if closed else 30.0), slow(tmp_path)
    ) as server:
        if not closed:
            asyncio.run(after(server))
        wait_for(lambda: ended(server, LATER))
        found = report(server, LATER)
        wait_for(lambda: not files(tmp_path))
    assert [u["text"] for u in found["utterances"]] == [text for _, _, text in CALL]
    assert found["judgeable"]["state"] == "judgeable"


def test_a_kept_call_that_cannot_be_judged_ends_and_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = SqliteEventLog.running, iter(range(100))

    async def at_first_unreadable(log: SqliteEventLog) -> Any:
        # The first look is the restoring of calls, the second is for what was kept.
        if next(tries) == 1:
            raise sqlite3.OperationalError("database is locked")
        return await real(log)

    async def cannot(later: HearLater, record: object) -> Any:
        raise IndexError

    async def before(server: Server) -> None:
        async with feeding(server, LIVE) as first:
            await next_message(first)
            async with feeding(server, LATER) as second:
                await play(second, AUDIO)
                await second.send('{"type": "CloseStream"}')
                await told_until_close(second)

    with running(settings_for(tmp_path), slow(tmp_path)) as server:
        asyncio.run(before(server))
    monkeypatch.setattr(SqliteEventLog, "running", at_first_unreadable)
    monkeypatch.setattr(HearLater, "_heard", cannot)
    monkeypatch.setattr(hear_later, "RETRY_S", 0.1)
    with running(settings_for(tmp_path, resume_s=1.0), slow(tmp_path)) as server:
        wait_for(lambda: ended(server, LATER))
        assert httpx.get(f"{server.http}/healthz").status_code == 200
        assert server.calls.filing.lag_s() < 60


def test_a_call_that_comes_as_text_needs_no_time_of_the_recogniser(tmp_path: Path) -> None:
    sound = CallInfo(call_id="a", roles=(Role.AGENT,), began_at="")

    async def busy(server: Server) -> list[bool]:
        async with feeding(server, LIVE) as first:
            await next_message(first)
            ask = server.calls.admission.busy
            return [ask(replace(sound, basis=basis)) is None for basis in Basis]

    with running(settings_for(tmp_path, hear_later=False), slow(tmp_path)) as server:
        taken = asyncio.run(busy(server))
    assert taken == [basis is not Basis.SOUND for basis in Basis]


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"hear_later": False}, "hear_later is off"),
        ({"hear_later_free_gb": 1e6}, "GB of disk are free"),
    ],
)
def test_only_the_site_and_its_disk_refuse_a_call(
    tmp_path: Path, changes: dict[str, Any], because: str
) -> None:
    async def talk(server: Server) -> Json:
        async with feeding(server, LIVE) as first:
            await next_message(first)
            async with feeding(server, LATER) as second:
                return await next_message(second)

    with running(settings_for(tmp_path, **changes), slow(tmp_path)) as server:
        refused = asyncio.run(talk(server))
    assert refused["code"] == "overloaded"
    assert "this machine hears 1 call with scripted live" in refused["reason"]
    assert because in refused["reason"]
