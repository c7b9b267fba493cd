"""Do the tests bite? Random faults are put into the code, one at a time; the tests near them run.

    python -m benchmarks.mutations [--seed 10] [--count 60] [--access] [--json FILE]

A fault is one small change of the syntax tree: a comparison, a condition, a number, `and` for `or`,
`max` for `min`, a call left out. Places are drawn evenly over `api/live`, `api/review`, `api/batch`
and `qa_engine/rules`; `--access` takes every place of what decides who may do and see what, and
draws none. Each runs in a copy of the tree: the module's own test file first, then those that
import it, then a wider set of its room, up to a time limit. A fault that no test notices survives:
either a test is missing, or nobody can notice it. What was tried already is kept in the JSON file
and not tried again, so a run may be cut into pieces (`--within SECONDS`). Stores are SQLite alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
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
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("api/live", "api/review", "api/batch", "qa_engine/rules")
ACCESS = {
    "api/desk/access.py": "",
    "api/review/judging/casefile.py": "may_see",
    "api/review/coaching/notes.py": "of",
}
"""Files whose every place counts as access control; a name: only this function of it."""
LIBRARIES = (
    "numpy fastapi sqlalchemy alembic pydantic_settings httpx hypothesis openpyxl jinja2 uvicorn "
    "websockets starlette.testclient cryptography rapidfuzz yaml ahocorasick pypinyin"
).split()
FAILING: list[str] = []
"""Tests that fail without a fault, named on the command line."""
ACCESS_TESTS = "tests/api/desk/test_access.py"
WIDER = {
    "api/live": (
        "test_call_state.py test_prompts.py test_late.py test_scheduler.py test_accounts.py "
        "test_watchers.py test_moods.py test_journey.py test_pauses.py test_faults.py "
        "test_hear_later.py test_missing_sound.py test_filing.py test_recordings.py test_http.py"
    ),
    "api/review": (
        "test_charges.py test_queue.py test_sampling.py test_agreement.py test_boards.py "
        "test_scorecards.py test_amended.py test_withdrawing.py ../desk/test_one_truth.py "
        "../desk/test_case.py ../desk/test_appeals.py ../desk/test_coaching.py"
    ),
    "api/batch": (
        "test_crew.py test_sources.py test_outputs.py manifest test_batch.py test_bucket.py"
    ),
    "qa_engine/rules": ". ../test_analysis.py ../test_session.py",
    "api/desk": "test_login.py test_namesakes.py test_fuzzed.py test_case.py test_journey.py",
}
"""Test files of a room, by the folder that mirrors it, the quick ones first."""
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
NO_END = "no end"
SILENT = re.compile(r"^(log|logging|metrics|self\._?metrics)\.")
"""Calls whose loss only the journal or a counter tells."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault may be put: the `index`-th node of the file's tree, and what becomes of it."""

    file: str
    line: int
    index: int
    what: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} [{self.index}] {self.what}"


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a fault: `killed`, `survived`, or `no end` where the time was up first.

    `by`: the test that noticed it.
    """

    name: str
    became: str
    by: str
    took_s: float


def places(file: Path, only: str = "") -> Iterator[Place]:
    """Every place of a file; `only`: of this function."""
    tree = ast.parse(file.read_text("utf-8"))
    skipped: set[int] = set()
    wanted: set[int] | None = None
    if only:
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        wanted = {id(n) for f in functions if f.name == only for n in ast.walk(f)}
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation is not None:
                skipped |= {id(one) for one in ast.walk(annotation)}
        quiet = isinstance(node, ast.Expr) and SILENT.match(ast.unparse(node))
        if isinstance(node, ast.ClassDef):
            # Whether a dataclass is frozen is a declaration that nothing runs into.
            skipped |= {id(one) for mark in node.decorator_list for one in ast.walk(mark)}
        if quiet or isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr):
            skipped |= {id(one) for one in ast.walk(node)}
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skipped or (wanted is not None and id(node) not in wanted):
            continue
        if what := _fault(node):
            name = file.relative_to(ROOT).as_posix()
            yield Place(name, getattr(node, "lineno", 0), index, what)


def _fault(node: ast.AST) -> str:
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            return f"{type(op).__name__} → {SWAPS[type(op)].__name__}"
        case ast.BoolOp(op=op):
            return f"{type(op).__name__} → {SWAPS[type(op)].__name__}"
        case ast.BinOp(op=op, left=left) if type(op) in SWAPS:
            # A union of types, or a text put together, is no arithmetic.
            return "" if _is_text(left) else f"{type(op).__name__} → {SWAPS[type(op)].__name__}"
        case ast.UnaryOp(op=ast.Not()):
            return "not → nothing"
        case ast.If() | ast.While() | ast.IfExp():
            return "the condition turned round"
        case ast.Constant(value=bool() as value):
            return f"{value} → {not value}"
        case ast.Constant(value=int() | float() as value):
            return f"{value} → {value + 1}"
        case ast.Call(func=ast.Name(id="max" | "min" as name)):
            return f"{name} → {'min' if name == 'max' else 'max'}"
        case ast.Expr(value=ast.Call() | ast.Await()):
            return "left out"
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            return "returns nothing"
        case _:
            return ""


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def with_fault(source: str, place: Place) -> str:
    """The file's text with that one fault in it."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    node = nodes[place.index]
    match node:
        case ast.Compare():
            node.ops = [SWAPS[type(node.ops[0])]()]  # type: ignore[list-item]
        case ast.BoolOp() | ast.BinOp():
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        case ast.UnaryOp():
            _put(tree, node, node.operand)
        case ast.If() | ast.While() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
        case ast.Call(func=ast.Name() as function):
            function.id = "min" if function.id == "max" else "max"
        case ast.Expr():
            _put(tree, node, ast.Pass())
        case ast.Return():
            node.value = None
    return ast.unparse(ast.fix_missing_locations(tree))


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """`new` where `old` stands."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, copy.deepcopy(new))
            elif isinstance(value, list) and old in value:
                value[value.index(old)] = new


def tests_near(file: str) -> list[str]:
    """The module's own test file, those that import it, then its room's."""
    module = file.removesuffix(".py").replace("/", ".")
    room = next(room for room in WIDER if file.startswith(room))
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
    wider = [Path(os.path.normpath(folder / name)).as_posix() for name in WIDER[room].split()]
    # Those of its own room say it sooner.
    near.sort(key=lambda test: (not test.startswith(folder.as_posix()), test))
    found = [own.as_posix(), *near, *wider]
    return [name for name in dict.fromkeys(found) if (ROOT / name).exists()]


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


def tried(place: Place, tree: Path, timeout_s: float) -> Tried:
    """Put the fault in, run the tests, take it out again."""
    file = tree / place.file
    source = file.read_text("utf-8")
    began_s = time.monotonic()
    try:
        file.write_text(with_fault(source, place), "utf-8")
        tests = [ACCESS_TESTS] if place.file in ACCESS else []
        by = _noticed([*tests, *tests_near(place.file)], tree, timeout_s)
    finally:
        file.write_text(source, "utf-8")
        shutil.copystat(ROOT / place.file, file)
    became = by if by == NO_END else "killed" if by else "survived"
    return Tried(place.name, became, by, round(time.monotonic() - began_s, 1))


def _noticed(tests: Sequence[str], tree: Path, timeout_s: float) -> str:
    """The first test that fails, `NO_END` when the time is up; empty when all pass."""
    until_s = time.monotonic() + timeout_s
    for stage in (tests[:1], tests[1:]):
        if stage and (by := _failing(stage, tree, until_s)):
            return by
    return ""


def _failing(tests: Sequence[str], tree: Path, until_s: float) -> str:
    told = tree / "told.txt"
    child = os.fork()
    if child == 0:
        _test(tests, tree, told)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > until_s:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return NO_END
        time.sleep(0.05)
    if status == 0:
        return ""
    named = re.search(r"^(?:FAILED|ERROR) (\S+)", told.read_text("utf-8"), re.MULTILINE)
    return named.group(1) if named else "not even imported"


def _test(tests: Sequence[str], tree: Path, told: Path) -> NoReturn:
    """In a process of its own, which has other people's libraries already and none of ours."""
    code = 70
    try:
        os.setsid()
        output = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = str(tree)
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(tree))
        options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not browser", "-k", "not postgres"]
        options += [f"--deselect={name}" for name in FAILING]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = int(pytest.main([*options, *tests]))
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


