"""`qa-engine ticket`: work-order text against the writing rules of service-standard S9."""

from __future__ import annotations

import dataclasses
import json as json_
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import phrasebook as pb
from qa_engine.errors import QAError
from qa_engine.ticket import TicketReport, check_ticket


def ticket(
    file: Annotated[Path, typer.Argument(help="a text file, or - for stdin")] = Path("-"),
    phrasebook: Annotated[Path | None, typer.Option(help="rules other than zh_ticket")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """Check a ticket: its elements, times and words. Exit code 1: it should be rewritten."""
    from qa_engine.matching import Matcher

    text = read_text(file)
    book = pb.load(phrasebook or pb.bundled("zh_ticket"))
    report = check_ticket(text, book=book, matcher=Matcher(book))
    if json:
        rows = {**dataclasses.asdict(report), "passed": report.passed}
        sys.stdout.write(json_.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    else:
        show(report)
    if not report.passed:
        raise typer.Exit(1)


def read_text(file: Path) -> str:
    """The ticket's text. Raises QAError for a file that cannot be read as UTF-8 text."""
    try:
        raw = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise QAError(f"{file}: cannot read the ticket ({reason}); name a text file") from None
    except UnicodeDecodeError as error:
        raise QAError(
            f"{file}: byte {error.start} is not UTF-8; save the ticket as UTF-8"
        ) from None


def show(report: TicketReport) -> None:
    console = Console(highlight=False)
    elements = Table("要素", "", "应写", box=None)
    for x in report.elements:
        elements.add_row(
            x.title, "有" if x.present else "[red]缺[/red]", "" if x.present else x.prompt
        )
    console.print(elements)
    if report.remarks:
        remarks = Table("问题", "原文", "建议", box=None)
        for r in report.remarks:
            remarks.add_row(f"{r.title} {r.source}", escape(r.quote), escape(r.suggest))
        console.print(remarks)
    console.print("合格" if report.passed else "需修改")
