"""How long does a lead wait for 尝试 on the rules' page? 100,000 stored utterances.

Corpus and edit are those of `benchmarks.backtest_speed`: every text another, no score kept. The
draft is tried as the page's button does it (`begin_trial`: a thread of the server, processes of low
priority, a row of the store for progress), and looked at each second as the page does. `told` is
how often the number of utterances done had grown; `processor_s` is what the processes took, which
says more than `seconds` where the machine is shared.

    python -m benchmarks.rule_trial [--utterances 100000] [--store URL] [--json FILE]

`--store`: an empty database, such as postgresql+psycopg://…; without one a fresh SQLite file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import phrasebook
from api.rulebook.trials import RuleTrial, TrialState, begin_trial, trial
from api.store import Store
from benchmarks.backtest_speed import fill
from phrasebook import Phrasebook

RESULT = Path(__file__).parent / "results" / "rule_trial.json"
LOOK_S = 1.0
REAPED_S = 5.0
"""Until the processes of a finished trial are gone, and what they took is known."""


def edited(book: Phrasebook) -> Phrasebook:
    """A rule says one phrase more."""
    more = replace(book.entries[1], say=(*book.entries[1].say, phrasebook.parse("您稍等")))
    return replace(book, entries=(book.entries[0], more, *book.entries[2:]))


def waited(store: Store, number: int) -> tuple[RuleTrial, int]:
    """The finished trial, and how often its progress had grown."""
    told, done = 0, 0
    while True:
        with store.reading() as connection:
            now = trial(connection, "lena", number)
        if now.state is not TrialState.RUNNING:
            return now, told
        told, done = told + (now.done > done), now.done
        time.sleep(LOOK_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--store", default="")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    book = phrasebook.load(phrasebook.bundled())
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        store = Store.open(options.store or str(Path(folder) / "calls.db"))
        stack.callback(store.close)
        fill(store, options.utterances)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        load, began = os.getloadavg()[0], time.perf_counter()
        said = options.utterances
        number = begin_trial(store, "lena", book, edited(book), number=1, said=said)
        made, told = waited(store, number)
        seconds = time.perf_counter() - began
        time.sleep(REAPED_S)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    row = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "state": made.state.value,
        "utterances": made.done,
        "rules_changed": sum(bool(one["new"] or one["lost"]) for one in made.result["rules"]),
        "told": told,
        "load": round(load, 1),
        "cores": os.cpu_count(),
        "seconds": round(seconds, 1),
        "processor_s": round(processor_s, 1),
    }
    print(json.dumps(row, indent=2))
    known = json.loads(options.json.read_text("utf-8")) if options.json.exists() else {}
    known[options.store.split(":")[0] or "sqlite"] = row
    options.json.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
