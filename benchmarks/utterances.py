"""Does a flag mean that the sentence says it? Single utterances and stretches, by kind.

    python -m benchmarks.utterances [FILE.jsonl …] [--failing] [--json]

A row is `{"kind", "input", "role", "expected": [rules]}`; `input` is one utterance, or a list of
`坐席：…` / `客户：…` lines, which are told as pieces of one call, half a second apart. Right is a
row with one of the expected rules among its kept hits, or with none where none is expected.
`informal-ni` is not counted. Default: every `*.jsonl` in $QA_UTTERANCES
(`../shared/data/language`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from phrasebook import bundled, load
from qa_engine.events import Decision, HitChanged, HitState, Role, Utterance
from qa_engine.matching import Matcher
from qa_engine.matching.call.call_matcher import CallMatcher

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "language"
CHAR_MS = 220
PAUSE_MS = 500
IGNORED = "informal-ni"
ROLES = {"坐席": Role.AGENT, "客户": Role.CUSTOMER}


class Bench:
    """The bundled pack, and what a call that holds a row comes to."""

    def __init__(self) -> None:
        self.book = load(bundled())
        self.matcher = Matcher(self.book)
        self.took_ms: list[float] = []

    def found(self, row: Mapping[str, Any]) -> tuple[set[str], set[str]]:
        """Rules kept, and rules laid before a person, of the role that the row asks about."""
        call = CallMatcher(self.matcher, self.book)
        standing: dict[str, HitChanged] = {}
        role = Role(row["role"])
        at_ms = 0
        for number, (speaker, text) in enumerate(_pieces(row)):
            end_ms = at_ms + CHAR_MS * len(text)
            began = time.perf_counter()
            events = call.feed(
                Utterance(
                    id=number,
                    role=speaker,
                    channel=0 if speaker is Role.AGENT else 1,
                    begin_ms=at_ms,
                    end_ms=end_ms,
                    text=text,
                )
            )
            self.took_ms.append(1000 * (time.perf_counter() - began))
            standing |= {e.hit.id: e for e in events if isinstance(e, HitChanged)}
            at_ms = end_ms + PAUSE_MS
        events = call.close(at_ms)
        standing |= {e.hit.id: e for e in events if isinstance(e, HitChanged)}
        hits = [
            event.hit
            for event in standing.values()
            if event.state is HitState.CONFIRMED
            and event.hit.role is role
            and event.hit.rule != IGNORED
        ]
        kept = {hit.rule for hit in hits if hit.decision is Decision.KEPT}
        return kept, {hit.rule for hit in hits} - kept


def _pieces(row: Mapping[str, Any]) -> Iterator[tuple[Role, str]]:
    if isinstance(row["input"], str):
        yield Role(row["role"]), row["input"]
        return
    for line in row["input"]:
        who, _, text = line.partition("：")
        yield ROLES[who], text


def rows(paths: list[Path]) -> Iterator[Mapping[str, Any]]:
    """All rows of the files; blank lines are skipped."""
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--failing", action="store_true", help="print the rows that are wrong")
    parser.add_argument("--json", action="store_true", help="one JSON row at the end")
    chosen = parser.parse_args()
    folder = Path(os.environ.get("QA_UTTERANCES", DEFAULT))
    paths = chosen.files or sorted(folder.glob("*.jsonl"))
    if not paths:
        raise SystemExit(f"no rows: expected *.jsonl in {folder}, or name the files")
    bench = Bench()
    by_kind: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    said = found = true = 0
    for row in rows(paths):
        want = set(row["expected"])
        kept, doubtful = bench.found(row)
        right = bool(want & kept) if want else not kept
        tally = by_kind[row["role"], row["kind"]]
        tally[0] += right
        tally[1] += 1
        tally[2] += bool(want and not right and want & doubtful)
        said, found, true = said + bool(want), found + bool(kept), true + bool(want & kept)
        if not right and chosen.failing:
            print(f"{row['kind']}: {row['input']}  want {sorted(want)} kept {sorted(kept)}")
    for (role, kind), (good, of_them, doubted) in sorted(by_kind.items()):
        doubts = f"  ({doubted} doubtful)" if doubted else ""
        print(f"{role:9s}{kind:26s}{good:4d} / {of_them}{doubts}")
    all_right, count = (sum(tally[i] for tally in by_kind.values()) for i in (0, 1))
    slowest = statistics.quantiles(bench.took_ms, n=20)[-1]
    print(f"right {all_right} of {count} ({all_right / count:.3f})")
    print(f"precision {true / max(1, found):.3f}, recall {true / max(1, said):.3f}")
    print(f"an utterance, matched and decided: p95 {slowest:.1f} ms")
    if chosen.json:
        answer = {"right": right, "rows": count, "precision": true / max(1, found)}
        print(json.dumps({**answer, "recall": true / max(1, said), "p95_ms": round(slowest, 1)}))


if __name__ == "__main__":
    main()
