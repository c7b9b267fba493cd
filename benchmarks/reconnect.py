"""How soon is everybody back after a restart, through nginx with TLS? 400 sidebars and 40 calls.

The server is stopped (SIGTERM) or killed (SIGKILL) and started again at once; each client comes
back at the intervals of `api/web/static/socket.js` and `api/clients/feeder.py`. Told: seconds from
the moment the new server takes calls to the last client that is back, and from the stop itself.

    python -m benchmarks.reconnect --json benchmarks/results/reconnect.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api.auth import Right, Tokens
from api.clients import feeder
from api.clients.feeder import FeedPlan, feed
from api.clients.recording import LineAudio
from api.live.wire_audio import Encoding, WireFormat, encode
from tests.api.deploy.test_deploy import nginx, trusting
from tests.api.live.servers import SECRET
from tests.api.live.speech import record
from tests.api.live.test_restart import free_port, start

FIRST_WAIT_S, LONGEST_WAIT_S = 0.4, 3.0
CALL_MS = 120_000


@dataclass
class Site:
    port: int
    folder: Path
    back_s: dict[str, float] = field(default_factory=dict)
    """When each client was last told something by a server that it had (re)connected to."""

    def options(self, client: int) -> dict[str, Any]:
        # Each from an address of its own, as people have.
        here = f"127.0.{1 + client // 200}.{1 + client % 200}"
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "ssl": trusting(self.folder),
            "compression": None,
            "local_addr": (here, 0),
            "open_timeout": 30,
        }


async def sidebar(site: Site, client: int, call_id: str, tokens: Tokens) -> None:
    """Until cancelled, as socket.js does it."""
    token = tokens.mint(call_id, Right.WATCH)
    seq, wait_s = 0, FIRST_WAIT_S
    while True:
        try:
            async with connect(
                f"wss://qa.example:{site.port}/v1/calls/{call_id}/events?last_seq={seq}",
                additional_headers={"Authorization": f"Bearer {token}"},
                **site.options(client),
            ) as socket:
                first = True
                async for text in socket:
                    if first:
                        site.back_s[f"sidebar {client}"] = time.monotonic()
                        first, wait_s = False, FIRST_WAIT_S
                    seq = max(seq, json.loads(text).get("seq", 0))
        except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
            pass
        await asyncio.sleep(wait_s * (0.7 + 0.6 * random.random()))
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


async def call(site: Site, client: int, call_id: str, tokens: Tokens, audio: LineAudio) -> None:
    plan = FeedPlan(
        url=f"wss://qa.example:{site.port}",
        token=tokens.mint(call_id, Right.FEED),
        call_id=call_id,
        frame_ms=100,
    )

    def tell(message: dict[str, Any]) -> None:
        if message["type"] == "listening":
            site.back_s[f"call {client}"] = time.monotonic()

    await feed(audio, plan, tell=tell)


async def measure(folder: Path, how: signal.Signals, asked: argparse.Namespace) -> dict[str, Any]:
    upstream = free_port()
    settings: dict[str, Any] = {"hosts": ["qa.example"], "trusted_proxies": ["127.0.0.1"]}
    server = start(folder, upstream, **settings)
    tokens = Tokens(SECRET)
    lines = [(0, at_ms, "请稍等我帮您查询一下") for at_ms in range(1_000, CALL_MS - 8_000, 6_000)]
    audio_format = WireFormat(channels=2, encoding=Encoding.MULAW, sample_rate=8_000)
    sound = encode(record(lines, CALL_MS).reshape(-1, 2)[::2].ravel(), Encoding.MULAW)
    audio = LineAudio(audio_format, sound)
    with nginx(folder, upstream) as port:
        site = Site(port, folder)
        real = feeder.connect  # type: ignore[attr-defined]
        numbers = iter(range(10**9))

        def from_here(address: str, **options: Any) -> Any:
            client = asked.sidebars + next(numbers) % asked.calls
            return real(address, **(options | site.options(client)))

        feeder.connect = from_here  # type: ignore[attr-defined, assignment]
        names = [f"r{number}" for number in range(asked.calls)]
        work = [
            asyncio.create_task(call(site, n, name, tokens, audio)) for n, name in enumerate(names)
        ]
        for client in range(asked.sidebars):
            name = names[client % len(names)]
            work.append(asyncio.create_task(sidebar(site, client, name, tokens)))
            await asyncio.sleep(0.01)
        await everybody(site, asked, since_s=0.0)
        await asyncio.sleep(5)
        stopped_s = time.monotonic()
        server.send_signal(how)
        await asyncio.to_thread(server.wait, 60)
        gone_s = time.monotonic()
        server = await asyncio.to_thread(start, folder, upstream, **settings)
        up_s = time.monotonic()
        await everybody(site, asked, since_s=gone_s)
        back = sorted(moment - up_s for moment in site.back_s.values())
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        feeder.connect = real  # type: ignore[attr-defined]
        server.send_signal(signal.SIGKILL)
        server.wait(30)
    return {
        "sidebars": asked.sidebars,
        "calls": asked.calls,
        "server_away_s": round(up_s - stopped_s, 2),
        "back_after_up_s": {
            "p50": round(max(statistics.median(back), 0.0), 2),
            "p95": round(max(back[int(len(back) * 0.95)], 0.0), 2),
            "last": round(max(back[-1], 0.0), 2),
        },
        "last_back_after_stop_s": round(back[-1] + up_s - stopped_s, 2),
    }


async def everybody(site: Site, asked: argparse.Namespace, *, since_s: float) -> None:
    until_s = time.monotonic() + 120
    while sum(moment > since_s for moment in site.back_s.values()) < asked.sidebars + asked.calls:
        if time.monotonic() > until_s:
            raise SystemExit(f"only {len(site.back_s)} clients are connected")
        await asyncio.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sidebars", type=int, default=400)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    told = {}
    for how in (signal.SIGTERM, signal.SIGKILL):
        with tempfile.TemporaryDirectory() as folder:
            told[how.name] = asyncio.run(measure(Path(folder), how, asked))
    print(json.dumps(told, indent=2))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
