"""One fault in a copy of the tree, and the tests near it, each run in a process of its own."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from benchmarks.mutation_places import ROOT, Place, with_fault
from benchmarks.mutation_reach import CHOSEN, Reach, tests_near

ACCESS = {
    "api/desk/access.py": "",
    "api/review/judging/casefile.py": "may_see",
    "api/review/coaching/notes.py": "for_person",
    "api/desk/identity.py": "",
    "api/desk/supervising.py": "",
    "api/auth.py": "",
    "api/tokens_http.py": "",
    "api/forwarded.py": "",
    "api/former_token.py": "",
    "api/security_middleware.py": "",
    "api/live/socket_auth.py": "",
    "api/doors/credentials.py": "",
    "api/review/accounts/sessions.py": "",
    "api/review/accounts/attempts.py": "",
    "api/review/accounts/second_step.py": "",
    "api/review/accounts/passwords.py": "",
    "api/review/accounts/people.py": "",
    "api/store/seal.py": "",
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

    def load(self) -> None:
        """What tests and code use of other people's, once for all faults."""
        for name in LIBRARIES:
            importlib.import_module(name)

    def can_try(self, place: Place) -> bool:
        """Whether this way of putting a fault in serves for the place."""
        return bool(place)

    def tried(self, place: Place, first: Sequence[str] = ()) -> Tried:
        """Put the fault in, run the tests, take it out again; `first`: these before all others."""
        file = self.tree / place.file
        source = file.read_text("utf-8")
        faulty = with_fault(source, place)
        began_s = time.monotonic()
        by = ""
        for stage in filter(None, self.stages(place, first)):
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

    def stages(self, place: Place, first: Sequence[str]) -> list[list[str]]:
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

    def before_tests(self) -> None:
        """In the process that runs them."""

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
            self.before_tests()
            run_tests([*tests, *(f"--deselect={name}" for name in without)], self.tree)
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
        if os.waitstatus_to_exitcode(status) == pytest.ExitCode.USAGE_ERROR:
            raise SystemExit(f"these tests cannot be run: {told.read_text('utf-8')}")
        named = re.search(r"^(?:FAILED|ERROR) (\S+)", told.read_text("utf-8"), re.MULTILINE)
        return named.group(1).partition("[")[0] if named else "not even imported"


class _Telling:
    """A plugin: writes down which test is running."""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        Path("running.txt").write_text(nodeid, "utf-8")


def run_tests(tests: Sequence[str], tree: Path) -> NoReturn:
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
