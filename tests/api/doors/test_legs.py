"""Two mono connections are one stereo call, each speaker at the moment he spoke."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine
from types import SimpleNamespace

import pytest
from websockets.asyncio.client import connect

from api.auth import ANY_CALL, Grant, Right
from api.doors import legs
from api.doors.legs import Leg, Legs
from api.live.call_asked import CallAsked
from api.live.refusals import Refused
from api.live.wire_audio import Encoding, WireFormat, encode
from qa_engine.events import Role
from tests.api.live.servers import Json, Server, of, until
from tests.api.live.speech import record

LENGTH_MS = 3_600
SPOKEN = [(0, 300, "这个我不知道"), (1, 1_800, "好的谢谢")]
STEREO = record(SPOKEN, LENGTH_MS, rate=8_000).reshape(-1, 2)
SOUND = {role: encode(STEREO[:, number], Encoding.ALAW) for number, role in enumerate(Role)}
WIRE = WireFormat(encoding=Encoding.ALAW, sample_rate=8_000)
FRAME = 160


def grant() -> Grant:
    jti = secrets.token_hex(8)
    return Grant(call=ANY_CALL, right=Right.FEED, expires_s=int(time.time()) + 600, jti=jti)


def inside(server: Server, work: Coroutine[None, None, None]) -> None:
    """On the server's own loop, where its doors are."""
    asyncio.run_coroutine_threadsafe(work, server.loop).result(30.0)


async def speak(leg: Leg, role: Role, begin_ms: int = 0, end_ms: int = LENGTH_MS) -> None:
    """That stretch of the speaker's sound, in real time."""
    began_s = time.monotonic()
    for number, at in enumerate(range(begin_ms * 8, end_ms * 8, FRAME)):
        await asyncio.sleep(max(began_s + number * 0.02 - time.monotonic(), 0.0))
        await leg.hear(SOUND[role][at : at + FRAME])


def told(server: Server, call_id: str) -> list[Json]:
    async def run() -> list[Json]:
        events = f"{server.ws}/v1/calls/{call_id}/events"
        watch = server.bearer("*", Right.SUPERVISE)
        async with connect(events, additional_headers=watch) as socket:
            return await until(socket, "ended")

    return asyncio.run(run())


def dropped(messages: list[Json]) -> int:
    gaps: dict[str, int] = of(messages, "stats")[-1]["dropped_ms"]
    return gaps.get("connection_gap", 0)


def test_both_legs_are_heard_at_their_moments(server: Server, call_id: str) -> None:
    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, agent="1001", hotwords="")
        agent = await here.enter(grant(), asked, Role.AGENT, WIRE)
        customer = await here.enter(grant(), asked, Role.CUSTOMER, WIRE)
        await asyncio.gather(speak(agent, Role.AGENT), speak(customer, Role.CUSTOMER))
        await agent.end()
        await customer.end()

    inside(server, work())
    messages = told(server, call_id)
    finals = {
        m["utterance"]["role"]: m["utterance"]
        for m in of(messages, "utterance")
        if m["utterance"]["is_final"]
    }
    assert finals["agent"]["text"] == "这个我不知道"
    assert finals["customer"]["text"] == "好的谢谢"
    assert abs(finals["customer"]["begin_ms"] - finals["agent"]["begin_ms"] - 1_500) <= 250
    assert messages[-1]["reason"] == "closed"
    assert dropped(messages) <= 250


def test_what_came_while_the_call_was_being_opened_is_its_begin(
    server: Server, call_id: str
) -> None:
    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, hotwords="")
        came_s = time.monotonic()
        await asyncio.sleep(0.6)
        agent = await here.enter(grant(), asked, Role.AGENT, WIRE)
        for at in range(0, LENGTH_MS * 8, FRAME):
            await agent.hear(SOUND[Role.AGENT][at : at + FRAME], came_s + at / 8_000)
        await agent.end(came_s + LENGTH_MS / 1_000)

    inside(server, work())
    messages = told(server, call_id)
    first = next(m["utterance"] for m in of(messages, "utterance") if m["utterance"]["is_final"])
    assert abs(first["begin_ms"] - 300) <= 60
    assert messages[-1]["duration_ms"] == LENGTH_MS


def test_a_leg_that_comes_later_stands_later(server: Server, call_id: str) -> None:
    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, hotwords="")
        agent = await here.enter(grant(), asked, Role.AGENT, WIRE)
        speaking = asyncio.create_task(speak(agent, Role.AGENT))
        await asyncio.sleep(1.0)
        customer = await here.enter(grant(), asked, Role.CUSTOMER, WIRE)
        await speak(customer, Role.CUSTOMER, 1_000)
        await speaking
        await customer.end()
        await agent.end()

    inside(server, work())
    messages = told(server, call_id)
    assert 700 <= dropped(messages) <= 1_600, "what the customer's leg did not send"
    assert messages[-1]["reason"] == "closed"


