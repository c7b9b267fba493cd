"""Do the tests bite? Random faults are put into the code, one at a time; the tests near them run.

    python -m benchmarks.mutation_reach reach.json tests/api/review …    (once)
    python -m benchmarks.mutations [--seed 12] [--count 60] [--access] [--reach reach.json]

Places are drawn evenly over `api/live`, `api/review`, `api/batch` and `qa_engine/rules`
(`mutation_places.py`); `--access` takes every place of what decides who may do and see what, and
draws none. Each fault runs in a copy of the tree: first the tests that run through its line, the
quickest first (`mutation_reach.py`; of a line that runs at import, through the file), then the
module's own test file; where no test is known to, those that import it and a wider set of its room;
until one fails. A fault that no test notices survives: either a test is missing, or nobody can
notice it, which a person writes beside it (`"equivalent": "why"`). A test that does not end is
tried once more alone, for twice as long: only one that hangs again has noticed the fault. A test
that fails is run without the fault too: one that fails then has noticed nothing. What was tried is
kept in the JSON file and not tried again, so a run may be cut into pieces (`--within SECONDS`);
`--again` tries what survived once more. `--loaded` is quicker (`mutation_loaded.py`): what it kills
is killed, what it leaves is for a run without it. Stores are SQLite alone.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.mutation_loaded import LoadedTrier
from benchmarks.mutation_places import ROOT, Place, places
from benchmarks.mutation_reach import Reach
from benchmarks.mutation_trials import ACCESS, ACCESS_TESTS, Tried, Trier, copied

ROOMS = ("api/live", "api/review", "api/batch", "qa_engine/rules")


def drawn(seed: int, count: int) -> list[Place]:
    """So many places of the rooms, evenly."""
    files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    every = [place for file in files for place in places(file)]
    return random.Random(seed).sample(every, count)


def told(key: str, tried: Sequence[Tried], count: int) -> str:
    """The sums, in a line."""
    became = Counter(one.became for one in tried)
    alike = sum(one.became == "survived" and bool(one.equivalent) for one in tried)
    share = became["killed"] / max(1, len(tried) - alike)
    return (
        f"{key}: {became['killed']} of {len(tried)} killed ({count} drawn), {alike} of the others"
        f" cannot be noticed: {share:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Do the tests bite?")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--access", action="store_true", help="every place of access control")
    parser.add_argument("--reach", type=Path, default=Path("reach.json"))
    parser.add_argument("--under", nargs="*", default=[""], help="of those drawn, the ones there")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds, then stop")
    parser.add_argument("--loaded", action="store_true", help="quickly, where that is possible")
    parser.add_argument("--list", action="store_true", help="only name the faults")
    parser.add_argument("--again", action="store_true", help="what survived, once more")
    parser.add_argument("--first", nargs="*", default=[], help="tests to run before all others")
    parser.add_argument("--json", type=Path, default=Path("mutations.json"))
    parser.add_argument("--deselect", action="append", default=[], help="a test that fails anyway")
    options = parser.parse_args()
    if options.access:
        chosen = [p for name, only in ACCESS.items() for p in places(ROOT / name, only)]
    else:
        chosen = drawn(options.seed, options.count)
    if options.list:
        for place in chosen:
            print(place.name)
        return
    key = "access" if options.access else f"seed {options.seed}"
    kept = json.loads(options.json.read_text()) if options.json.exists() else {}
    done = {one["name"]: Tried(**one) for one in kept.get(key, [])}
    until_s = time.monotonic() + options.within
    with tempfile.TemporaryDirectory() as folder:
        kind = LoadedTrier if options.loaded else Trier
        trier = kind(copied(Path(folder)), Reach.read(options.reach), options.deselect)
        trier.load()
        # What fails without a fault notices nothing.
        if by := trier.noticed([ACCESS_TESTS, "tests/qa_engine/rules/test_tally.py"]):
            raise SystemExit(f"without any fault: {by}")
        for place in chosen:
            before = done.get(place.name)
            due = before is None or (options.again and before.became != "killed")
            if (
                not due
                or not place.file.startswith(tuple(options.under))
                or time.monotonic() > until_s
            ):
                continue
            if not trier.can_try(place):
                continue
            one = trier.tried(place, options.first)
            print(f"{one.became:8}", one.name, one.by, f"{one.took_s} s")
            sys.stdout.flush()
            done[one.name] = one
            kept[key] = [asdict(each) for each in done.values()]
            options.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    print(told(key, list(done.values()), len(chosen)))


if __name__ == "__main__":
    main()
