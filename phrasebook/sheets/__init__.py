"""A phrasebook as a spreadsheet and back, with nothing lost on the way: .xlsx, or a folder of CSV.

Its mistakes have the codes that YAML packs have, told by sheet and cell:
`book.xlsx[entries!B7]: [PB012] …`.
"""

from __future__ import annotations

from pathlib import Path

from phrasebook.build import build
from phrasebook.errors import Code, Problems
from phrasebook.model import Phrasebook, Where
from phrasebook.sheets.csv_folder import read_csv_files, write_csv_files
from phrasebook.sheets.read import fields_of
from phrasebook.sheets.workbook import read_workbook, write_workbook
from phrasebook.sheets.write import tables_of

WORKBOOK_SUFFIX = ".xlsx"
CSV_SUFFIX = ".csv"


def load(path: Path) -> Phrasebook:
    """Read a workbook, a folder of CSV files, or one CSV file named after its sheet.

    Raises `PhrasebookErrors` with all mistakes.
    """
    path = Path(path)
    problems = Problems()
    where = Where(path=str(path), line=0)
    if not path.exists():
        message = "no such file or directory; expected a workbook or a folder of CSV files"
        problems.add(where, Code.MISSING_PATH, message)
        problems.raise_any()
    if path.suffix.lower() == WORKBOOK_SUFFIX and path.is_file():
        tables = read_workbook(path, problems)
    elif path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == CSV_SUFFIX)
        if not files:
            message = "the directory holds no *.csv file; expected one for each sheet"
            problems.add(where, Code.EMPTY_PACK, message)
        tables = read_csv_files(files, problems)
    elif path.suffix.lower() == CSV_SUFFIX:
        tables = read_csv_files([path], problems)
    else:
        message = f"'{path.suffix}' is no spreadsheet; expected .xlsx, .csv or a folder of .csv"
        problems.add(where, Code.BAD_WORKBOOK, message)
        tables = []
    whole = not len(problems)
    fields = fields_of(tables, str(path), problems)
    return build([fields], name=path.resolve().stem, problems=problems, whole=whole)


def export(book: Phrasebook, path: Path) -> None:
    """Write a workbook (`.xlsx`) or, at any other path, a folder of CSV files.

    Raises `PhrasebookErrors` when it cannot be written.
    """
    path = Path(path)
    problems = Problems()
    try:
        if path.suffix.lower() == WORKBOOK_SUFFIX:
            write_workbook(tables_of(book), path, problems)
        else:
            write_csv_files(tables_of(book), path)
    except OSError as error:
        where = Where(path=str(path), line=0)
        message = f"cannot be written: {error.strerror or error}"
        problems.add(where, Code.UNREADABLE, message)
    problems.raise_any()
