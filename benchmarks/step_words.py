"""Are the steps of a call heard however an agent words them, and only when said?

Corpus: `phrasebook/zh_corpus/steps`: sentences of agents of many trades, each written for one step
or as a near miss of it. `unread.jsonl` was written without knowledge of the patterns and is never
tuned on.

    python -m benchmarks.step_words [--train] [--failing] [--json FILE]

A sentence is read alone. `recall`: of those that take the step, how many are heard as it.
`precision`: of those that are heard as the step they were written for or against, how many take it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import phrasebook
from qa_engine.deciding import Decider
from qa_engine.matching import Matcher

RESULT = Path(__file__).parent / "results" / "step_words.json"
CORPUS = Path(phrasebook.__file__).parent / "zh_corpus" / "steps"


@dataclass(frozen=True, slots=True)
class StepSentence:
    """A sentence, and whether it takes the step that it was written for or against."""

    step: str
    said: bool
    line: str


def sentences(part: str) -> Iterator[StepSentence]:
    """The rows of `train` or `unread`, in their order. Raises OSError, KeyError, ValueError."""
    for text in (CORPUS / f"{part}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(text)
        yield StepSentence(row["step"], row["said"], row["line"])


def heard(matcher: Matcher, decider: Decider, line: str) -> set[str]:
    """The steps that a sentence is heard as."""
    return {match.owner for match in decider.steps_taken(line, matcher.find(line))}


def measured(rows: Iterable[StepSentence], *, failing: bool = False) -> dict[str, Any]:
    """Recall and precision, all together and by step."""
    book = phrasebook.load(phrasebook.bundled())
    matcher, decider = Matcher(book), Decider(book)
    count: Counter[tuple[str, str]] = Counter()
    for row in rows:
        is_heard = row.step in heard(matcher, decider, row.line)
        kind = ("missed", "right") if row.said else ("refused", "wrong")
        for name in ("all", row.step):
            count[name, kind[is_heard]] += 1
        if failing and is_heard != row.said:
            print(kind[is_heard], row.step, row.line)
    names = sorted({name for name, _ in count})
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "phrasebook": book.version,
        "steps": {name: _told(count, name) for name in names},
    }


def _told(count: Counter[tuple[str, str]], name: str) -> dict[str, Any]:
    right, missed = count[name, "right"], count[name, "missed"]
    wrong, refused = count[name, "wrong"], count[name, "refused"]
    return {
        "said": right + missed,
        "near_misses": wrong + refused,
        "recall": _share(right, right + missed),
        "precision": _share(right, right + wrong),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--train", action="store_true", help="read the part that may be learned")
    parser.add_argument("--failing", action="store_true", help="print every mistake")
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    if chosen.failing and not chosen.train:
        raise SystemExit("the unread part is never looked into; expected --train with --failing")
    told = measured(sentences("train" if chosen.train else "unread"), failing=chosen.failing)
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    print(text)
    if target := chosen.json or (None if chosen.train else RESULT):
        target.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
