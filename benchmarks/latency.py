"""How long from the end of a forbidden phrase's last syllable to the prompt at the sidebar?

Demo calls (api/demo) are fed in real time, as 8 kHz mu-law in frames of 40 ms, through real
sockets into a server process with nano_zh; a second socket watches as the sidebar does. When the
phrase ended is known to the millisecond from the truth file. A frame is sent when it has been
spoken in full, so up to 40 ms of what is counted is the feeder's own.

    python -m benchmarks.latency [--rounds 1] [--json benchmarks/results/latency.json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from benchmarks.live_lags import Lags, lags, percentile
from benchmarks.live_line import Server, machine, play, recordings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", nargs="*", default=["forbidden"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--frame-ms", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = recordings(options.calls)
    server = Server()
    try:
        traces = []
        cpu_s = server.cpu_s()
        for number in range(options.rounds):
            for recording in chosen:
                traces += asyncio.run(
                    play(
                        server,
                        [recording],
                        frame_ms=options.frame_ms,
                        prefix=f"{recording.name}-{number}",
                    )
                )
        cpu_s = server.cpu_s() - cpu_s
    finally:
        server.stop()
    audio_s = sum(trace.recording.audio.duration_ms for trace in traces) / 1_000
    result = machine() | summary(lags(traces)) | {"cpu_s_per_call_s": round(cpu_s / audio_s, 4)}
    table(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


def summary(found: Lags) -> dict[str, Any]:
    """Counts and percentiles, milliseconds."""
    result: dict[str, Any] = {
        "phrases_said": found.said,
        "phrases_confirmed": found.found,
        "prompts_shown": found.shown,
        "prompts_withdrawn": found.retracted,
    }
    for name in ("prompt", "queued", "heard", "confirmed", "final"):
        values = getattr(found, name)
        shares = {"p50_ms": 0.5, "p95_ms": 0.95, "max_ms": 1.0}
        result[name] = {"n": len(values)} | {
            key: round(percentile(values, share)) for key, share in shares.items() if values
        }
    return result


def table(result: dict[str, Any]) -> None:
    print(f"{'from the end of the words to':34} {'n':>4} {'p50':>6} {'p95':>6} {'max':>6}  ms")
    for name, label in (
        ("prompt", "the prompt"),
        ("queued", "a prompt behind another one"),
        ("heard", "the first message of the hit"),
        ("confirmed", "its confirmation"),
        ("final", "the final text (after speech end)"),
    ):
        row = result[name]
        if row["n"]:
            print(
                f"{label:34} {row['n']:>4} {row['p50_ms']:>6} {row['p95_ms']:>6} {row['max_ms']:>6}"
            )
    print(
        f"said {result['phrases_said']}, confirmed {result['phrases_confirmed']}, prompts shown "
        f"{result['prompts_shown']}, withdrawn {result['prompts_withdrawn']}; server CPU "
        f"{result['cpu_s_per_call_s']:.3f} s per second of the call"
    )


if __name__ == "__main__":
    main()