def test_a_leg_that_breaks_and_comes_back_goes_on_in_the_same_call(
    server: Server, call_id: str
) -> None:
    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, hotwords="")
        agent = await here.enter(grant(), asked, Role.AGENT, WIRE)
        customer = await here.enter(grant(), asked, Role.CUSTOMER, WIRE)
        speaking = asyncio.create_task(speak(customer, Role.CUSTOMER))
        await speak(agent, Role.AGENT, 0, 2_000)
        await agent.lost("the connection broke")
        await asyncio.sleep(0.6)
        again = await here.enter(grant(), asked, Role.AGENT, WIRE)
        await speak(again, Role.AGENT, 2_600)
        await speaking
        await again.end()
        await customer.end()

    inside(server, work())
    messages = told(server, call_id)
    assert of(messages, "source") == [], "the customer's leg was there all the time"
    assert 300 <= dropped(messages) <= 1_200
    rules = {m["hit"]["rule"] for m in of(messages, "hit") if m["state"] == "confirmed"}
    assert rules == {"dont-know"}


def test_the_newest_leg_of_a_speaker_is_the_one_that_is_heard(server: Server, call_id: str) -> None:
    """One that broke may look alive for a while."""

    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, hotwords="")
        broken = await here.enter(grant(), asked, Role.AGENT, WIRE)
        await speak(broken, Role.AGENT, 0, 400)
        again = await here.enter(grant(), asked, Role.AGENT, WIRE)
        await speak(again, Role.AGENT, 400)
        with pytest.raises(Refused, match="took its place"):
            await broken.hear(SOUND[Role.AGENT][:FRAME])
        await broken.lost("the connection broke")
        broken.leave()
        assert call_id in here
        await again.end()

    inside(server, work())
    messages = told(server, call_id)
    assert messages[-1]["reason"] == "closed"
    assert {m["hit"]["rule"] for m in of(messages, "hit")} == {"dont-know"}


def test_both_legs_of_a_call_have_one_format(server: Server, call_id: str) -> None:
    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, hotwords="")
        first = await here.enter(grant(), asked, Role.AGENT, WIRE)
        wide = WireFormat(sample_rate=16_000)
        with pytest.raises(Refused, match="another audio format"):
            await here.enter(grant(), asked, Role.CUSTOMER, wide)
        await first.end()

    inside(server, work())
    assert told(server, call_id)[-1]["reason"] == "closed"


def test_time_passes_where_neither_sends(server: Server, call_id: str) -> None:
    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, hotwords="")
        agent = await here.enter(grant(), asked, Role.AGENT, WIRE)
        await speak(agent, Role.AGENT, 0, 400)
        for _ in range(12):
            await asyncio.sleep(0.25)
            await agent.wait()
        assert agent.call.handle.live.at_ms >= 1_500
        await agent.end()

    inside(server, work())


def test_a_server_that_stood_still_loses_nothing_that_came_meanwhile(
    server: Server, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it stood, time passed for nobody: what was sent is read after it, all at once."""
    clock = SimpleNamespace(now_s=1_000.0)
    monkeypatch.setattr(legs, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    before_ms, after_ms = 800, 3_200

    async def say(both: dict[Role, Leg], begin_ms: int, end_ms: int, *, at_once: bool) -> None:
        for at in range(begin_ms * 8, end_ms * 8, FRAME):
            clock.now_s += 0.0 if at_once else 0.02
            for role, leg in both.items():
                await leg.hear(SOUND[role][at : at + FRAME])

    async def work() -> None:
        here, asked = Legs(server.calls), CallAsked(call_id=call_id, agent="1001", hotwords="")
        both = {role: await here.enter(grant(), asked, role, WIRE) for role in Role}
        await say(both, 0, before_ms, at_once=False)
        clock.now_s += (after_ms - before_ms) / 1_000
        for leg in both.values():
            await leg.wait()
        await say(both, before_ms, after_ms, at_once=True)
        await say(both, after_ms, LENGTH_MS, at_once=False)
        for leg in both.values():
            await leg.end()

    inside(server, work())
    messages = told(server, call_id)
    finals = [m["utterance"] for m in of(messages, "utterance") if m["utterance"]["is_final"]]
    assert sorted(one["text"] for one in finals) == ["好的谢谢", "这个我不知道"]
    assert dropped(messages) == 0
    assert messages[-1]["duration_ms"] == LENGTH_MS
