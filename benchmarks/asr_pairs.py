"""Real recogniser output beside what was said; kept outside the tree, found by $QA_ASR_PAIRS.

A folder holds `*.hyp.txt` and `*.ref.txt` (an utterance a line) or `*.csv` with a header line.
"""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from qa_engine.matching.text.normalise import fold

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "asr-pairs"


@dataclass(frozen=True, slots=True)
class Pair:
    """Folded text: `heard` by the recogniser, `said` by the speaker."""

    heard: str
    said: str


def corpora() -> dict[str, list[Pair]]:
    """Each corpus by name, transcripts deduplicated; exits with a sentence where there is none."""
    folder = Path(os.environ.get("QA_ASR_PAIRS", DEFAULT))
    found = {p.name.removesuffix(".hyp.txt"): _lines(p) for p in sorted(folder.glob("*.hyp.txt"))}
    found |= {p.stem: _table(p) for p in sorted(folder.glob("*.csv"))}
    if not found:
        sys.exit(
            f"no recogniser pairs in {folder}; set QA_ASR_PAIRS to a folder with *.hyp.txt and "
            "*.ref.txt, or *.csv with the columns recognition,transcript"
        )
    return {name: _distinct(pairs) for name, pairs in found.items()}


def _lines(hyp: Path) -> list[Pair]:
    ref = hyp.with_name(hyp.name.replace(".hyp.", ".ref."))
    heard = hyp.read_text("utf-8").splitlines()
    said = ref.read_text("utf-8").splitlines()
    return [Pair(fold(h.split(" ||||")[0]), fold(s)) for h, s in zip(heard, said, strict=True)]


def _table(path: Path) -> list[Pair]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Pair(fold(row["recognition"]), fold(row["transcript"])) for row in csv.DictReader(file)
        ]


def _distinct(pairs: list[Pair]) -> list[Pair]:
    first = {pair.said: pair for pair in reversed(pairs) if pair.heard and pair.said}
    return list(first.values())[::-1]
