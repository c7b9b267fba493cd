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

STDIN = Path("-")


def ticket(
    files: Annotated[
        list[Path] | None, typer.Argument(help="text files, one ticket each (default: stdin)")
    ] = None,
    phrasebook: Annotated[Path | None, typer.Option(help="rules other than zh_ticket")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """Check tickets: their elements, times and words. Exit code 1: one should be rewritten."""
    from qa_engine.matching import Matcher

    texts = {file: read_text(file) for file in files or [STDIN]}
    book = pb.load(phrasebook or pb.bundled("zh_ticket"))
    matcher = Matcher(book)
    reports = {file: check_ticket(text, book=book, matcher=matcher) for file, text in texts.items()}
    if json:
        rows = [as_json(file, report) for file, report in reports.items()]
        told = rows if len(rows) > 1 else rows[0]
        sys.stdout.write(json_.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        for file, report in reports.items():
            show(report, name=str(file) if len(reports) > 1 else "")
    if not all(report.passed for report in reports.values()):
        raise typer.Exit(1)


def as_json(file: Path, report: TicketReport) -> dict[str, object]:
    return {"file": str(file), **dataclasses.asdict(report), "passed": report.passed}


def read_text(file: Path) -> str:
    """The ticket's text. Raises QAError for a file that cannot be read as UTF-8 text."""
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else file.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise QAError(f"{file}: cannot read the ticket ({reason}); name a text file") from None
    except UnicodeDecodeError as error:
        raise QAError(
            f"{file}: byte {error.start} is not UTF-8; save the ticket as UTF-8"
        ) from None


def show(report: TicketReport, *, name: str = "") -> None:
    console = Console(highlight=False)
    if name:
        console.print(name, style="bold", markup=False, soft_wrap=True)
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
