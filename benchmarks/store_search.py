"""How long does finding a call by what was said take, in a store of many utterances?

Corpus: generated and misheard utterances as in `benchmarks/backtest_speed.py`, as many as 20,000
short calls hold, in a fresh SQLite store and in a fresh PostgreSQL (Debian's `postgresql`; told as
absent where it is not installed). Median and slowest of each kind of query, connection open:
characters, two characters (shorter than the index's trigrams), by sound, pinyin typed with and
without gaps, what hardly anybody says. The peer in the same run is the same query without an index;
`ratio` is how many times sooner ours answers, for what is rare (an index matters there; of what
everybody says, the newest fifty are found at once in any way) and for words of two characters.
`stored_per_s`: utterances put in a second, index and all.

    python -m benchmarks.store_search [--utterances 200000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from api.store import Store
from api.store.tables import calls, utterances
from benchmarks.backtest_speed import fill
from tests.api.store import postgres

RESULT = Path(__file__).parent / "results" / "store_search.json"
QUERIES = {
    "characters": (["我不知道", "请您稍等", "工作人员", "为您服务"], False),
    "two characters": (["媒体", "流程", "密码", "退款"], False),
    "by sound": (["我不之道", "请您烧等", "头诉你们"], True),
    "pinyin": (["buzhidao", "tousu", "nin shao deng"], False),
    "rare": (["量子纠缠态", "烧等片客"], False),
}


def measure(where: str, count: int) -> dict[str, Any]:
    store = Store.open(where)
    began = time.perf_counter()
    fill(store, count)
    stored_s = time.perf_counter() - began
    with store.writing() as connection:
        # What both databases do by themselves sooner or later: look at what there is.
        connection.exec_driver_sql("ANALYZE")
    rows = {
        name: timings(queries, partial(store.search, by_sound=by_sound))
        for name, (queries, by_sound) in QUERIES.items()
    }
    unindexed = partial(every_row, store)
    peers = {name: timings(QUERIES[name][0], unindexed) for name in ("rare", "two characters")}
    store.close()
    return {
        "stored_per_s": round(count / stored_s),
        "ms": rows,
        "every_row_ms": peers,
        "ratio": {
            name: round(peer["median"] / rows[name]["median"], 1) for name, peer in peers.items()
        },
    }


def every_row(store: Store, query: str) -> int:
    """The same answer without any index: by a function that none serves."""
    place = func.instr if store.engine.dialect.name == "sqlite" else func.strpos
    with store.reading() as connection:
        rows = connection.execute(
            select(utterances.c.call_id, utterances.c.n, utterances.c.text, calls.c.started_at)
            .join(calls, calls.c.id == utterances.c.call_id)
            .where(place(utterances.c.text, query) > 0)
            .order_by(calls.c.started_at.desc(), utterances.c.call_id, utterances.c.n)
            .limit(50)
        )
        return len(rows.all())


def timings(queries: list[str], ask: Callable[[str], object]) -> dict[str, float]:
    taken = []
    ask(queries[0])
    for query in queries * 3:
        began = time.perf_counter()
        ask(query)
        taken.append(1000 * (time.perf_counter() - began))
    return {"median": round(median(taken), 2), "slowest": round(max(taken), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=200_000)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    result: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "utterances": options.utterances,
        "postgresql": "absent",
    }
    with tempfile.TemporaryDirectory() as folder:
        result["sqlite"] = measure(str(Path(folder) / "calls.db"), options.utterances)
    binaries = postgres.programs()
    if binaries:
        with postgres.server(binaries) as url:
            result["postgresql"] = measure(url, options.utterances)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
