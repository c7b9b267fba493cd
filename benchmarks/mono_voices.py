"""Mono calls of two people: how much of the speech is given to the right one, and at what cost.

Calls are put together from utterances of real speakers (a folder with `transcripts.tsv`, found by
$QA_HUMAN_SPEECH), as they are and with their pitch moved, over a telephone line: turns that answer
after -.3 to 1 s, three in ten of them a second or shorter. What was meant by whom is known to the
millisecond. Overlapping speech belongs to nobody and is left out of both figures.

Also checks our network against the published one where PyTorch is installed.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from models import voices
from models.recogniser import Samples
from models.voice_activity import VoiceActivity
from qa_engine.audio.decode import blocks
from qa_engine.events import DecodeWanted, Role
from qa_engine.session import CallSession
from qa_engine.speakers import SpeakerPrints, listen

RESULT = Path(__file__).parent / "results" / "mono_voices.json"
HUMAN = Path(__file__).parents[2] / "shared" / "data" / "human"
RATE = 16_000
GAPS_S = (-0.3, 0.05, 0.12, 0.2, 0.3, 0.5, 0.8, 1.0)
SHIFTS = {"": 1.0, "+12%": 1 / 1.12, "-12%": 1.12}
TURNS = 40

Spoken = list[tuple[int, int, int]]
"""begin_ms, end_ms, who (1 or 2)."""


def speakers() -> dict[str, list[Samples]]:
    """Utterances by speaker, at 16 kHz; exits with a sentence where there are none."""
    folder = Path(os.environ.get("QA_HUMAN_SPEECH", HUMAN))
    found: dict[str, list[Samples]] = {}
    for path in sorted(folder.glob("*.flac")):
        sound = np.concatenate(list(blocks(path)), axis=1)[0]
        found.setdefault(path.stem[6:11], []).append(sound / np.abs(sound).max() * 0.3)
    if len(found) < 2:
        sys.exit(f"no two speakers' *.flac in {folder}; set QA_HUMAN_SPEECH to such a folder")
    return found


def telephone(sound: Samples, codec: str) -> Samples:
    """8 kHz and μ-law; `mp3`: then 8 kbit/s MP3 as small exchanges keep it."""
    narrow = soxr.resample(sound, RATE, 8_000)
    sign = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
    law = np.round(sign * 128) / 128
    narrow = (np.sign(law) * (256 ** np.abs(law) - 1) / 255).astype(np.float32)
    if codec == "mp3":
        narrow = through_mp3(narrow)
    return np.asarray(soxr.resample(narrow, 8_000, RATE), np.float32)


def through_mp3(narrow: Samples) -> Samples:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as out:
        stream = out.add_stream("mp3", rate=8_000)
        stream.layout, stream.bit_rate = "mono", 8_000
        frame = av.AudioFrame.from_ndarray(
            (narrow * 32_767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = 8_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    file.seek(0)
    with av.open(file) as back:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=8_000)
        frames = [f for frame in back.decode(audio=0) for f in resampler.resample(frame)]
    back_again = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
    # The encoder puts its own delay before the sound; what was said when is known without it.
    size = 1 << int(np.ceil(np.log2(len(back_again) + len(narrow))))
    match = np.fft.irfft(np.fft.rfft(back_again, size) * np.conj(np.fft.rfft(narrow, size)), size)
    delay = int(match[:8_000].argmax())
    return np.asarray(back_again[delay:], np.float32)


def call(one: list[Samples], other: list[Samples], seed: int) -> tuple[Samples, Spoken]:
    chance = random.Random(seed)
    packs = [chance.sample(pack, len(pack)) for pack in (one, other)]
    sound = np.zeros(RATE * 900, np.float32)
    truth: Spoken = []
    end = RATE // 5
    for turn in range(TURNS):
        who = turn % 2
        said = packs[who][turn // 2 % len(packs[who])]
        if chance.random() < 0.3:
            length = int(chance.uniform(0.35, 1.0) * RATE)
            begin = int(chance.uniform(0.1, 0.3) * len(said))
            said = said[begin : begin + length]
        start = max(0, end + int(chance.choice(GAPS_S) * RATE))
        sound[start : start + len(said)] += said
        truth.append((start // 16, (start + len(said)) // 16, who + 1))
        end = max(end, start + len(said))
    return sound[: end + RATE // 2], truth


def heard(sound: Samples, prints: SpeakerPrints) -> float:
    """The utterances as a session finds them, told to `prints`; the CPU seconds that took."""
    session = CallSession([Role.AGENT], voice=VoiceActivity())
    events: list[Any] = []
    for start in range(0, len(sound), RATE):
        events += session.hear(sound[None, start : start + RATE])
    events += session.close()
    began = time.process_time()
    for event in events:
        if isinstance(event, DecodeWanted) and event.final:
            prints.hear(event.utterance, event.begin_ms, event.samples)
    prints.voices()
    return time.process_time() - began


def measured(sound: Samples, truth: Spoken, prints: SpeakerPrints) -> dict[str, float]:
    cpu = heard(sound, prints)
    found = prints.voices()
    spoken = np.zeros(len(sound) // 160 + 100, np.int8)
    for begin_ms, end_ms, who in truth:
        spoken[begin_ms // 10 : end_ms // 10] |= who
    per_voice: dict[int, Counter[int]] = {}
    unknown: Counter[int] = Counter()
    pieces = [p for one in (found.pieces if found else {}).values() for p in one]
    for piece in pieces:
        inside = Counter(spoken[piece.begin_ms // 10 : piece.end_ms // 10].tolist())
        known = piece.confidence >= 0.5 and found is not None and found.count > 1
        (per_voice.setdefault(piece.voice, Counter()) if known else unknown).update(inside)
    assigned = sum(c[1] + c[2] for c in per_voice.values())
    right = sum(max(c[1], c[2]) for c in per_voice.values())
    both = {max((1, 2), key=c.__getitem__) for c in per_voice.values()}
    nobody = unknown[1] + unknown[2]
    whole = assigned + nobody
    return {
        "voices": found.count if found else 0,
        "right": round(right / assigned, 4) if assigned and len(both) == 2 else 0.0,
        "unknown": round(nobody / whole, 4) if whole else 1.0,
        "cpu_s_a_second": round(cpu / (len(sound) / RATE), 5),
    }


def calls(seeds: int) -> Iterator[tuple[str, str, Samples, Spoken]]:
    people = speakers()
    changed = {
        f"{name}{label}": [
            np.asarray(soxr.resample(sound, RATE * ratio, RATE), np.float32)
            for sound in sounds[:60]
        ]
        for name, sounds in people.items()
        for label, ratio in SHIFTS.items()
    }
    for number, (a, b) in enumerate(itertools.combinations(changed, 2)):
        # One person against himself with his pitch moved a little is no pair of two people.
        alike = a[:5] == b[:5]
        if alike and "" in (a[5:], b[5:]):
            continue
        for seed in range(seeds):
            sound, truth = call(changed[a], changed[b], number * 100 + seed)
            kind = "one person, pitch moved both ways" if alike else "two people"
            for codec in ("mulaw", "mp3"):
                yield f"{a} / {b} {codec}", kind, telephone(sound, codec), truth


def against_the_published(network: voices.VoiceNetwork) -> float | None:
    """The largest difference from PyTorch's LSTM with the same weights; None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    path = voices.here()
    assert path is not None
    with np.load(path) as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    lstm = torch.nn.LSTM(40, 256, 3, batch_first=True)
    lstm.load_state_dict({k[5:]: v for k, v in state.items() if k.startswith("lstm.")})
    frames = np.random.default_rng(0).random((4, 160, 40), np.float32)
    with torch.no_grad():
        _, (hidden, _) = lstm(torch.from_numpy(frames))
        raw = torch.relu(hidden[-1] @ state["linear.weight"].T + state["linear.bias"])
        expected = (raw / raw.norm(dim=1, keepdim=True)).numpy()
    return float(np.abs(network._run(frames) - expected).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="calls for each pair of voices")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    network = voices.load()
    if network is None:
        sys.exit("no speaker network here; fetch it with `qa-engine models pull voices`")
    rows: list[dict[str, Any]] = []
    for name, kind, sound, truth in calls(options.seeds):
        for way, encoder in (("network", network), ("spectrum", None)):
            row = {"call": name, "kind": kind, "way": way}
            rows.append(row | measured(sound, truth, listen(encoder)))
            print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    summary = {
        f"{way}, {kind}, {codec}": {
            "calls": len(some),
            "told_apart": sum(r["right"] > 0 for r in some),
            "right_median": float(np.median([r["right"] for r in some])),
            "right_least": min(r["right"] for r in some),
            "unknown_most": max(r["unknown"] for r in some),
            "cpu_s_a_second": round(float(np.mean([r["cpu_s_a_second"] for r in some])), 5),
        }
        for way, kind, codec in itertools.product(
            ("network", "spectrum"), sorted({r["kind"] for r in rows}), ("mulaw", "mp3")
        )
        if (
            some := [
                r
                for r in rows
                if (r["way"], r["kind"]) == (way, kind) and str(r["call"]).endswith(codec)
            ]
        )
    }
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "speech": "two speakers of AISHELL-1, as they are and with pitch and tempo moved by 12 %",
        "difference_from_published": against_the_published(network),
        "summary": summary,
        "calls": rows,
    }
    print(json.dumps(summary, indent=2, ensure_ascii=False))
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
