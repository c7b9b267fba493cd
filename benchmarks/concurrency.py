"""How many stereo calls at once until a prompt takes more than a second?

The demo calls are fed in real time into one server process with nano_zh, 1, 2, 4 … calls at once,
each with a sidebar watching; begun evenly over `--spread` seconds. Clients run on the same machine
and their share of it counts against the server. The ladder ends with the step whose 95th
percentile from the end of a phrase to its prompt passes a second, or whose calls are refused; what
gave way first is told from the server's own figures.

    python -m benchmarks.concurrency [--ladder 1 2 4 8 16 24 32] [--watchers 1000] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from api.auth import Right
from benchmarks.latency import summary
from benchmarks.live_lags import lags
from benchmarks.live_line import Server, Trace, machine, play, recordings

LADDER = (1, 2, 4, 8, 16, 24, 32, 40, 48)
TARGET_MS = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ladder", nargs="*", type=int, default=list(LADDER))
    parser.add_argument("--calls", nargs="*", default=["forbidden"])
    parser.add_argument("--spread", type=float, default=10.0)
    parser.add_argument("--watchers", type=int, default=0)
    parser.add_argument("--rest", type=float, default=0.0, help="seconds between two steps")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = machine() | {"steps": []}
    server = Server()
    try:
        if options.watchers:
            result["watchers"] = asyncio.run(watchers(server, options.watchers))
        print(f"{'calls':>5} {'prompt p50':>10} {'p95':>6} {'final p95':>9} {'found':>6} "
              f"{'cpu':>6} {'coalesced':>9} {'rss MB':>7}")  # fmt: skip
        for calls in options.ladder:
            time.sleep(options.rest)
            step = measure(server, calls, options.calls, options.spread)
            result["steps"].append(step)
            if options.json:
                options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
            if step["refused"] or step["prompt"]["p95_ms"] > TARGET_MS:
                break
    finally:
        server.stop()
    fit = [step["calls"] for step in result["steps"] if step["prompt"]["p95_ms"] <= TARGET_MS]
    print(f"calls at p95 <= {TARGET_MS} ms: {max(fit, default=0)}")


def measure(server: Server, calls: int, names: list[str], spread_s: float) -> dict[str, Any]:
    chosen = recordings(names)
    before_s, rss_mb = server.cpu_s(), server.rss_mb()
    counted = _counters(server)
    traces = asyncio.run(
        play(server, chosen, calls=calls, spread_s=spread_s, prefix=f"ladder-{calls}")
    )
    audio_s = sum(trace.recording.audio.duration_ms for trace in traces) / 1_000
    wall_s = chosen[0].audio.duration_ms / 1_000 + spread_s
    step: dict[str, Any] = {"calls": calls, "refused": sum(bool(t.refused) for t in traces)}
    step |= summary(lags(traces))
    step |= {
        "cpu_s_per_call_s": round((server.cpu_s() - before_s) / audio_s, 4),
        "cores_used": round((server.cpu_s() - before_s) / wall_s, 2),
        "rss_mb": round(server.rss_mb(), 1),
        "mb_per_call": round((server.rss_mb() - rss_mb) / calls, 2),
        "coalesced_share": _coalesced(traces),
        "decode": _difference(counted, _counters(server)),
    }
    print(
        f"{calls:>5} {step['prompt']['p50_ms']:>10.0f} {step['prompt']['p95_ms']:>6.0f} "
        f"{step['final']['p95_ms']:>9.0f} {step['phrases_confirmed']:>3}/{step['phrases_said']:<3}"
        f"{step['cores_used']:>5.2f} {step['coalesced_share']:>9.2f} {step['rss_mb']:>7.0f}"
    )
    return step


async def watchers(server: Server, count: int) -> dict[str, Any]:
    """What so many idle sidebars cost the server."""
    before_mb = server.rss_mb()
    sockets: list[ClientConnection] = []
    try:
        for batch in range(0, count, 50):
            names = [f"idle-{number}" for number in range(batch, min(batch + 50, count))]
            sockets += await asyncio.gather(*(_idle(server, name) for name in names))
        await asyncio.sleep(3.0)
        cost_kb = (server.rss_mb() - before_mb) * 1_000 / count
        cpu_s = server.cpu_s()
        await asyncio.sleep(10.0)
        cpu_s = server.cpu_s() - cpu_s
    finally:
        for socket in sockets:
            await socket.close()
    print(f"{count} idle watchers: {cost_kb:.0f} kB each, {cpu_s * 10:.1f} % of a core together")
    return {"count": count, "kb_each": round(cost_kb, 1), "cpu_share": round(cpu_s / 10, 4)}


async def _idle(server: Server, call_id: str) -> ClientConnection:
    headers = {"Authorization": f"Bearer {server.tokens.mint(call_id, Right.WATCH)}"}
    url = f"{server.ws}/v1/calls/{call_id}/events"
    return await connect(url, additional_headers=headers, compression=None, ping_interval=None)


def _coalesced(traces: list[Trace]) -> float:
    """The share of partials that were overtaken."""
    decoded = skipped = 0
    for trace in traces:
        stats = [m for _, m in trace.messages if m["type"] == "stats"]
        if stats:
            decoded += stats[-1]["partials_decoded"]
            skipped += stats[-1]["partials_coalesced"]
    return round(skipped / max(decoded + skipped, 1), 3)


def _counters(server: Server) -> dict[str, float]:
    """Windows and seconds the recogniser spent, by kind."""
    found = re.findall(
        r'^(qa_windows_total|qa_decode_seconds_sum|qa_decode_seconds_count)\{kind="(\w+)"\} (\S+)',
        server.metrics(),
        re.MULTILINE,
    )
    return {f"{kind}.{name.removeprefix('qa_')}": float(value) for name, kind, value in found}


def _difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: round(value - before.get(name, 0.0), 2) for name, value in after.items()}


if __name__ == "__main__":
    main()
