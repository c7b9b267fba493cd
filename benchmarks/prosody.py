"""How it sounds: is the pitch right, are ways of speaking told apart, and what does it cost?

Pitch, over a telephone line (8 kHz, μ-law; also without what lies below 300 Hz): a synthetic voice
whose pitch is known, real speakers whose pitch two methods of WORLD agree on, and those speakers
made again by WORLD with that pitch.

Ways of speaking: sentences of real speakers ($QA_HUMAN_SPEECH, with `transcripts.tsv`) made again
by WORLD flatter, livelier, raised (four semitones, 6 dB, a sharper voice) and hurried (a third
faster), and of a synthetic voice (espeak-ng) told to speak so. Each is heard in a call of the same
speaker's plain sentences, and put down as the one of the four that the measures say.

Needs pyworld (MIT) and espeak-ng, for the benchmark alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.known_pitch import WITHIN, narrow, pitches
from benchmarks.mono_voices import RATE, speakers, telephone
from benchmarks.ways_spoken import WAYS, Said, human_ways, machine_ways
from models.recogniser import Samples, Word
from phrasebook.model import MoodRules
from qa_engine.events import Role, Utterance
from qa_engine.prosody.listen import contour_of
from qa_engine.prosody.measure import LIVELY_FROM_ST, MONOTONE_BELOW_ST, ProsodyMeter
from qa_engine.prosody.pitch import HOP_MS, pitch_of
from qa_engine.prosody.tension import TENSE_FROM, Raised, Sounding

RESULT = Path(__file__).parent / "results" / "prosody.json"


def pitch_rows(people: dict[str, list[Samples]]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    cpu_s = audio_s = 0.0
    for kind, sound, told in pitches(people):
        for line, change in (("telephone", lambda s: telephone(s, "mulaw")), ("300 Hz", narrow)):
            heard = change(sound)
            began = time.process_time()
            contour_of(heard, begin_ms=0, end_ms=len(heard) * 1000 // RATE)
            cpu_s += time.process_time() - began
            audio_s += len(heard) / RATE
            count = counts.setdefault((kind, line), Counter())
            found, _ = pitch_of(heard)
            truth = told[1::2]
            size = min(len(found), len(truth))
            found, truth = found[:size], truth[:size]
            both = (found > 0) & (truth > 0)
            near = np.abs(found / np.maximum(truth, 1) - 1) <= WITHIN
            count["voiced"] += int((truth > 0).sum())
            count["both"] += int(both.sum())
            count["right"] += int((both & near).sum())
    rows = [
        {
            "voice": kind,
            "line": line,
            "voiced_s": round(count["voiced"] * HOP_MS / 1000, 1),
            "within_5_percent": round(count["right"] / count["both"], 4),
            "found_and_within": round(count["right"] / count["voiced"], 4),
        }
        for (kind, line), count in counts.items()
    ]
    return [*rows, {"cpu_s_a_second": round(cpu_s / audio_s, 5)}]


def measured(plain: list[Said], others: list[Said]) -> list[tuple[bool, Sounding]]:
    """Every passage of a call of both, and whether it is one of the others."""
    meter = ProsodyMeter(MoodRules())
    at_ms, first_other = 1_000, len(plain)
    for number, said in enumerate([*plain, *others]):
        sound = telephone(said.sound, "mulaw")
        edge = np.flatnonzero(np.abs(sound) > 0.02)
        begin, end = int(edge[0]) * 1000 // RATE, int(edge[-1]) * 1000 // RATE
        step = (end - begin) / said.characters
        words = tuple(
            Word(
                text="字",
                begin_ms=round(at_ms + step * n),
                end_ms=round(at_ms + step * (n + 1)),
                confidence=1.0,
            )
            for n in range(said.characters)
        )
        meter.feed(
            Utterance(
                id=number,
                role=Role.AGENT,
                channel=0,
                begin_ms=at_ms,
                end_ms=at_ms + end - begin,
                text="字" * said.characters,
                words=words,
                contour=contour_of(sound, begin_ms=begin, end_ms=end),
            )
        )
        at_ms += end - begin + 800
    voice = meter.result(()).voices[0]
    return [(passage.utterance >= first_other, passage) for passage in voice.passages]


def way_of(passage: Sounding) -> str:
    """The one of the four that the measures say of a sentence alone."""
    if passage.tension >= TENSE_FROM:
        return "raised"
    if Raised.RATE in passage.raised:
        return "hurried"
    middle = (MONOTONE_BELOW_ST + LIVELY_FROM_ST) / 2
    return "monotone" if passage.movement_st < middle else "lively"


def told_apart(same: dict[str, Sounding]) -> dict[str, str]:
    """Which of the four versions of one sentence is which, by the measures alone."""
    left = dict(same)
    found: dict[str, str] = {}
    for way, measure in (
        ("raised", lambda one: one.tension),
        ("hurried", lambda one: one.rate or 0.0),
        ("lively", lambda one: one.movement_st),
    ):
        found[way] = max(left, key=lambda name: measure(left[name]))
        del left[found[way]]
    (found["monotone"],) = left
    return found


def way_rows(people: dict[str, list[Samples]]) -> list[dict[str, Any]]:
    rows = []
    for name, plain, others in (*human_ways(people), *machine_ways()):
        heard: dict[str, dict[int, Sounding]] = {}
        usual: list[Sounding] = []
        for way, sentences in others.items():
            # A third of the call, as when somebody changes: what is calm must not follow.
            found = measured(plain, sentences[: max(6, len(plain) // 2)])
            heard[way] = {one.utterance: one for other, one in found if other}
            usual += [one for other, one in found if not other]
        numbers = set.intersection(*(set(one) for one in heard.values()))
        told = [told_apart({way: heard[way][n] for way in WAYS}) for n in sorted(numbers)]
        alone = [way_of(heard[way][n]) == way for way in WAYS for n in numbers]
        row: dict[str, Any] = {
            "voice": name,
            "versions": len(alone),
            "told_apart": round(sum(one[w] == w for one in told for w in WAYS) / len(alone), 3),
            "named_alone": round(sum(alone) / len(alone), 3),
            "plain_sentences": len(usual),
            "plain_tense": sum(one.tension >= TENSE_FROM for one in usual),
            "median": {way: _median(list(found.values())) for way, found in heard.items()}
            | {"plain": _median(usual)},
        }
        rows.append(row)
        print(json.dumps(row, ensure_ascii=False), flush=True)
    return rows


def _median(passages: list[Sounding]) -> dict[str, float]:
    return {
        key: round(float(np.median([getattr(one, key) or 0.0 for one in passages])), 2)
        for key in ("pitch_st", "level_db", "rate", "movement_st", "tension")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    people = speakers()
    pitch = pitch_rows(people)
    for row in pitch:
        print(json.dumps(row, ensure_ascii=False), flush=True)
    ways = way_rows(people)
    whole = sum(row["versions"] for row in ways)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "pitch": pitch,
        "ways": ways,
        "told_apart": round(sum(row["told_apart"] * row["versions"] for row in ways) / whole, 3),
    }
    print(result["told_apart"])
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
