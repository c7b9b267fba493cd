"""Which tests run through which line? What `mutations.py` asks before it lets any run.

    python -m benchmarks.mutation_reach FILE TESTS...

Runs the tests once, in this process, with a context for each of them; adds to FILE (JSON) how long
each took and which lines of `api` and of `qa_engine/rules` it ran through. A line that runs only
while modules are imported belongs to no test. May be called for one folder of tests at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parent.parent
CHOSEN = ("-m", "not browser", "-k", "not postgres")
"""Of the tests: those that need neither a browser nor a second database."""
WIDER = {
    "api/live": (
        "test_call_state.py test_prompts.py test_late.py test_scheduler.py test_sound_account.py "
        "test_watchers.py test_moods.py test_journey.py test_pauses.py test_faults.py "
        "test_hear_later.py test_missing_sound.py test_filing.py test_recordings.py test_http.py"
    ),
    "api/review": (
        "test_charges.py test_queue.py test_sampling.py test_agreement.py test_boards.py "
        "test_scorecards.py test_amended.py test_withdrawing.py ../desk/test_one_truth.py "
        "../desk/test_case.py ../desk/test_appeals.py ../desk/test_coaching.py "
        "../store/test_store.py"
    ),
    "api/batch": (
        "test_crew.py test_sources.py test_outputs.py manifest test_batch.py test_bucket.py"
    ),
    "qa_engine/rules": ". ../test_analysis.py ../test_session.py",
    "api/desk": "test_login.py test_namesakes.py test_fuzzed.py test_case.py test_journey.py",
}
"""Test files of a room, by the folder that mirrors it, the quick ones first."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`seconds` of each test by its id; `lines`: file → test → the lines it runs through."""

    seconds: dict[str, float]
    lines: dict[str, dict[str, list[int]]]

    @classmethod
    def read(cls, path: Path) -> Reach:
        if not path.exists():
            return cls({}, {})
        kept = json.loads(path.read_text("utf-8"))
        there = {test for test in kept["seconds"] if _is_there(test)}
        lines = {
            file: {test: lines for test, lines in tests.items() if test in there}
            for file, tests in kept["lines"].items()
        }
        return cls({test: kept["seconds"][test] for test in there}, lines)

    def write(self, path: Path) -> None:
        kept = {"seconds": self.seconds, "lines": self.lines}
        path.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")

    def through(self, file: str, first: int, last: int) -> list[str]:
        """Tests that run through one of the lines, the quickest first; where none does, for they
        run at import, those that run through anything of the file."""
        tests = self.lines.get(file, {})
        wanted = set(range(first, last + 1))
        found = [test for test, lines in tests.items() if wanted & set(lines)] or list(tests)
        return sorted(found, key=self.of)

    def of(self, test: str) -> float:
        """Seconds that a test takes, 0 where it was never run."""
        return self.seconds.get(test, 0.0)


def _is_there(test: str) -> bool:
    """A test that was renamed since would fail every run that asks for it."""
    file, _, name = test.partition("::")
    path = ROOT / file
    return path.is_file() and f"def {name.rpartition('::')[2]}(" in path.read_text("utf-8")


def tests_near(file: str) -> list[str]:
    """The module's own test file, those that import it, then its room's."""
    module = file.removesuffix(".py").replace("/", ".")
    room = next((room for room in WIDER if file.startswith(room)), file.rpartition("/")[0])
    folder = Path("tests") / room
    own = Path("tests") / Path(file).parent / f"test_{Path(file).name}"
    imports = re.compile(
        rf"from {re.escape(module)} import|from {re.escape(module.rpartition('.')[0])} import"
        rf"[^\n]*\b{re.escape(module.rpartition('.')[2])}\b"
    )
    near = [
        test.relative_to(ROOT).as_posix()
        for test in sorted((ROOT / "tests").rglob("test_*.py"))
        if "browser" not in test.name and imports.search(test.read_text("utf-8"))
    ]
    names = WIDER.get(room, "").split()
    wider = [Path(os.path.normpath(folder / name)).as_posix() for name in names]
    # Those of its own room say it sooner.
    near.sort(key=lambda test: (not test.startswith(folder.as_posix()), test))
    found = [own.as_posix(), *near, *wider]
    return [name for name in dict.fromkeys(found) if (ROOT / name).exists()]


class _Watching:
    """A plugin: what runs between two tests' beginnings belongs to the first of them."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self._measured = measured
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        # Which values it is run with may depend on the code: a fault there must not lose the test.
        test = item.nodeid.partition("[")[0]
        self._measured.switch_context(test)
        began_s = time.monotonic()
        done = yield
        took_s = time.monotonic() - began_s
        self.seconds[test] = round(self.seconds.get(test, 0.0) + took_s, 3)
        self._measured.switch_context("")
        return done


def main() -> None:
    parser = argparse.ArgumentParser(description="Which tests run through which line?")
    parser.add_argument("file", type=Path)
    parser.add_argument("tests", nargs="+")
    options = parser.parse_args()
    sources = [str(ROOT / "api"), str(ROOT / "qa_engine" / "rules")]
    measured = coverage.Coverage(data_file=None, source=sources, branch=False, config_file=False)
    watching = _Watching(measured)
    measured.start()
    quiet = ["-q", "-p", "no:cacheprovider"]
    pytest.main([*quiet, *CHOSEN, *options.tests], plugins=[watching])
    measured.stop()
    reach = Reach.read(options.file)
    reach.seconds.update(watching.seconds)
    data = measured.get_data()
    for path in data.measured_files():
        name = Path(path).relative_to(ROOT).as_posix()
        of_tests = reach.lines.setdefault(name, {})
        for line, contexts in data.contexts_by_lineno(path).items():
            for test in contexts:
                if test:
                    of_tests.setdefault(test, []).append(line)
    reach.write(options.file)
    print(f"{len(reach.seconds)} tests, {len(reach.lines)} files")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
