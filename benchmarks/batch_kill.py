"""Is a batch that is killed ten times, at any moment, the very batch that nobody disturbed?

    python -m benchmarks.batch_kill FOLDER [--limit 80] [--kills 10] [--seed 1]

Corpus: the first *.flac of FOLDER (`benchmarks.batch_throughput --generate` makes them), a copy of
one of them, and a file that is no recording. `qa-engine batch` with two workers goes over them
once undisturbed; then into another folder, where its whole process group gets SIGKILL at a random
moment (seeded; from the start of Python to the writing of the workbook), and the same command is
given again, until it has been killed so often and then comes to its end.

Compared are every row of every table but for times and running numbers, every cell of the workbook,
and every other file byte for byte. A recording counts as decoded when its analysis begins: one
that was under way at a kill is begun again, so `decoded_again` may be as many as workers died;
`filed_twice` must be none. Nothing here is a timing. The last result stands in
`benchmarks/results/batch_kill.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select

from api.store import Store, audit
from api.store.tables import audit as audit_table
from api.store.tables import metadata

RESULT = Path(__file__).parent / "results" / "batch_kill.json"
WORKERS = 2
_COUNTING = """
import os
from api.analyzer import Analyzer
_analyze = Analyzer.analyze
def analyze(self, recording, **options):
    with open(os.environ["DECODES"], "a") as file:
        file.write(recording.name + "\\n")
    return _analyze(self, recording, **options)
Analyzer.analyze = analyze
"""
"""Python runs this in every process before anything else, and so every decode is noted."""
_CHANGING = {"at", "stored_at", "first_used_at", "link"}


class Batch:
    """`qa-engine batch SOURCE --out FOLDER`, and a note of what it decodes."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = folder
        hooks = folder.with_suffix(".hooks")
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(_COUNTING)
        self._decodes = folder.with_suffix(".decodes")
        self._decodes.touch()
        paths = os.pathsep.join((str(hooks), str(Path.cwd())))
        self._environment = {**os.environ, "PYTHONPATH": paths, "DECODES": str(self._decodes)}
        program = "from api.cli import main; main()"
        self._command = [sys.executable, "-c", program, "batch", str(source)]
        self._command += ["--out", str(folder), "--workers", str(WORKERS)]

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def finish(self) -> None:
        """Run to the end. One recording is broken, so the exit code is 1."""
        code = self.start().wait()
        if code != 1:
            raise SystemExit(f"the batch ended with {code}, expected 1")

    @property
    def decoded(self) -> Counter[str]:
        return Counter(self._decodes.read_text().split("\n")[:-1])

    @property
    def filed(self) -> int:
        """Calls in the store by now."""
        if not (self.folder / "calls.db").exists():
            return 0
        with opened(self.folder) as store, store.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM calls").scalar_one())


class opened:
    """The store of a batch's folder, as a context."""

    def __init__(self, folder: Path) -> None:
        self._store = Store.open(str(folder / "calls.db"))

    def __enter__(self) -> Store:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()


def kill_often(batch: Batch, kills: int, count: int, seed: int) -> list[dict[str, Any]]:
    """Where each kill fell: seconds after the start, calls filed by then.

    One in five falls while the workers start, the others so many calls later, so that all of the
    way to the written workbook is met.
    """
    random = Random(seed)
    told: list[dict[str, Any]] = []
    while len(told) < kills:
        process, began = batch.start(), time.monotonic()
        more = random.randint(1, 2 * count // kills) if random.random() < 0.8 else 0
        wanted = min(count, batch.filed + more)
        while more and process.poll() is None and batch.filed < wanted:
            time.sleep(0.05)
        try:
            process.wait(random.uniform(0.1, 0.8 if more else 4.0))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            told.append({"after_s": round(time.monotonic() - began, 2), "filed": batch.filed})
            print(told[-1], flush=True)
    return told


def rows(folder: Path) -> dict[str, list[str]]:
    """Every table's rows in a fixed order, without times and running numbers."""
    found = {}
    with opened(folder) as store, store.reading() as connection:
        for table in metadata.sorted_tables:
            drop = _CHANGING | ({"n"} if table.name == "audit" else set())
            columns = [column for column in table.columns if column.name not in drop]
            found[table.name] = sorted(
                repr(tuple(row)) for row in connection.execute(select(*columns))
            )
    return found


def cells(workbook: Path) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(workbook, read_only=True)
    return {
        sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book
    }


def files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("calls.db") and path.suffix != ".xlsx":
            yield path.relative_to(folder)


def compare(calm: Path, killed: Path) -> dict[str, Any]:
    one, other = list(files(calm)), list(files(killed))
    return {
        "rows_of_the_store": rows(calm) == rows(killed),
        "cells_of_the_workbook": cells(calm / "calls.xlsx") == cells(killed / "calls.xlsx"),
        "names_of_files": one == other,
        "files_that_differ": [
            str(file)
            for file in one
            if file in other and (calm / file).read_bytes() != (killed / file).read_bytes()
        ],
    }


def lay_out(folder: Path, count: int, source: Path) -> int:
    """Recordings, a copy and a broken file in `source`; how many different recordings."""
    source.mkdir()
    recordings = sorted(folder.glob("*.flac"))[:count]
    for recording in recordings:
        shutil.copy2(recording, source)
    shutil.copy2(recordings[0], source / "z-copy.flac")
    (source / "z-broken.wav").write_bytes(b"PK\x03\x04 a zip with another name")
    return len(recordings)


def measure(folder: Path, limit: int, kills: int, seed: int, scratch: Path) -> dict[str, Any]:
    count = lay_out(folder, limit, scratch / "in")
    calm, killed = (Batch(scratch / "in", scratch / name) for name in ("calm", "killed"))
    calm.finish()
    fell = kill_often(killed, kills, count, seed)
    killed.finish()
    begun = killed.decoded
    with opened(killed.folder) as store, store.reading() as connection:
        broken = list(audit.broken_links(connection))
        stored = Counter(
            connection.scalars(
                select(audit_table.c.subject).where(audit_table.c.action == "call.stored")
            )
        )
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "recordings": count,
        "workers": WORKERS,
        "kills": fell,
        "compared": compare(calm.folder, killed.folder),
        "filed": len(stored),
        "filed_twice": sum(times - 1 for times in stored.values()),
        "decoded_undisturbed": calm.decoded.total(),
        "decoded": begun.total(),
        "decoded_again": begun.total() - calm.decoded.total(),
        "broken_audit_links": len(broken),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=80)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(options.folder, options.limit, options.kills, options.seed, Path(scratch))
    print(json.dumps(result, indent=2))
    options.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    told = result["compared"]
    if told.pop("files_that_differ") or not all(told.values()) or result["filed_twice"]:
        raise SystemExit("the killed batch is not the undisturbed one")


if __name__ == "__main__":
    main()
