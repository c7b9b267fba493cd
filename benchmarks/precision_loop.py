"""Does the precision loop demote the right rules, and how fast does it read 100,000 verdicts?

Corpus: the bundled phrasebook's rules, each given a true precision by lot (a third below the floor
of .80, the others above), and verdicts drawn from it: how many a rule gets falls off as 1/rank, as
hits do, so that some rules have thousands and some a handful. Inspectors err in one verdict of 50.

    python -m benchmarks.precision_loop [--verdicts 100000] [--seeds 50] [--json FILE]

Over all seeds: of the rules whose true precision is below the floor, the share proposed for
demotion (`found`); of those at or above it, the share proposed wrongly (`wronged`); of those
proposed to close without review, the share whose true precision is below the ceiling
(`closed_wrongly`). The peer in the same run goes by the plain share of right verdicts, without an
interval (`plain`). `few` counts only rules with 20 to 100 verdicts, where chance is largest.
`seconds`: verdicts in a SQLite store, one in ten given anew, to the list of proposals.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert

import phrasebook
from api.review.boards.precision import PrecisionPolicy, Proposal, RulePrecision, rule_precision
from api.store import Store
from api.store.tables import verdicts as table
from api.store.verdicts import Verdict, standing
from phrasebook import Phrasebook

RESULT = Path(__file__).parent / "results" / "precision_loop.json"
POLICY = PrecisionPolicy()
DEMOTED = {Proposal.SILENCE, Proposal.SWITCH_OFF}
ERRING = 0.02
FEW = 100


def truths(book: Phrasebook, random: Random) -> dict[str, float]:
    def draw() -> float:
        return random.uniform(0.3, 0.8) if random.random() < 1 / 3 else random.uniform(0.8, 1.0)

    return {entry.id: draw() for entry in book.entries}


def verdicts(truth: dict[str, float], count: int, random: Random) -> Iterator[Verdict]:
    rules = random.sample(sorted(truth), len(truth))
    weights = [1 / rank for rank in range(1, len(rules) + 1)]
    for number, rule in enumerate(random.choices(rules, weights, k=count)):
        right = random.random() < truth[rule]
        seen = right if random.random() >= ERRING else not right
        yield Verdict(
            call_id=f"call-{number // 3}", hit_id=f"hit-{number}", rule=rule, utterance=number % 20,
            begin_char=0, end_char=4, right=seen, by="inspector",
        )  # fmt: skip


def plain(row: RulePrecision) -> Proposal:
    """By the share alone."""
    share = row.precision.value
    if share is None or row.precision.whole < POLICY.least:
        return Proposal.MORE_VERDICTS
    if share < POLICY.floor:
        return Proposal.SILENCE
    return Proposal.CLOSE_WITHOUT_REVIEW if share >= POLICY.ceiling else Proposal.KEEP


def count(row: RulePrecision, proposal: Proposal, truth: float, tally: Counter[str]) -> None:
    if row.precision.whole < POLICY.least:
        return
    for scope in ("", "few ") if row.precision.whole <= FEW else ("",):
        side = "bad" if truth < POLICY.floor else "good"
        tally[f"{scope}{side}"] += 1
        tally[f"{scope}{side} demoted"] += proposal in DEMOTED
    if proposal is Proposal.CLOSE_WITHOUT_REVIEW:
        tally["closed"] += 1
        tally["closed wrongly"] += truth < POLICY.ceiling


def told(tally: Counter[str]) -> dict[str, float]:
    def share(part: str, whole: str) -> float:
        return round(tally[part] / max(tally[whole], 1), 4)

    return {
        "found": share("bad demoted", "bad"),
        "wronged": share("good demoted", "good"),
        "found_few": share("few bad demoted", "few bad"),
        "wronged_few": share("few good demoted", "few good"),
        "closed_wrongly": share("closed wrongly", "closed"),
        "closed": tally["closed"],
    }


def seconds(book: Phrasebook, many: list[Verdict], folder: Path) -> float:
    store = Store.open(str(folder / "calls.db"))
    rows = [{name: getattr(one, name) for name in Verdict.__slots__} for one in many]
    # Every tenth place is judged a second time: the last verdict counts.
    rows += rows[::10]
    with store.writing() as connection:
        connection.execute(insert(table), [{**row, "at": datetime.now(UTC)} for row in rows])
    began = time.perf_counter()
    with store.reading() as connection:
        rule_precision(book, standing(connection))
    taken = time.perf_counter() - began
    store.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    book = phrasebook.load(phrasebook.bundled())
    ours: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for seed in range(options.seeds):
        random = Random(seed)
        truth = truths(book, random)
        # A tenth of them, so that many rules have few.
        given = verdicts(truth, options.verdicts // 10, random)
        for row in rule_precision(book, given):
            count(row, row.proposal, truth[row.rule], ours)
            count(row, plain(row), truth[row.rule], others)
    many = list(verdicts(truths(book, Random(0)), options.verdicts, Random(0)))
    with tempfile.TemporaryDirectory() as folder:
        taken = seconds(book, many, Path(folder))
    result: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "rules": len(book.entries),
        "seeds": options.seeds,
        "verdicts_a_seed": options.verdicts // 10,
        "rules_judged": ours["bad"] + ours["good"],
        "interval": told(ours),
        "plain": told(others),
        "verdicts_read": options.verdicts,
        "seconds": round(taken, 2),
    }
    print(json.dumps(result, indent=2))
    options.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