def main() -> None:
    parser = argparse.ArgumentParser(description="Do the tests bite?")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--access", action="store_true", help="every place of access control")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds, then stop")
    parser.add_argument("--timeout", type=float, default=240.0, help="seconds for one fault")
    parser.add_argument("--list", action="store_true", help="only name the faults")
    parser.add_argument("--json", type=Path, default=Path("mutations.json"))
    parser.add_argument("--deselect", action="append", default=[], help="a test that fails anyway")
    options = parser.parse_args()
    FAILING.extend(options.deselect)
    if options.access:
        chosen = [p for name, only in ACCESS.items() for p in places(ROOT / name, only)]
    else:
        files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
        every = [place for file in files for place in places(file)]
        chosen = random.Random(options.seed).sample(every, options.count)
    if options.list:
        for place in chosen:
            print(place.name)
        return
    key = "access" if options.access else f"seed {options.seed}"
    kept = json.loads(options.json.read_text()) if options.json.exists() else {}
    done: dict[str, dict[str, object]] = {one["name"]: one for one in kept.get(key, [])}
    until_s = time.monotonic() + options.within
    load()
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        # What fails without a fault notices nothing.
        if by := _failing(
            [ACCESS_TESTS, "tests/qa_engine/rules/test_tally.py"], tree, time.monotonic() + 300
        ):
            raise SystemExit(f"without any fault: {by}")
        for place in chosen:
            if place.name in done or time.monotonic() > until_s:
                continue
            one = tried(place, tree, options.timeout)
            print(f"{one.became:8}", one.name, one.by, f"{one.took_s} s")
            sys.stdout.flush()
            done[one.name] = asdict(one)
            kept[key] = list(done.values())
            options.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    killed = sum(one["became"] == "killed" for one in done.values())
    print(f"{key}: {killed} of {len(done)} killed, {len(chosen)} drawn")


if __name__ == "__main__":
    main()
