"""How right is the report of a call it never heard? From sound to hits, steps and words.

Corpus: dialogues of `models.training.dialogues` with held-out wordings, spoken by held-out voices
over a telephone line; none of it was in training. Forty calls and more, two channels each.

    python -m benchmarks.generated_calls [--calls 49] [--model DIR] [--json FILE]

A spoken breach counts as found when a hit of the same row of the service standard lies over its
turn. A hit is wrong when nobody said such a thing there: neither the label of the dialogue nor the
engine itself, reading the true words, knows of it. A step is right when its state is the labelled
one. Words: edits over Han characters, and over their toneless syllables.
`recall_two_tiers` is what the exact and homophone tiers alone would have found in the same run.
The last result stands in `benchmarks/results/generated_calls.json`.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from api.analyzer import Analyzer
from models.training.calls import ROLES, Call, Caller, render_call, write_flac
from models.training.dialogues import ScriptedDialogue, write
from qa_engine.analysis import Analysis
from qa_engine.events import Hit, Role, Tier, Utterance
from qa_engine.report import Report

RESULT = Path(__file__).parent / "results" / "generated_calls.json"
SLACK_MS = 400
FIRST_SEED = 9_000
_HAN = re.compile(r"[^\u4e00-\u9fff]")


@dataclass(slots=True)
class Tally:
    said: int = 0
    found: int = 0
    found_without_fuzzy: int = 0
    hits: int = 0
    wrong: int = 0
    steps: int = 0
    steps_right: int = 0
    characters: int = 0
    character_edits: int = 0
    syllables: int = 0
    syllable_edits: int = 0
    audio_s: float = 0.0
    clock_s: float = 0.0
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    step_errors: Counter[str] = field(default_factory=Counter)

    def row(self) -> dict[str, float]:
        return {
            "hit_recall": self.found / max(self.said, 1),
            "recall_two_tiers": self.found_without_fuzzy / max(self.said, 1),
            "hit_precision": 1 - self.wrong / max(self.hits, 1),
            "steps_right": self.steps_right / max(self.steps, 1),
            "cer": self.character_edits / max(self.characters, 1),
            "ser": self.syllable_edits / max(self.syllables, 1),
            "times_real_time": self.clock_s / max(self.audio_s, 1),
        }


def make_call(seed: int) -> tuple[ScriptedDialogue, Call]:
    dialogue = write(seed, held_out=True)
    random = Random(seed)
    callers = {role: Caller.draw(random, held_out=True) for role in ROLES}
    return dialogue, render_call(dialogue.turns, callers, seed=seed)


def measure(analyzer: Analyzer, seed: int, tally: Tally) -> None:
    dialogue, call = make_call(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{seed}.flac"
        write_flac(call, path)
        began = time.perf_counter()
        report = analyzer.analyze(path, roles=(Role.AGENT, Role.CUSTOMER))
        tally.clock_s += time.perf_counter() - began
    tally.audio_s += call.seconds
    count_words(call, report, tally)
    count_hits(analyzer, dialogue, call, report, tally)
    count_steps(dialogue, report, tally)


def count_words(call: Call, report: Report, tally: Tally) -> None:
    for role in ROLES:
        truth = _HAN.sub("", "".join(u["text"] for u in call.utterances if u["role"] == role))
        heard = _HAN.sub("", "".join(u.text for u in report.utterances if u.role == role))
        tally.characters += len(truth)
        tally.character_edits += Levenshtein.distance(truth, heard)
        tally.syllables += len(truth)
        tally.syllable_edits += Levenshtein.distance(lazy_pinyin(truth), lazy_pinyin(heard))


def count_hits(
    analyzer: Analyzer, dialogue: ScriptedDialogue, call: Call, report: Report, tally: Tally
) -> None:
    turns = {(u["role"], u["text"]): u for u in call.utterances}
    places = []
    for said in dialogue.said:
        turn = dialogue.turns[said.turn]
        place = turns[turn.role, turn.text]
        span = (place["begin_ms"] - SLACK_MS, place["end_ms"] + SLACK_MS)
        places.append((said.source, *span, said.text))
    for source, begin_ms, end_ms, text in places:
        tally.said += 1
        here = [h for h in report.hits if h.source == source and begin_ms <= h.begin_ms <= end_ms]
        tally.found_without_fuzzy += any(hit.tier is not Tier.FUZZY for hit in here)
        if here:
            tally.found += 1
        else:
            tally.missed[f"{source}: {text}"] += 1
    known = [place[:3] for place in places] + [
        (hit.source, hit.begin_ms - 2 * SLACK_MS, hit.end_ms + 2 * SLACK_MS)
        for hit in hits_of_truth(analyzer, call)
    ]
    for hit in report.hits:
        tally.hits += 1
        if not any(s == hit.source and b <= hit.end_ms and hit.begin_ms <= e for s, b, e in known):
            tally.wrong += 1
            tally.false[f"{hit.rule}: {hit.heard}"] += 1


def hits_of_truth(analyzer: Analyzer, call: Call) -> tuple[Hit, ...]:
    """What the engine finds in the true words."""
    analysis = Analysis(analyzer.phrasebook, analyzer.matcher)
    for number, turn in enumerate(call.utterances):
        role = Role(turn["role"])
        spoken: dict[str, Any] = {"begin_ms": turn["begin_ms"], "end_ms": turn["end_ms"]}
        channel = 0 if role is Role.AGENT else 1
        analysis.feed(Utterance(id=number, role=role, channel=channel, text=turn["text"], **spoken))
    analysis.close(round(call.seconds * 1000))
    return analysis.result().hits


def count_steps(dialogue: ScriptedDialogue, report: Report, tally: Tally) -> None:
    states = {step.id: step.state.value for step in report.steps}
    for step, state in dialogue.steps.items():
        if step in states:
            tally.steps += 1
            if states[step] == state:
                tally.steps_right += 1
            else:
                tally.step_errors[f"{step}: {state} heard as {states[step]}"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=49)
    parser.add_argument("--model")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    analyzer = Analyzer(model=options.model)
    tally = Tally()
    for seed in range(FIRST_SEED, FIRST_SEED + options.calls):
        measure(analyzer, seed, tally)
    row = {name: round(value, 4) for name, value in tally.row().items()}
    for name, value in row.items():
        print(f"{name:16} {value:.3f}")
    print("missed:", dict(tally.missed.most_common(12)))
    print("false:", dict(tally.false.most_common(20)))
    print("steps:", dict(tally.step_errors.most_common(20)))
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "calls": options.calls,
        "audio_minutes": round(tally.audio_s / 60, 1),
        "said": tally.said,
        "hits": tally.hits,
        "model": analyzer.recogniser.version,
        "phrasebook": analyzer.phrasebook.version,
        **row,
    }
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
