"""RTP: a port for each speaker, placed by time stamps, whatever the network did to the packets."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from api.doors.rtp_packets import Packet, StampClock
from api.settings import Settings
from tests.api.doors.conftest import DOOR_PASSWORD
from tests.api.doors.test_asterisk import LENGTH_MS, SOUND, dropped
from tests.api.doors.test_freeswitch import basic, bearer, confirmed, told
from tests.api.live.servers import Json, Server, of

FRAME = 160
NEAR_THE_END = (1 << 32) - 5_000
"""A count that goes around within the first second."""


def packets(
    role: str, *, kind: int = 0, source: int = 7, begin: int = NEAR_THE_END
) -> list[Packet]:
    sound = SOUND[role]["ulaw" if kind == 0 else "alaw"]
    return [
        Packet(kind, (begin + at) % (1 << 32), source, sound[at : at + FRAME])
        for at in range(0, len(sound), FRAME)
    ]


def port_for(server: Server, call_id: str, role: str, **more: str) -> int:
    said = {"call_id": call_id, "role": role} | more
    answer = httpx.post(f"{server.http}/v1/rtp", data=said, headers=basic(DOOR_PASSWORD))
    assert answer.status_code == 200, answer.text
    return int(answer.text)


def hang_up(server: Server, port: int) -> int:
    url = f"{server.http}/v1/rtp/{port}"
    return httpx.delete(url, headers=basic(DOOR_PASSWORD)).status_code


async def speak(server: Server, port: int, sent: Sequence[bytes | None]) -> None:
    """A datagram each 20 ms (None: lost on the way), then the end."""
    loop = asyncio.get_running_loop()
    line, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
    )
    began_s = time.monotonic()
    for number, one in enumerate(sent):
        await asyncio.sleep(max(began_s + number * 0.02 - time.monotonic(), 0.0))
        if one is not None:
            line.sendto(one)
    line.close()
    assert await asyncio.to_thread(hang_up, server, port) == 204


def wires(sent: Sequence[Packet]) -> list[bytes | None]:
    return [one.wire(number) for number, one in enumerate(sent)]


def whole(
    server: Server,
    call_id: str,
    change: Callable[[list[bytes | None]], list[bytes | None]],
    **how: Any,
) -> list[Json]:
    """Both speakers' streams, the agent's changed on the way."""

    async def run() -> list[Json]:
        ports = [port_for(server, call_id, role) for role in ("agent", "customer")]
        agent = change(wires(packets("agent", **how)))
        customer = wires(packets("customer", source=9, begin=77, **how))
        await asyncio.gather(speak(server, ports[0], agent), speak(server, ports[1], customer))
        return await told(server, call_id)

    return asyncio.run(run())


@pytest.mark.parametrize("kind", [0, 8], ids=["u-law", "a-law"])
def test_two_streams_are_one_call(server: Server, call_id: str, kind: int) -> None:
    messages = whole(server, call_id, lambda sent: sent, kind=kind)
    finals = [m["utterance"] for m in of(messages, "utterance") if m["utterance"]["is_final"]]
    assert {one["role"]: one["text"] for one in finals} == {
        "agent": "这个我不知道",
        "customer": "好的谢谢",
    }
    assert confirmed(messages) == ["dont-know"]
    assert messages[-1]["reason"] == "closed"
    assert dropped(messages) <= 1_500


def test_packets_that_overtake_each_other_or_come_twice_change_nothing(
    server: Server, call_id: str
) -> None:
    def mixed(sent: list[bytes | None]) -> list[bytes | None]:
        chance = random.Random(3)
        order = sorted(range(len(sent)), key=lambda at: at + chance.uniform(0, 5))
        return [sent[at] for at in order] + [sent[at] for at in chance.sample(order, 3)]

    messages = whole(server, call_id, mixed)
    assert confirmed(messages) == ["dont-know"]
    assert dropped(messages) <= 1_500


def test_what_was_lost_on_the_way_is_silence_of_its_length(server: Server, call_id: str) -> None:
    messages = whole(server, call_id, lambda sent: [*sent[:110], *[None] * 50, *sent[160:]])
    assert 800 <= dropped(messages) <= 2_500
    assert abs(messages[-1]["duration_ms"] - LENGTH_MS) <= 1_000


def test_another_codec_comfort_noise_keys_and_noise_are_passed_over_and_told(
    server: Server, call_id: str
) -> None:
    def noisy(sent: list[bytes | None]) -> list[bytes | None]:
        odd = [b"", b"\x80", b"\xff" * 200, Packet(13, 5, 7, b"\x20").wire(0)]
        odd += [Packet(101, 5, 7, b"\x05\x80\x00\xa0").wire(0), Packet(9, 5, 7, b"g722").wire(0)]
        mixed = list(sent)
        for number, one in enumerate(odd * 2):
            mixed.insert(20 + number * 3, one)
        return mixed

    messages = whole(server, call_id, noisy)
    assert confirmed(messages) == ["dont-know"]
    assert [one["code"] for one in of(messages, "notice")] == ["rtp"]


def test_a_port_that_has_a_sender_takes_no_packets_of_others(server: Server, call_id: str) -> None:
    async def forge(port: int) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.3)
        line, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
        )
        for number, one in enumerate(packets("customer", source=13)):
            line.sendto(one.wire(number))
        line.close()

    async def run() -> list[Json]:
        port = port_for(server, call_id, "agent")
        await asyncio.gather(speak(server, port, wires(packets("agent"))), forge(port))
        return await told(server, call_id)

    finals = [m["utterance"] for m in of(asyncio.run(run()), "utterance")]
    assert {one["text"] for one in finals if one["is_final"]} == {"这个我不知道"}


def test_a_port_is_given_once_and_again_after_its_end(server: Server, call_id: str) -> None:
    ports = [port_for(server, f"{call_id}-{number}", "agent") for number in range(6)]
    assert len(set(ports)) == 6
    url, said = f"{server.http}/v1/rtp", {"call_id": call_id, "role": "agent"}
    answer = httpx.post(url, json=said, headers=basic(DOOR_PASSWORD))
    assert (answer.status_code, "ports" in answer.json()["detail"]) == (503, True)
    assert [hang_up(server, port) for port in ports] == [204] * 6
    for _ in range(100):
        answer = httpx.post(url, json=said, headers=basic(DOOR_PASSWORD))
        if answer.status_code == 200:
            break
        time.sleep(0.05)
    assert hang_up(server, answer.json()["port"]) == 204
    assert hang_up(server, 9) == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"call_id": "c", "role": "mixed"}, 400),
        ({"role": "agent"}, 400),
        ({"call_id": "c", "role": "both"}, 400),
    ],
    ids=range(3),
)
def test_what_makes_no_sense_gets_no_port(
    server: Server, said: dict[str, str], status: int
) -> None:
    url = f"{server.http}/v1/rtp"
    assert httpx.post(url, json=said, headers=basic(DOOR_PASSWORD)).status_code == status
    fine = {"call_id": "c", "role": "agent"}
    assert httpx.post(url, json=fine).status_code == 401
    assert httpx.post(url, json=fine, headers=bearer("wrong")).status_code == 403


def test_headers_with_everything_that_may_be_in_them_are_read() -> None:
    plain = Packet(8, 1_000, 99, b"sound")
    wire = plain.wire(5)
    assert Packet.read(wire) == plain
    extended = bytes([wire[0] | 0x31 | 0x20, wire[1] | 0x80]) + wire[2:12] + b"CSRC"
    extended += b"\xbe\xde\x00\x01\x00\x00\x00\x00" + b"sound" + b"\x00\x00\x03"
    assert Packet.read(extended) == plain
    for cut in range(12):
        assert Packet.read(wire[:cut]) is None
    assert Packet.read(bytes([0x40]) + wire[1:]) is None
    assert Packet.read(bytes([0xBF]) + wire[1:]) is None


def test_a_new_source_or_a_jump_of_the_count_goes_on_by_the_clock() -> None:
    clock = StampClock()
    sound = bytes(160)
    assert clock.moment_s(Packet(0, 0, 1, sound), 10.0) == pytest.approx(9.98)
    assert clock.moment_s(Packet(0, 800, 1, sound), 10.3) == pytest.approx(10.08)
    assert clock.moment_s(Packet(0, 160, 1, sound), 10.3) == pytest.approx(10.0), "it came late"
    assert clock.moment_s(Packet(0, 5, 2, sound), 11.0) == pytest.approx(10.98)
    assert clock.moment_s(Packet(0, 9_000_000, 2, sound), 12.0) == pytest.approx(11.98)
    assert clock.moment_s(Packet(0, 9_040_000, 2, sound), 17.0) == pytest.approx(16.98), "a pause"


def test_beyond_this_machine_it_is_told_who_may_send() -> None:
    with pytest.raises(ValidationError, match="RTP has no password"):
        Settings(rtp_host="0.0.0.0")
    for ports in ("x", "5-4", "1-70000", "0-5", "1-5000"):
        with pytest.raises(ValidationError, match="no range of ports"):
            Settings(rtp_ports=ports)
