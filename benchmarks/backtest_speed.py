"""How long does a phrasebook edit take on the past? 100,000 stored utterances, text only.

Corpus: turns of generated dialogues (`models.training.dialogues`), each dialogue another, with one
character in eleven misheard as one that sounds alike, as a recogniser writes them (so that hardly
any sentence comes twice; `unique` tells how many texts differ), stored with a time for every word
as calls of 20 turns in a fresh SQLite store. The edit: a rule says one phrase more (`--whole`:
another goes as well, which the judge of sentences knows, so that any call may come out otherwise).
The clock runs from opening the store to the finished comparison, both phrasebooks compiled anew.
Peer in the same run, `one_matcher_s`, is what one process with one phrasebook takes to find what
stands in the same texts, utterance by utterance, without any state of calls.

    python -m benchmarks.backtest_speed [--utterances 100000] [--workers 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count as counted
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, insert, select

import phrasebook
from api.backtest.diff import compare
from api.backtest.reach import reach
from api.backtest.rematch import rematch
from api.backtest.transcripts import from_store
from api.store import Store
from api.store.pinyin import syllables
from api.store.tables import calls, utterances
from models.training.dialogues import write
from phrasebook import Phrasebook
from qa_engine.matching import Matcher

RESULT = Path(__file__).parent / "results" / "backtest_speed.json"
TURNS = 20


def fill(store: Store, count: int) -> None:
    """`count` utterances, in calls of `TURNS`, over a month."""
    began = datetime(2026, 10, 1, tzinfo=UTC)
    mishear = Mishearing(seed=1)
    stream = (turn for seed in counted() for turn in write(seed).turns)
    with store.writing() as connection:
        for number in range(count // TURNS):
            name = f"call-{number:06}"
            when = began + timedelta(minutes=8 * number % 43_200)
            connection.execute(insert(calls).values(**_call(name, when)))
            rows = [
                _utterance(name, n, turn.role, mishear(turn.text))
                for n, turn in enumerate(islice(stream, TURNS))
            ]
            connection.execute(insert(utterances), rows)


def _call(name: str, when: datetime) -> dict[str, Any]:
    return {
        "id": name, "origin": "batch", "started_at": when, "stored_at": when,
        "duration_ms": TURNS * 5_000, "score": 90.0, "passed": True, "fatal": False,
        "hit_count": 0, "confidence": 0.9, "engine_version": "0", "phrasebook_version": "0",
        "model_version": "0", "rest": {},
    }  # fmt: skip


class Mishearing:
    """One character in eleven becomes another of the same syllable, if any was said before."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._alike: dict[str, list[str]] = defaultdict(list)

    def __call__(self, text: str) -> str:
        return "".join(map(self._heard, text))

    def _heard(self, character: str) -> str:
        alike = self._alike[syllables(character)]
        if character not in alike:
            alike.append(character)
        return self._random.choice(alike) if self._random.random() < 1 / 11 else character


def _utterance(call: str, n: int, role: str, text: str) -> dict[str, Any]:
    words = [
        {"text": one, "begin_ms": 5_000 * n + 200 * at, "end_ms": 5_000 * n + 200 * at + 180,
         "confidence": 0.9}
        for at, one in enumerate(text)
    ]  # fmt: skip
    return {
        "call_id": call, "n": n, "role": role, "channel": 0 if role == "agent" else 1,
        "begin_ms": 5_000 * n, "end_ms": 5_000 * n + 4_000, "text": text, "pinyin": syllables(text),
        "confidence": 0.9, "intelligible": True, "words": words,
    }  # fmt: skip


def one_matcher(store: Store, book: Phrasebook) -> float:
    """Seconds to read every text once with one phrasebook, in this process."""
    with store.reading() as connection:
        texts = connection.scalars(select(utterances.c.text)).all()
    began = time.perf_counter()
    matcher = Matcher(book)
    for text in texts:
        matcher.find(text)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    book = phrasebook.load(phrasebook.bundled())
    more = replace(book.entries[1], say=(*book.entries[1].say, phrasebook.parse("您稍等")))
    first = () if options.whole else book.entries[:1]
    draft = replace(book, entries=(*first, more, *book.entries[2:]))
    with tempfile.TemporaryDirectory() as folder:
        where = str(Path(folder) / "calls.db")
        store = Store.open(where)
        fill(store, options.utterances)
        with store.reading() as connection:
            texts = select(func.count(utterances.c.text.distinct()))
            unique = connection.scalar(texts) or 0
        store.close()
        began = time.perf_counter()
        store = Store.open(where)
        past = from_store(store)
        how_far = reach(book, draft)
        result = compare(
            rematch(past, book, draft, workers=options.workers, within=how_far),
            before="now",
            after="draft",
            within=how_far.rules if how_far else None,
        )
        seconds = time.perf_counter() - began
        alone = one_matcher(store, book)
        store.close()
    told = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "utterances": result.utterances,
        "unique": unique,
        "calls": result.calls,
        "workers": options.workers,
        "phrasebook": book.version,
        "every_call": how_far is None,
        "load": round(os.getloadavg()[0], 1),
        "new": sum(rule.new for rule in result.rules),
        "lost": sum(rule.lost for rule in result.rules),
        "seconds": round(seconds, 1),
        "one_matcher_s": round(alone, 1),
        "seconds_for_100000": round(seconds * 100_000 / result.utterances, 1),
    }
    print(json.dumps(told, indent=2))
    options.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
