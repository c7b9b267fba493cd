"""Two servers behind the documented nginx: one dies, and its call goes on at the other."""

from __future__ import annotations

import asyncio
import functools
import re
import signal
from pathlib import Path

import pytest

from api.auth import Right
from api.clients import feeder
from api.clients.feeder import Fed, FeedPlan, feed
from api.clients.recording import LineAudio
from api.live.wire_audio import WireFormat
from tests.api.deploy.test_deploy import nginx, trusting
from tests.api.live.boxes import TOKENS, Box, is_whole, two_boxes
from tests.api.live.servers import wait_for
from tests.api.live.test_restart import AUDIO, is_kept


def calls_of(box: Box) -> int:
    found = re.search(r"^qa_calls (\d+)", box.get("/metrics").text, re.MULTILINE)
    return int(found[1]) if found else 0


def test_the_feeder_of_a_server_that_dies_is_led_to_the_other(
    tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"hosts": ["qa.example"], "trusted_proxies": ["127.0.0.1"]}
    with two_boxes(tmp_path, postgres_database, **settings) as boxes:
        one, other = boxes
        second = {"127.0.0.1:8766": f"127.0.0.1:{other.port}"}
        with nginx(tmp_path, one.port, "nginx-two.conf", second) as port:
            site = {"host": "127.0.0.1", "port": port, "ssl": trusting(tmp_path)}
            connect = vars(feeder)["connect"]
            monkeypatch.setattr(feeder, "connect", functools.partial(connect, **site))
            plan = FeedPlan(
                url=f"wss://qa.example:{port}",
                token=TOKENS.mint("k", Right.FEED),
                call_id="k",
                events=True,
            )
            fed, dead = asyncio.run(_fed_and_killed(plan, boxes))
        assert fed.connections > 1
        alive = other if dead is one else one
        kept = [m for m in alive.messages("k") if is_kept(m)]
        assert is_whole(kept)
        assert [m for m in fed.messages if is_kept(m)] == kept


async def _fed_and_killed(plan: FeedPlan, boxes: list[Box]) -> tuple[Fed, Box]:
    audio = LineAudio(WireFormat(channels=2, sample_rate=16_000), AUDIO)
    feeding = asyncio.create_task(feed(audio, plan))
    await asyncio.to_thread(wait_for, lambda: any(calls_of(box) for box in boxes))
    await asyncio.sleep(2.0)
    (dead,) = [box for box in boxes if calls_of(box)]
    await asyncio.to_thread(dead.end, signal.SIGKILL)
    return await asyncio.wait_for(feeding, 90), dead
