"""Does Whisper base hear calls of people live on two cores, and what when there are too many?

Calls of two people (`human_calls.py`), 8 kHz mu-law in frames of 40 ms, are fed in real time
through real sockets into a server process that hears with Whisper base (`published_base.py`): one,
two and four at once. What the machine cannot hear in time it offers to hear later; those calls are
waited for, and judged afterwards.

    python -m benchmarks.live_base --human DIR [--calls 1 2 4] [--turns 5] [--json FILE]

By number of calls: how many were heard live and how many later; seconds from the end of each
sentence to its final text, and from the last word of a phrase (as the recogniser's own alignment
has it) to the hit and to its prompt; what was shown later than the limit; the server's CPU; and the
syllable error beside that of `analyze` over the same recordings. Read sentences break no rule: the
phrasebook of this run asks for the last two characters of each. The last result stands in
`benchmarks/results/live_base.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.auth import Right
from api.clients.recording import line_audio
from benchmarks import published_base
from benchmarks.human_calls import VARIABLE, HumanCall, calls, human_folder, syllable_edits
from benchmarks.live_lags import percentile
from benchmarks.live_line import Recording, Server, Trace, machine, play
from benchmarks.published_model import analyzed, save

RESULT: Final = Path(__file__).parent / "results" / "live_base.json"
NEAR_MS: Final = 900
LATE_MS: Final = 4_000
LATER_PATIENCE_S: Final = 300
_HAN: Final = re.compile(r"[\u4e00-\u9fff]{2}")
PACK: Final = """
pack: {name: read_sentences, version: "1", default_script: any}
scripts:
  - {id: any, title: 朗读, steps: [closing]}
steps:
  - id: closing
    title: 结束语
    source: S1
    say: [感谢您的来电]
    who: 坐席
    anchor: call_end
    within: -30s
    points: 1
    tests: {hit: [感谢您的来电], miss: [再见吧]}
scorecard:
  total: 100
  pass: 85
  items:
    - {id: words, title: 用语, group: 用语, points: 99, feeds: [FEEDS]}
    - {id: flow, title: 流程, group: 流程, points: 1, feeds: [closing]}
entries:
"""
ENTRY: Final = """  - id: word-{number}
    title: 说了{word}
    source: T{number}
    say: [{word}]
    who: {who}
    suggest: [听到了{word}]
    severity: high
    points: 1
    tests: {{hit: [{word}], miss: [再见]}}
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one call."""

    call: HumanCall
    trace: Trace
    report: dict[str, Any]

    @property
    def later(self) -> bool:
        opened = [m for _, m in self.trace.messages if m["type"] == "opened"]
        return bool(opened) and opened[0].get("hearing") == "later"


def phrasebook(folder: Path, calls_of_it: Sequence[HumanCall]) -> Path:
    words = {
        sentence[-2:]
        for call in calls_of_it
        for channel in call.sentences
        for sentence in channel
        if _HAN.fullmatch(sentence[-2:]) and len(set(sentence[-2:])) == 2
    }
    pack = folder / "read_sentences"
    pack.mkdir()
    spoken = [(word, who) for word in sorted(words) for who in ("坐席", "客户")]
    entries = "".join(
        ENTRY.format(number=n, word=word, who=who) for n, (word, who) in enumerate(spoken, 1)
    )
    feeds = ", ".join(f"word-{n}" for n, _ in enumerate(spoken, 1))
    (pack / "pack.yaml").write_text(PACK.replace("FEEDS", feeds) + entries, "utf-8")
    return pack


def finals_ms(heard: Heard) -> list[float]:
    """From the end of each sentence to the final text of the utterance that ends there."""
    found: list[float] = []
    told = [
        (at_s, m["utterance"])
        for at_s, m in heard.trace.messages
        if m["type"] == "utterance" and m["utterance"]["is_final"]
    ]
    for channel, end_ms in heard.call.ends_ms:
        near = [
            (abs(said["end_ms"] - end_ms), at_s)
            for at_s, said in told
            if said["channel"] == channel and abs(said["end_ms"] - end_ms) < NEAR_MS
        ]
        if near:
            found.append(heard.trace.lag_ms(min(near)[1], end_ms))
    return found


def prompts_ms(heard: Heard) -> tuple[list[float], list[float]]:
    """From the end of a hit's words to its first message, and to the prompt that it led to."""
    ends: dict[str, int] = {}
    hits: list[float] = []
    prompts: list[float] = []
    for at_s, message in heard.trace.messages:
        if message["type"] == "hit":
            if message["hit"]["id"] not in ends:
                hits.append(heard.trace.lag_ms(at_s, message["hit"]["end_ms"]))
            ends[message["hit"]["id"]] = message["hit"]["end_ms"]
        elif message["type"] == "prompt" and message["state"] == "shown":
            if message.get("hit") in ends:
                prompts.append(heard.trace.lag_ms(at_s, ends[message["hit"]]))
    return hits, prompts


