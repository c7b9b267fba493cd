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
`--again` tries what survived once more. Stores are SQLite alone.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from benchmarks.mutation_places import ROOT, Place, places, with_fault
from benchmarks.mutation_reach import CHOSEN, Reach, tests_near

ROOMS = ("api/live", "api/review", "api/batch", "qa_engine/rules")
ACCESS = {
    "api/desk/access.py": "",
    "api/review/judging/casefile.py": "may_see",
    "api/review/coaching/notes.py": "for_person",
    "api/auth.py": "",
    "api/former_token.py": "",
    "api/security_middleware.py": "",
    "api/live/socket_auth.py": "",
    "api/doors/credentials.py": "",
    "api/review/accounts/sessions.py": "",
    "api/review/accounts/attempts.py": "",
    "api/review/accounts/second_step.py": "",
    "api/review/accounts/passwords.py": "",
    "api/review/accounts/people.py": "",
}
"""Files whose every place counts as access control; a name: only this function of it."""
LIBRARIES = (
    "numpy fastapi sqlalchemy alembic pydantic_settings httpx hypothesis openpyxl jinja2 uvicorn "
    "websockets starlette.testclient cryptography rapidfuzz yaml ahocorasick pypinyin"
).split()
ACCESS_TESTS = "tests/api/desk/test_access.py"
HANGS = " hangs"
HUNG_S = 30.0
"""So long a test may take beyond five times what it took without a fault; twice that alone."""
WIDE_S = 45.0
"""So long the tests take together, without a fault, that run through a line."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a fault: `killed` or `survived`.

    `by`: the test that noticed it. `equivalent`: why nobody can notice it, where a person said so.
    """

    name: str
    became: str
    by: str
    took_s: float
    equivalent: str = ""


def copied(to: Path) -> Path:
    """The tree as it stands, without what git ignores, compiled."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in names.stdout.splitlines():
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(to)], check=False)
    return to


class Hung(Exception):
    """A test did not end in time. Its id; empty where no test had begun."""


@dataclass(slots=True)
class Trier:
    """Runs tests on a copy of the tree, each time in a process of its own."""

    tree: Path
    reach: Reach
    ignored: list[str]
    """Tests that fail or hang without a fault; those that turn out to are added."""

    def tried(self, place: Place, first: Sequence[str] = ()) -> Tried:
        """Put the fault in, run the tests, take it out again; `first`: these before all others."""
        file = self.tree / place.file
        source = file.read_text("utf-8")
        faulty = with_fault(source, place)
        began_s = time.monotonic()
        by = ""
        for stage in filter(None, self._stages(place, first)):
            try:
                file.write_text(faulty, "utf-8")
                by = self.noticed(stage)
                file.write_text(source, "utf-8")
                # A test that fails by itself has noticed nothing.
                while by and "::" in by and self.noticed([by.removesuffix(HANGS)]):
                    self.ignored.append(by.removesuffix(HANGS))
                    file.write_text(faulty, "utf-8")
                    by = self.noticed(stage)
                    file.write_text(source, "utf-8")
            finally:
                file.write_text(source, "utf-8")
                shutil.copystat(ROOT / place.file, file)
            if by:
                break
        became = "killed" if by else "survived"
        return Tried(place.name, became, by, round(time.monotonic() - began_s, 1))

    def _stages(self, place: Place, first: Sequence[str]) -> list[list[str]]:
        through: list[str] = []
        spent_s = 0.0
        room = "tests/" + place.file.rpartition("/")[0]
        known = self.reach.through(place.file, place.first, place.last)
        # Those of its own room say it sooner.
        for test in sorted(known, key=lambda test: not test.startswith(room)):
            spent_s += self.reach.of(test)
            if spent_s > WIDE_S:
                break
            through.append(test)
        near = tests_near(place.file)
        access = [ACCESS_TESTS] if place.file in ACCESS else []
        # Who runs through the line is known: nobody else can notice, but for what is read once.
        wider = [] if through else near[1:]
        return [list(first), through[:8], through[8:], [*access, *near[:1]], wider]

    def noticed(self, tests: Sequence[str]) -> str:
        """The first of the tests that fails, or that hangs twice; empty when all pass."""
        left = list(tests)
        while left:
            try:
                return self._failing(left, 1)
            except Hung as hung:
                test = str(hung)
            try:
                if by := self._failing([test] if test else left, 2):
                    return by
            except Hung:
                return (test or left[0]) + HANGS
            # By chance, then. On without it.
            self.ignored.append(test)
        return ""

    def _failing(self, tests: Sequence[str], times: int) -> str:
        told, running = self.tree / "told.txt", self.tree / "running.txt"
        running.write_text("")
        child = os.fork()
        if child == 0:
            without = () if len(tests) == 1 else self.ignored
            _test([*tests, *(f"--deselect={name}" for name in without)], self.tree)
        test, since_s = "", time.monotonic()
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                break
            now = running.read_text("utf-8")
            if now != test:
                test, since_s = now, time.monotonic()
            if time.monotonic() - since_s > times * (HUNG_S + 5 * self.reach.of(test)):
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise Hung(test)
            time.sleep(0.05)
        if status == 0:
            return ""
        named = re.search(r"^(?:FAILED|ERROR) (\S+)", told.read_text("utf-8"), re.MULTILINE)
        return named.group(1).partition("[")[0] if named else "not even imported"


class _Telling:
    """A plugin: writes down which test is running."""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        Path("running.txt").write_text(nodeid, "utf-8")


def _test(tests: Sequence[str], tree: Path) -> NoReturn:
    """In a process of its own, which has other people's libraries already and none of ours."""
    code = 70
    try:
        os.setsid()
        output = os.open(tree / "told.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = str(tree)
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(tree))
        options = ["-x", "-q", "-p", "no:cacheprovider", *CHOSEN]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = int(pytest.main([*options, *tests], plugins=[_Telling()]))
        code = 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        # Nothing of the parent's, such as its copy of the tree, is cleaned up here.
        os._exit(code)


def load() -> None:
    """What tests and code use of other people's, once for all faults."""
    for name in LIBRARIES:
        importlib.import_module(name)


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
    load()
    with tempfile.TemporaryDirectory() as folder:
        trier = Trier(copied(Path(folder)), Reach.read(options.reach), options.deselect)
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
            one = trier.tried(place, options.first)
            print(f"{one.became:8}", one.name, one.by, f"{one.took_s} s")
            sys.stdout.flush()
            done[one.name] = one
            kept[key] = [asdict(each) for each in done.values()]
            options.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    print(told(key, list(done.values()), len(chosen)))


if __name__ == "__main__":
    main()
