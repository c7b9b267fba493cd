"""A fault put into functions that are loaded already: no file is written, nothing imported again.

Importing the house takes longer than most tests. So code and tests are imported once; for each
fault a child process swaps the code objects of the functions that hold it, and runs the tests. What
dies so is killed. What survives has to be tried the long way too (`mutations.py --again`): a
function may have been copied, or a value kept, as it was imported.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from benchmarks.mutation_places import Place, tree_with_fault
from benchmarks.mutation_trials import Tried, Trier

_Key = tuple[str, int]


@dataclass(slots=True)
class LoadedTrier(Trier):
    """As `Trier`, for faults inside functions."""

    swaps: list[tuple[FunctionType, CodeType]] = field(default_factory=list)
    """What the tests' process swaps before it runs them."""

    def load(self) -> None:
        Trier.load(self)
        os.chdir(self.tree)
        sys.path.insert(0, str(self.tree))
        files = sorted({test.partition("::")[0] for test in self.reach.seconds})
        # With the plugins, half of what a run of one test costs.
        ignored = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        pytest.main(["-qq", "--collect-only", "-p", "no:cacheprovider", *ignored, *files])

    def can_try(self, place: Place) -> bool:
        self.swaps = self._swaps(place) if place.first else []
        return bool(self.swaps)

    def tried(self, place: Place, first: Sequence[str] = ()) -> Tried:
        began_s, by = time.monotonic(), ""
        for stage in filter(None, self.stages(place, first)):
            by = self.noticed(stage)
            if by:
                break
        became = "killed" if by else "survived"
        return Tried(place.name, became, by, round(time.monotonic() - began_s, 1))

    def before_tests(self) -> None:
        for function, code in self.swaps:
            function.__code__ = code
        # What is loaded already is no test's garbage.
        gc.freeze()

    def _swaps(self, place: Place) -> list[tuple[FunctionType, CodeType]]:
        path = self.tree / place.file
        source = path.read_text("utf-8")
        whole = dict(_codes(compile(source, str(path), "exec")))
        faulty = dict(_codes(compile(tree_with_fault(source, place), str(path), "exec")))
        changed = {key for key in whole if key in faulty and whole[key] != faulty[key]}
        return [
            (function, faulty[key])
            for function in _functions(path)
            if (key := _key(function.__code__)) in changed
            and len(function.__code__.co_freevars) == len(faulty[key].co_freevars)
        ]


def _key(code: CodeType) -> _Key:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[tuple[_Key, CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield _key(one), one
            yield from _codes(one)


def _functions(path: Path) -> list[FunctionType]:
    return [
        one
        for one in gc.get_objects()
        if isinstance(one, FunctionType) and one.__code__.co_filename == str(path)
    ]
