"""A whole call through real sockets: audio in, everything a sidebar needs out."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.auth import Right
from api.live.board_messages import CallTold
from api.live.call_handle import CallHandle
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import (
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
    watching,
)
from tests.api.live.speech import record, scripted_hearing

AGENT, CUSTOMER = 0, 1
CALL = [
    (AGENT, 400, "您好感谢致电很高兴为您服务"),
    (CUSTOMER, 3_600, "我要查一下我的账单"),
    (AGENT, 6_000, "这个我不知道"),
    (CUSTOMER, 8_000, "我要向媒体曝光你们"),
    (AGENT, 10_500, "这些我都知道了您放心"),
    (AGENT, 13_500, "感谢您的来电再见"),
]
AUDIO = encode(record(CALL, 16_000), Encoding.LINEAR16)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("journey")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


@pytest.fixture(scope="module")
def told(server: Server) -> list[Json]:
    """One call as its supervisor was told of it."""
    return asyncio.run(whole_call(server, "told"))


async def whole_call(server: Server, call_id: str, right: Right = Right.SUPERVISE) -> list[Json]:
    async with (
        watching(server, call_id, right=right) as watcher,
        feeding(server, call_id) as feeder,
    ):
        await play(feeder, AUDIO, pause_s=0.01)
        await close_stream(feeder)
        return await until(watcher, "ended")


def test_a_call_tells_its_texts_hits_steps_and_end(told: list[Json]) -> None:
    assert told[0]["type"] == "opened"
    assert [step["id"] for step in told[0]["steps"]] == ["opening", "closing"]
    finals = [m["utterance"] for m in of(told, "utterance") if m["utterance"]["is_final"]]
    assert [(u["role"], u["text"]) for u in sorted(finals, key=lambda u: u["begin_ms"])] == [
        ("customer" if channel else "agent", text) for channel, _, text in CALL
    ]
    confirmed = {
        m["hit"]["id"]: m["hit"]["rule"]
        for m in of(told, "hit")
        if m["state"] == "confirmed" and m["hit"]["tier"] != "meaning"
    }
    assert sorted(confirmed.values()) == ["dont-know", "media"]
    steps = {m["step"]: m["state"] for m in of(told, "step")}
    assert steps == {"opening": "done", "closing": "done"}
    assert told[-1]["reason"] == "closed"
    assert told[-1]["duration_ms"] == 16_000
    assert told[-1]["score"] is not None


def test_every_message_has_the_call_a_rising_seq_and_a_time(told: list[Json]) -> None:
    seqs = [message["seq"] for message in told]
    assert seqs == sorted(set(seqs))
    assert {message["call_id"] for message in told} == {"told"}
    assert all(0 <= message["at_ms"] <= 16_000 for message in told)


def test_a_prompt_shows_on_the_unfinished_sentence_and_is_confirmed(told: list[Json]) -> None:
    prompts = [(m["state"], m["provisional"]) for m in of(told, "prompt") if m["kind"] == "phrase"]
    assert ("shown", True) in prompts
    assert ("confirmed", False) in prompts
    shown = next(m for m in of(told, "prompt") if m["state"] == "shown")
    assert shown["suggest"] == ["让我帮您查询一下相关信息"]


def test_a_prompt_on_words_that_turn_out_harmless_is_withdrawn(told: list[Json]) -> None:
    retracted = [m for m in of(told, "hit") if m["state"] == "retracted"]
    assert [m["hit"]["rule"] for m in retracted] == ["dont-know"]


def test_the_supervisor_hears_of_a_threat_and_the_agent_does_not(
    server: Server, told: list[Json]
) -> None:
    alerts = of(told, "alert")
    assert [(m["state"], m["rule"], m["severity"]) for m in alerts] == [
        ("raised", "media", "critical")
    ]
    agents = asyncio.run(whole_call(server, "c6", Right.WATCH))
    assert not of(agents, "alert")
    assert all(m["hit"]["rule"] != "media" for m in of(agents, "hit"))


def test_every_millisecond_is_accounted_for(told: list[Json]) -> None:
    stats = of(told, "stats")[-1]
    parts = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"] + stats["pending_ms"]
    assert parts + sum(stats["dropped_ms"].values()) == stats["received_ms"] == 32_000
    assert stats["pending_ms"] == 0
    assert stats["finals_decoded"] == len(CALL)


def test_a_watcher_that_comes_back_misses_nothing(server: Server) -> None:
    async def scenario() -> tuple[list[Json], list[Json]]:
        async with feeding(server, "c8") as feeder:
            async with watching(server, "c8", right=Right.SUPERVISE) as first:
                await play(feeder, AUDIO[: len(AUDIO) // 2])
                before = await until(first, "hit")
            await play(feeder, AUDIO[len(AUDIO) // 2 :])
            last_seq = before[-1]["seq"]
            async with watching(server, "c8", last_seq, right=Right.SUPERVISE) as second:
                await close_stream(feeder)
                after = await until(second, "ended")
        async with watching(server, "c8", right=Right.SUPERVISE) as fresh:
            return before + after, await until(fresh, "ended")

    pieced, whole = asyncio.run(scenario())
    lasting = [m for m in whole if m["type"] != "utterance" or m["utterance"]["is_final"]]
    assert [m for m in pieced if m["seq"] in {k["seq"] for k in lasting}] == lasting


def test_a_watcher_may_wait_before_the_call_begins(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with watching(server, "c9") as watcher:
            assert "waiting" in str(await watcher.recv())
            async with feeding(server, "c9") as feeder:
                await play(feeder, AUDIO)
                await close_stream(feeder)
            return await until(watcher, "ended")

    assert asyncio.run(scenario())[0]["type"] == "opened"


def test_a_feeder_can_ask_for_the_events_on_its_own_socket(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with feeding(server, "c10", "&events=true") as feeder:
            await play(feeder, AUDIO)
            return await close_stream(feeder)

    told = asyncio.run(scenario())
    assert told[0]["type"] == "listening"
    assert {"opened", "utterance", "hit", "prompt", "step", "stats"} <= {m["type"] for m in told}


def test_finalize_ends_the_sentence_without_a_pause(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with feeding(server, "c11", "&events=true") as feeder:
            await play(feeder, AUDIO[: 64 * 2_500])
            await feeder.send('{"type": "Finalize"}')
            while True:
                messages = await until(feeder, "utterance")
                if messages[-1]["utterance"]["is_final"]:
                    return messages

    assert asyncio.run(scenario())[-1]["utterance"]["text"].startswith("您好感谢致电")


def test_a_call_that_has_ended_leaves_nothing_behind(server: Server) -> None:
    kept: list[weakref.ref[CallHandle]] = []

    async def scenario() -> None:
        async with watching(server, "leak") as watcher, feeding(server, "leak") as feeder:
            assert (await next_message(feeder))["type"] == "listening"
            await play(feeder, AUDIO)
            call = server.calls.find("leak")
            assert call is not None
            kept.append(weakref.ref(call))
            del call
            await close_stream(feeder)
            await until(watcher, "ended")

    def gone() -> bool:
        gc.collect()
        return kept[0]() is None

    asyncio.run(scenario())
    wait_for(gone, timeout_s=10)
    assert "leak" not in server.calls.watchers


def test_many_calls_leave_no_more_objects_behind_than_a_few(tmp_path: Path) -> None:
    """Counted by class; the board's lines of the last calls that ended are bounded elsewhere."""

    async def calls(server: Server, *names: str) -> None:
        for name in names:
            async with watching(server, name) as watcher, feeding(server, name) as feeder:
                await play(feeder, AUDIO)
                await close_stream(feeder)
                await until(watcher, "ended")

    def ours(server: Server) -> Counter[str]:
        wait_for(lambda: not server.calls.running)
        gc.collect()
        names = (f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
        found = Counter(name for name in names if name.startswith(("api.", "qa_engine.")))
        del found[f"{CallTold.__module__}.{CallTold.__qualname__}"]
        return found

    # A server of its own: calls of other tests may still be waited for.
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        asyncio.run(calls(server, "one", "two"))
        few = ours(server)
        asyncio.run(calls(server, "three", "four", "five", "six"))
        wait_for(lambda: not ours(server) - few, timeout_s=10)


def test_hotwords_are_noticed_where_the_model_takes_none(server: Server) -> None:
    async def scenario() -> list[Json]:
        async with feeding(
            server, "hot", "&events=true&keyterm=年化&hotwords=白金卡,年费"
        ) as feeder:
            return await until(feeder, "notice")

    assert asyncio.run(scenario())[-1]["code"] == "hotwords"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("keyterm=甲&keyterm=乙", "甲 乙"),
        ("hotwords=甲, 乙,,丙&keyterm=丁", "甲 乙 丙 丁"),
        ("agent=a", ""),
    ],
    ids=["deepgram", "ours", "none"],
)
def test_hotwords_come_in_our_way_or_in_deepgrams(
    server: Server, query: str, expected: str
) -> None:
    async def scenario() -> str:
        call_id = f"words{len(query)}"
        async with feeding(server, call_id, f"&events=true&{query}") as feeder:
            await until(feeder, "opened")
            call = server.calls.find(call_id)
            assert call is not None
            return call.live.info.hotwords

    assert asyncio.run(scenario()) == expected
