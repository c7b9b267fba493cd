"""Does each door carry 8 calls at once for ten minutes, one killed, and lose or invent nothing?

Generated calls (voices and wordings never trained on) stand one after the other in eight calls of
ten minutes, no two alike. They are sent in real time through each door by its test client into one
server process with nano_zh. One call of each door loses its network after 200 s and is begun
again after 2 s under the same id (RTP, which has no connection, just stops and asks for new
ports). Told of each door: whether every call ended as it should, whether its account adds up, and
whether its confirmed hits and its steps are those of `analyze` of the same sound (of the killed
call, and of doors with a connection for each speaker: of the sound that the server kept of it; of
words: of the same words in a file).

    python -m benchmarks.doors_load [--doors freeswitch twilio …] [--minutes 10] [--json FILE]

The last result stands in `results/doors_load.json`; doors may be measured one by one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from websockets.asyncio.client import connect

from api.auth import Right
from api.clients.doors.trial import DoorTrial
from api.clients.doors.trying import CLIENTS, DEMO_ROLES
from api.settings import Settings
from benchmarks.doors_cuts import cut
from benchmarks.doors_judge import Judge, Line, adds_up, hits, last
from benchmarks.doors_material import Shelf
from benchmarks.live_line import SECRET, Server, machine

OF_WORDS = frozenset({"transcripts"})
"""Their sender is the recogniser."""
OF_LEGS = frozenset({"asterisk", "audiosocket", "funasr", "rtp"})
"""Each speaker comes by a connection of his own, placed by the clock: judged by what was kept."""
CUT_AT = 1 / 3
"""Of the call's time."""
BETWEEN_S = 0.5
PATIENCE_S = 1_800.0
"""A server without the processor that it needs is late, and loses nothing for it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--doors", nargs="*", default=list(CLIENTS))
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = machine() | {"calls": options.calls, "doors": {}}
    if options.json and options.json.is_file():
        result["doors"] = json.loads(options.json.read_text("utf-8"))["doors"]
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        shelf = Shelf(Path(folder), minutes=options.minutes, lines=options.calls)
        first = _free_port()
        server = Server(
            keep_sound=str(kept),
            max_frame_bytes="262144",
            audiosocket_port=str(_free_port()),
            rtp_ports=f"{first}-{first + 2 * options.calls + 3}",
        )
        judge = Judge(Path(folder), kept, server)
        judging: list[tuple[str, Future[dict[str, Any]]]] = []
        try:
            # What came of a door is judged while the next one runs.
            with ThreadPoolExecutor(1) as pool:
                for door in options.doors:
                    lines, cores = play(server, shelf, door, options.calls, options.speed)
                    judging.append((door, pool.submit(judged, judge, door, lines, cores)))
                    _tell(judging, result, options.json)
            _tell(judging, result, options.json)
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _tell(
    judging: list[tuple[str, Future[dict[str, Any]]]], result: dict[str, Any], path: Path | None
) -> None:
    for door, row in [(door, future.result()) for door, future in judging if future.done()]:
        if result["doors"].get(door) != row:
            print(door, json.dumps(row, ensure_ascii=False), flush=True)
        result["doors"][door] = row
    if path:
        path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def play(
    server: Server, shelf: Shelf, door: str, calls: int, speed: float
) -> tuple[list[Line], float]:
    """The calls through that door, and how many processors the server took."""
    lines = [_line(server, shelf, door, number, speed) for number in range(calls)]
    lines[-1].killed = True
    cpu_s, began_s = server.cpu_s(), time.monotonic()
    asyncio.run(_run(server, door, lines))
    return lines, (server.cpu_s() - cpu_s) / (time.monotonic() - began_s)


def judged(judge: Judge, door: str, lines: list[Line], cores: float) -> dict[str, Any]:
    exact = [line for line in lines if adds_up(line)]
    same = [
        line
        for line in lines
        if last(line, "ended")
        and judge.same(line, of_words=door in OF_WORDS, as_kept=line.killed or door in OF_LEGS)
    ]
    lag = [stats["lag"]["p95_ms"] for line in lines if (stats := last(line, "stats")).get("lag")]
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "calls": len(lines),
        "minutes": round(sum(last(line, "ended").get("duration_ms", 0) for line in lines) / 6e4, 1),
        "times_real_time": lines[0].trial.speed,
        "ended_closed": sum(last(line, "ended").get("reason") == "closed" for line in lines),
        "account_exact": len(exact),
        "same_hits_and_steps": len(same),
        "hits": sum(len(hits(line)) for line in lines),
        "dropped_ms": {
            "killed": last(lines[-1], "stats").get("dropped_ms"),
            "others": [last(line, "stats").get("dropped_ms") for line in lines[:-1]],
        },
        "prompt_lag_p95_ms": max(lag, default=None),
        "server_cores": round(cores, 2),
        "errors": [line.error for line in lines if line.error],
    }


async def _run(server: Server, door: str, lines: list[Line]) -> None:
    async with asyncio.TaskGroup() as group:
        for number, line in enumerate(lines):
            group.create_task(_one(server, door, line, number * BETWEEN_S))


def _line(server: Server, shelf: Shelf, door: str, number: int, speed: float) -> Line:
    material = shelf.material(number, CLIENTS[door].encoding)
    call_id = f"{door}-{number}-{int(time.time())}"
    trial = DoorTrial(
        url=server.ws,
        token=server.tokens.mint(call_id, Right.FEED),
        call_id=call_id,
        agent=f"{1001 + number}",
        roles=DEMO_ROLES,
        speed=speed,
        audio=material.audio,
        said=material.said,
        settings=Settings(data_dir=Path("/nonexistent"), secret=SecretStr(SECRET)),
    )
    return Line(material.name, trial)


async def _one(server: Server, door: str, line: Line, after_s: float) -> None:
    await asyncio.sleep(after_s)
    watching = asyncio.create_task(_watch(server, line))
    client, trial = CLIENTS[door].client, line.trial
    try:
        if line.killed:
            after_s = trial.audio.duration_ms * CUT_AT / 1_000 / trial.speed
            await cut(client, trial, after_s=after_s)
        else:
            await client(trial)
        await asyncio.wait_for(watching, PATIENCE_S)
    except Exception as error:
        line.error = f"{type(error).__name__}: {error}"[:200]
        watching.cancel()


async def _watch(server: Server, line: Line) -> None:
    url = f"{server.ws}/v1/calls/{line.trial.call_id}/events"
    headers = {"Authorization": f"Bearer {server.tokens.mint('*', Right.SUPERVISE)}"}
    async with connect(url, additional_headers=headers, compression=None) as socket:
        async for text in socket:
            message = json.loads(text)
            line.messages.append(message)
            if message["type"] == "ended":
                return


if __name__ == "__main__":
    main()
