"""How long does a phrasebook edit take on the past? 100,000 stored utterances, text only.

Corpus: turns of generated dialogues (`models.training.dialogues`), each dialogue another, stored as
calls of 20 turns in a fresh SQLite store; `unique` tells how many texts differ, since what is said
alike within 200 calls is read once. The edit: one rule gone, one phrase more. The
clock runs from opening the store to the finished comparison, both phrasebooks compiled anew.

    python -m benchmarks.backtest_speed [--utterances 100000] [--workers 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count as counted
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

import phrasebook
from api.backtest.diff import compare
from api.backtest.rematch import rematch
from api.backtest.transcripts import from_store
from api.store import Store
from api.store.pinyin import syllables
from api.store.tables import calls, utterances
from models.training.dialogues import write

RESULT = Path(__file__).parent / "results" / "backtest_speed.json"
TURNS = 20


def fill(store: Store, count: int) -> None:
    """`count` utterances, in calls of `TURNS`, over a month."""
    began = datetime(2026, 10, 1, tzinfo=UTC)
    stream = (turn for seed in counted() for turn in write(seed).turns)
    with store.writing() as connection:
        for number in range(count // TURNS):
            name = f"call-{number:06}"
            when = began + timedelta(minutes=8 * number % 43_200)
            connection.execute(insert(calls).values(**_call(name, when)))
            rows = [
                _utterance(name, n, turn.role, turn.text, syllables(turn.text))
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


def _utterance(call: str, n: int, role: str, text: str, pinyin: str) -> dict[str, Any]:
    return {
        "call_id": call, "n": n, "role": role, "channel": 0 if role == "agent" else 1,
        "begin_ms": 5_000 * n, "end_ms": 5_000 * n + 4_000, "text": text, "pinyin": pinyin,
        "confidence": 0.9, "intelligible": True, "words": [],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    book = phrasebook.load(phrasebook.bundled())
    more = replace(book.entries[1], say=(*book.entries[1].say, phrasebook.parse("您稍等")))
    draft = replace(book, entries=(more, *book.entries[2:]))
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
        result = compare(
            rematch(past, book, draft, workers=options.workers), before="now", after="draft"
        )
        store.close()
        seconds = time.perf_counter() - began
    told = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "utterances": result.utterances,
        "unique": unique,
        "calls": result.calls,
        "workers": options.workers,
        "phrasebook": book.version,
        "new": sum(rule.new for rule in result.rules),
        "lost": sum(rule.lost for rule in result.rules),
        "seconds": round(seconds, 1),
        "seconds_for_100000": round(seconds * 100_000 / result.utterances, 1),
    }
    print(json.dumps(told, indent=2))
    options.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
