"""`qa-engine phrasebook`: a phrasebook as a spreadsheet and back, with nothing lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import phrasebook as pb
from api.outputs import OutputError, beside, check_writable
from phrasebook.messages import say

app = typer.Typer(
    help="话术库与 Excel/CSV 互转。A phrasebook to a spreadsheet and back.", no_args_is_help=True
)


@app.command("export")
def export(
    pack: Annotated[Path, typer.Argument(help="a phrasebook directory or YAML file")],
    sheet: Annotated[Path, typer.Argument(help="the .xlsx file, or a directory for CSV")],
) -> None:
    """Write a phrasebook as an Excel workbook or as a directory of CSV files."""
    from phrasebook import sheets

    book = pb.load(pack)
    if sheet.suffix.lower() == ".xlsx":
        check_writable(sheet)
        with beside(sheet) as temporary:
            sheets.export(book, temporary)
    elif sheet.exists() and not sheet.is_dir():
        raise OutputError(sheet, "it is no folder and does not end in .xlsx")
    else:
        sheets.export(book, sheet)
    Console().print(_what_is_in(sheet, book))


@app.command("import")
def import_(
    sheet: Annotated[Path, typer.Argument(help="an .xlsx file or a directory of CSV files")],
    pack: Annotated[Path, typer.Argument(help="the YAML file to write")],
) -> None:
    """Check a spreadsheet and write it as a YAML phrasebook."""
    from api.outputs import write_text
    from phrasebook import dump, sheets

    check_writable(pack)
    book = sheets.load(sheet)
    write_text(pack, [dump.to_yaml(book)])
    Console().print(_what_is_in(pack, book))


def _what_is_in(file: Path, book: pb.Phrasebook) -> str:
    counts = {"entries": len(book.entries), "steps": len(book.steps), "questions": len(book.asks)}
    return say(
        "{file}: {entries} entries, {steps} steps, {questions} questions", file=file, **counts
    )
