"""Known voices: is what a telephone system plays learned and found again, and is an agent known?

Recordings: each call begins with one of three menus (espeak-ng) or none, then real speakers (a
folder of *.flac, $QA_HUMAN_SPEECH) talk, over a telephone line, half of the calls through MP3 of
8 kbit/s. A list is learned from some calls and looked for in others: how much of the menus' time
is found, and how much of what people say is taken for a recording.

Agents: each speaker's voice is enrolled from sentences that are in no call, and asked for in mono
calls of two people: is it the right one of the voices found, another's, or nobody's?

    python -m benchmarks.known_voices [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.constructed_calls import MENUS, spoken
from benchmarks.mono_voices import RATE, call, heard, speakers, telephone
from models import voices
from models.recogniser import Samples
from qa_engine.line.learning import learned, sound_of_call
from qa_engine.line.recordings import RecordingSearch
from qa_engine.speakers import VoicePrints

RESULT = Path(__file__).parent / "results" / "known_voices.json"
LEARNED_FROM, LOOKED_FOR_IN = 24, 24
SAID = 5


def lead_call(number: int, sayings: list[Samples]) -> tuple[Samples, tuple[int, int]]:
    """One channel: a menu (or none) and people, whose sentences are in no other call; where the
    menu is, in ms."""
    chance = random.Random(number)
    menu = spoken(MENUS[number % 4], "cmn+f3") if number % 4 < 3 else np.zeros(0, np.float32)
    begin = int(chance.uniform(0.2, 2.5) * RATE)
    said = sayings[number * SAID : (number + 1) * SAID]
    parts = [np.zeros(begin, np.float32), 0.8 * menu, np.zeros(RATE, np.float32), *said]
    sound = np.concatenate(parts).astype(np.float32)
    noise = np.random.default_rng(number).normal(0, 2e-3, len(sound)).astype(np.float32)
    sound = telephone(sound + noise, "mp3" if number % 2 else "mulaw")
    return sound, (begin // 16, (begin + len(menu)) // 16)


def recordings(people: list[list[Samples]]) -> dict[str, Any]:
    sayings = [one for person in people for one in person]
    random.Random(5).shuffle(sayings)
    assert len(sayings) >= SAID * (LEARNED_FROM + LOOKED_FOR_IN)
    began = time.process_time()
    calls = [lead_call(number, sayings)[0] for number in range(LEARNED_FROM)]
    sounds = [sound_of_call(str(n), [sound[None]]) for n, sound in enumerate(calls)]
    made_s = time.process_time() - began
    began = time.process_time()
    kept = learned(sounds)
    learned_s = time.process_time() - began
    menu_ms = found_ms = wrong_ms = other_ms = 0
    search_s = audio_s = 0.0
    for number in range(LEARNED_FROM, LEARNED_FROM + LOOKED_FOR_IN):
        sound, (begin, end) = lead_call(number, sayings)
        one = sound_of_call("", [sound[None]])
        bits = one.parts[0][1]
        began = time.process_time()
        spans = RecordingSearch(kept).spans(bits, ended=True)
        search_s += time.process_time() - began
        audio_s += len(sound) / RATE
        marked = np.zeros(len(sound) // 16 + 1, bool)
        for first, last in spans:
            marked[first * 32 : last * 32] = True
        menu_ms += end - begin
        found_ms += int(marked[begin:end].sum())
        # A span ends up to a second of smoothing beside its recording.
        outside = np.r_[marked[: max(0, begin - 1_000)], marked[end + 1_000 :]]
        wrong_ms += int(outside.sum())
        other_ms += len(outside)
    return {
        "recordings": len(MENUS),
        "learned": len(kept),
        "of which somebody says": sum(one.calls < 3 for one in kept),
        "menu_time_found": round(found_ms / menu_ms, 4),
        "speech_taken_for_it": round(wrong_ms / other_ms, 5),
        "learning_s_a_call": round((made_s + learned_s) / LEARNED_FROM, 3),
        "search_cpu_s_a_second": round(search_s / audio_s, 5),
    }


def agents(people: dict[str, list[Samples]]) -> dict[str, Any]:
    network = voices.load()
    if network is None:
        sys.exit("no speaker network here; fetch it with `qa-engine models pull voices`")
    names = sorted(people)
    known = {}
    for name in names:
        sample = telephone(np.concatenate(people[name][:8]), "mulaw")
        size = int(1.6 * RATE)
        windows = [sample[at : at + size] for at in range(0, len(sample) - size, size)]
        mean = network.embed(windows).mean(axis=0)
        known[name] = mean / np.linalg.norm(mean)
    found: Counter[str] = Counter()
    for seed in range(8):
        for codec in ("mulaw", "mp3"):
            pair = [people[name][20:] for name in names[:2]]
            sound, truth = call(pair[0], pair[1], seed)
            prints = VoicePrints(network)
            heard(telephone(sound, codec), prints)
            told = prints.voices()
            for number, name in enumerate(names[:2], start=1):
                found[_right(told, truth, number, known[name])] += 1
    return dict(found)


def _right(told: Any, truth: list[tuple[int, int, int]], who: int, vector: Any) -> str:
    voice = told.of(vector) if told is not None and told.count > 1 else None
    if voice is None:
        return "nobody"
    shares: Counter[int] = Counter()
    for pieces in told.pieces.values():
        for piece in pieces:
            if piece.voice == voice:
                for begin, end, speaker in truth:
                    shares[speaker] += max(0, min(end, piece.end_ms) - max(begin, piece.begin_ms))
    return "right" if shares.most_common(1)[0][0] == who else "another"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    people = speakers()
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "recordings": recordings(list(people.values())),
        "agents": agents(people),
    }
    print(json.dumps(result, indent=1))
    options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
