"""`qa-engine check`: load a phrasebook, run its own tests, and say what would go wrong live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import phrasebook as pb
from phrasebook.messages import say


def check(
    pack: Annotated[
        Path | None, typer.Argument(help="a phrasebook (default: the bundled pack)", metavar="DIR")
    ] = None,
    lint: Annotated[bool, typer.Option(help="also estimate false alarms and clashes")] = True,
) -> None:
    """Tell every mistake of a phrasebook at once, run its tests, and estimate its false alarms.

    Exit code 0: good. 1: it loads, but a test of its own fails or the linter found an error.
    2: it does not load.
    """
    from qa_engine.matching import Matcher
    from qa_engine.matching.linting.linter import Level, lint_phrasebook
    from qa_engine.matching.linting.selftest import run_tests

    book = pb.load(pack or pb.bundled())
    matcher = Matcher(book)
    findings = [*run_tests(book, matcher), *(lint_phrasebook(book, matcher) if lint else ())]
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        console.print(str(finding), markup=False)
    own_tests = [x.tests for x in book.entries] + [x.tests for x in book.steps]
    tests = sum(len(own.hit) + len(own.miss) for own in own_tests)
    errors = sum(1 for finding in findings if finding.level is Level.ERROR)
    console.print(
        say(
            "{pack}: {entries} entries, {steps} steps, {questions} questions, {tests} tests, "
            "{errors} errors, {remarks} remarks",
            pack=f"{book.name} {book.version}",
            entries=len(book.entries),
            steps=len(book.steps),
            questions=len(book.asks),
            tests=tests,
            errors=errors,
            remarks=len(findings) - errors,
        )
    )
    if errors:
        raise typer.Exit(1)
