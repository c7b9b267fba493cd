"""Is a call judged the same whether its sound comes in or the words that were heard in it?

Corpus: twenty generated dialogues (`benchmarks.generated_calls`), spoken by voices that the bundled
model never heard, over a telephone line.

    python -m benchmarks.sound_and_text [--calls 20] [--model DIR] [--json FILE]

Each recording is analysed; the utterances of its report (role, words, times, as a site's own
recogniser would send them) are judged as a transcript by the same phrasebook. `hits` and `steps`
are calls in which those are the same, rule by rule and state by state; what differs is printed. A
check that needs sound (loudness, pitch, crosstalk of voices) is no step and no hit, and is told of
by the transcript's report as not applicable. The last result stands in
`benchmarks/results/sound_and_text.json`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.analyzer import Analyzer
from api.transcripts.analyzer import TranscriptAnalyzer
from benchmarks.generated_calls import make_call
from models.training.calls import write_flac
from qa_engine.events import Role
from qa_engine.report import Report

RESULT = Path(__file__).parent / "results" / "sound_and_text.json"
FIRST_SEED = 9_000


def as_sent(report: Report) -> list[dict[str, Any]]:
    """The rows that a site's recogniser would send of what was heard."""
    return [
        {
            "role": one.role,
            "text": one.text,
            "begin_ms": one.begin_ms,
            "end_ms": one.end_ms,
            "words": [
                {
                    "text": word.text,
                    "begin_ms": word.begin_ms,
                    "end_ms": word.end_ms,
                    "confidence": word.confidence,
                }
                for word in one.words
            ],
        }
        for one in report.utterances
        if one.text
    ]


def hits(report: Report) -> Counter[tuple[str, str, str]]:
    """Each hit's rule, what was heard and what was decided."""
    return Counter((hit.rule, hit.heard, str(hit.decision)) for hit in report.hits)


def steps(report: Report) -> dict[str, str]:
    """The state of each step."""
    return {step.id: str(step.state) for step in report.steps}


def measured(calls: int, model: str | None) -> dict[str, Any]:
    """In how many calls both ways come to the same."""
    heard, read = Analyzer(model=model), TranscriptAnalyzer()
    same: Counter[str] = Counter()
    for seed in range(FIRST_SEED, FIRST_SEED + calls):
        with tempfile.TemporaryDirectory() as folder:
            recording, text = Path(folder) / "call.flac", Path(folder) / "call.json"
            write_flac(make_call(seed)[1], recording)
            by_sound = heard.analyze(recording, roles=(Role.AGENT, Role.CUSTOMER))
            text.write_text(json.dumps(as_sent(by_sound), ensure_ascii=False), "utf-8")
            by_text = read.analyze(text)
        for name, told in (("hits", hits), ("steps", steps)):
            one, other = told(by_sound), told(by_text)
            same[name] += one == other
            if one != other:
                print(seed, name, set(one.items()) ^ set(other.items()))
        same["found"] += len(by_sound.hits)
        same["asked"] += len(by_sound.steps)
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "calls": calls,
        "same_hits": same["hits"],
        "same_steps": same["steps"],
        "hits": same["found"],
        "steps": same["asked"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--model", default=None)
    parser.add_argument("--json", type=Path, default=RESULT)
    chosen = parser.parse_args()
    told = measured(chosen.calls, chosen.model)
    print(text := json.dumps(told, indent=2))
    chosen.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