def told(server: Server, call_id: str) -> dict[str, Any]:
    """Its report, once it is over."""
    token = server.tokens.mint("*", Right.SUPERVISE)
    address = f"http://127.0.0.1:{server.port}/v1/calls/{call_id}"
    until_s = time.monotonic() + LATER_PATIENCE_S
    while time.monotonic() < until_s:
        try:
            messages = _asked(address, token)
            if messages and messages[-1]["type"] == "ended":
                report: dict[str, Any] = _asked(f"{address}/report", token)
                return report
        except urllib.error.HTTPError:
            pass
        time.sleep(1.0)
    return {}


def _asked(address: str, token: str) -> Any:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def ser(call_texts: Sequence[tuple[HumanCall, Sequence[str]]]) -> float:
    wrong = length = 0
    for call, texts in call_texts:
        for said, text in zip(call.said, texts, strict=True):
            edits, syllables = syllable_edits(said, text)
            wrong, length = wrong + edits, length + syllables
    return round(wrong / max(length, 1), 4)


def texts_of(report: dict[str, Any]) -> list[str]:
    return [
        "".join(u["text"] for u in report.get("utterances", ()) if u["role"] == role)
        for role in ("agent", "customer")
    ]


def measure(
    count: int, spoken: Sequence[HumanCall], folder: Path, model: Path, pack: Path
) -> dict[str, Any]:
    chosen = spoken[:count]
    recordings = [
        Recording(call.name, line_audio(folder / f"{call.name}.flac"), (), (), "")
        for call in chosen
    ]
    load = round(os.getloadavg()[0], 2)
    server = Server(model=str(model), phrasebook=str(pack))
    try:
        cpu_s = server.cpu_s()
        prefix = f"human-{count}"
        traces = asyncio.run(play(server, recordings, calls=count, prefix=prefix))
        live_cpu_s = server.cpu_s() - cpu_s
        reports = [told(server, f"{prefix}-{number}") for number in range(count)]
    finally:
        server.stop()
    heard = [Heard(*each) for each in zip(chosen, traces, reports, strict=True)]
    live = [one for one in heard if not one.later]
    finals = [ms for one in live for ms in finals_ms(one)]
    hits = [ms for one in live for ms in prompts_ms(one)[0]]
    prompts = [ms for one in live for ms in prompts_ms(one)[1]]
    audio_s = sum(r.audio.duration_ms for r in recordings) / 1_000
    return {
        "calls": count,
        "load_before": load,
        "audio_s": round(audio_s, 1),
        "heard_live": len(live),
        "heard_later": len(heard) - len(live),
        "sentences": sum(len(one.call.ends_ms) for one in live),
        "final": _seconds(finals),
        "hit": _seconds(hits),
        "prompt": _seconds(prompts),
        "prompts_late": sum(ms > LATE_MS for ms in prompts),
        "prompts_of_calls_heard_later": sum(
            m["type"] == "prompt" for one in heard if one.later for _, m in one.trace.messages
        ),
        "cpu_per_second_of_calls": round(live_cpu_s / audio_s, 3),
        "ser_live": ser([(one.call, texts_of(one.report)) for one in live]),
        "ser_later": ser([(one.call, texts_of(one.report)) for one in heard if one.later]),
        "later_same_as_analyze": sum(
            texts_of(one.report) == analyzed(model, folder, one.call.name)
            for one in heard
            if one.later
        ),
        "ser_analyze": ser([(c, analyzed(model, folder, c.name)) for c in chosen]),
    }


def _seconds(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {"n": 0}
    shares = {"p50_s": 0.5, "p95_s": 0.95, "max_s": 1.0}
    told = {name: round(percentile(values, share) / 1_000, 2) for name, share in shares.items()}
    return {"n": len(values)} | told


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--human", type=Path, default=human_folder())
    parser.add_argument("--calls", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    if options.human is None:
        parser.error(f"say where the sentences are: --human DIR or {VARIABLE}")
    model = published_base.fetched()
    spoken = calls(options.human, max(options.calls), turns=options.turns)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack = phrasebook(folder, spoken)
        for call in spoken:
            save(call, folder)
        for count in options.calls:
            rows.append(measure(count, spoken, folder, model, pack))
            print(rows[-1], flush=True)
    result = machine() | {
        "voices": "two people of the AISHELL-1 sample, read sentences, 8 kHz G.711",
        "model": "Whisper base, multilingual, CTranslate2 int8",
        "rows": rows,
    }
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
