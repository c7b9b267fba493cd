"""How long does finding a call by what was said take, in a store of many utterances?

Corpus: as in `benchmarks/backtest_speed.py`, in a fresh SQLite store (or an empty PostgreSQL
database named by --store). Median and slowest of each kind of query, connection open: characters
through the index, two characters (shorter than the index's trigrams: every row is read), by sound,
and pinyin typed without gaps.

    python -m benchmarks.store_search [--utterances 100000] [--store URL] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from api.store import Store
from benchmarks.backtest_speed import fill

RESULT = Path(__file__).parent / "results" / "store_search.json"
QUERIES = {
    "characters": (["我不知道", "转接", "请您稍等", "退款"], False),
    "two characters": (["媒体", "流程", "密码"], False),
    "by sound": (["我不之道", "请您烧等", "头诉你们"], True),
    "pinyin": (["buzhidao", "tousu", "nin shao deng"], False),
    "nothing there": (["量子纠缠态", "qiong jiu"], False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--store")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(options.store or str(Path(folder) / "calls.db"))
        fill(store, options.utterances)
        rows = {name: timings(store, *queries) for name, queries in QUERIES.items()}
        kind = store.engine.dialect.name
        store.close()
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "database": kind,
        "utterances": options.utterances,
        "ms": rows,
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")


def timings(store: Store, queries: list[str], by_sound: bool) -> dict[str, float]:
    taken = []
    store.search(queries[0], by_sound=by_sound)
    for query in queries * 3:
        began = time.perf_counter()
        store.search(query, by_sound=by_sound)
        taken.append(1000 * (time.perf_counter() - began))
    return {"median": round(median(taken), 2), "slowest": round(max(taken), 2)}


if __name__ == "__main__":
    main()
