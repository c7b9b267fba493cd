"""How often good speech of many people is flagged: false prompts and findings an hour, by role.

Text: the test and validation parts of CrossWOZ (Q. Zhu and others, TACL 2020; Apache-2.0; 10,000
turns of people who act as clerk and customer over hotels, restaurants, sights, metro and taxis, all
of them polite and none of them written with a phrasebook in mind), as `data/crosswoz/*.json.zip`
of its repository. It is fetched by whoever measures and never part of this repository.

    python -m benchmarks.good_speech DIR [--every N] [--json FILE] [--failing]

Each dialogue goes through the text path as a call, and every finding is taken for false, though a
clerk who says 肯定 now and then does break a rule. `informal-ni` is left out (these clerks say 你).
One call in four was looked at, for kinds of mistakes (sentences of clerks who recommend places were
written for the corpus after it); the others never were.
An hour is an hour of the role's own speech, a character at 230 ms; intervals are exact Poisson of
95 %. Prompts are what an agent would see; alerts what a supervisor would.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.language import Bench
from benchmarks.tallies import ASIDE, HOUR_MS, poisson_interval
from models.judging.examples import SaidLine
from qa_engine.dialogue import MS_A_CHARACTER
from qa_engine.events import Decision, Hit, Tier

RESULT = Path(__file__).parent / "results" / "good_speech.json"
ROLES = {"sys": "agent", "usr": "customer"}


def calls(folder: Path) -> Iterator[tuple[SaidLine, ...]]:
    for path in sorted(folder.glob("*.json.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                for one in json.loads(archive.read(name)).values():
                    yield tuple(SaidLine(ROLES[m["role"]], m["content"]) for m in one["messages"])


def kind(hit: Hit) -> str:
    if hit.tier is Tier.MEANING:
        return "meaning"
    return "kept" if hit.decision is Decision.KEPT else "doubtful"


def an_hour(count: int, hours: float) -> dict[str, Any]:
    low, high = poisson_interval(count)
    return {
        "findings": count,
        "an_hour": round(count / hours, 2),
        "low": round(low / hours, 2),
        "high": round(high / hours, 2),
    }


def measured(folder: Path, failing: bool, every: int = 1) -> dict[str, Any]:
    bench = Bench()
    hours: Counter[str] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    rules: Counter[tuple[str, str, str]] = Counter()
    for lines in islice(calls(folder), 0, None, every):
        for said in lines:
            hours[said.role] += len(said.line) * MS_A_CHARACTER
        for hits in bench.findings(lines).values():
            for hit in hits:
                if hit.rule != ASIDE:
                    found[hit.role.value, kind(hit)] += 1
                    rules[hit.role.value, kind(hit), hit.rule] += 1
                    if failing:
                        print(hit.role.value, kind(hit), hit.rule, hit.heard, "<<", hit.quote)
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "phrasebook": bench.book.version,
        "roles": {
            role: {
                "hours": round(ms / HOUR_MS, 2),
                **{
                    name: an_hour(found[role, name], ms / HOUR_MS)
                    for name in ("kept", "doubtful", "meaning")
                },
                "rules": {
                    f"{name} {rule}": count
                    for (who, name, rule), count in rules.most_common()
                    if who == role
                },
            }
            for role, ms in hours.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds CrossWOZ's *.json.zip")
    parser.add_argument("--failing", action="store_true", help="print every finding")
    parser.add_argument("--every", type=int, default=1, help="read one call of so many")
    parser.add_argument("--json", type=Path, default=RESULT)
    chosen = parser.parse_args()
    if not list(chosen.folder.glob("*.json.zip")):
        raise SystemExit(f"{chosen.folder}: no *.json.zip; expected data/crosswoz of CrossWOZ")
    told = measured(chosen.folder, chosen.failing, chosen.every)
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    print(text)
    chosen.json.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
