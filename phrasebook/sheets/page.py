"""The page that says which sheets and headings the Excel form has: `phrasebook/SHEETS.md`.

python -m phrasebook.sheets.page > phrasebook/SHEETS.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from phrasebook.sheets.layout import SHEETS, Column

__all__ = ["page"]

_BEGIN = """# The Excel form of a phrasebook: sheets and headings

Generated from the code (`python -m phrasebook.sheets.page`); a test keeps it so. Row 1 of a sheet
has the headings, Chinese or English, in any order; a sheet or a column that you do not need may be
left out. What each key means stands in [README.md](README.md) and [GRAMMAR.md](GRAMMAR.md).
Beginning from an export is easiest: `QA_ENGINE_LANG=zh qa-engine phrasebook export DIR book.xlsx`
writes Chinese names.
"""
_END = """
## Cells of several values

One value a line (Alt+Enter in Excel). `此前` and `此后` are `60s 客户: 甲 // 乙` or `3句 客户: 甲`:
a time or turns, who speaks, a colon, what is said. `例外` takes sentences as they are said,
`near 20: 甲 // 乙`, and `before 60s 客户: 甲`. Without the colon such a cell is refused.
"""


def page() -> str:
    """Markdown: a table of every sheet."""
    return _BEGIN + "".join("\n".join(_lines(n)) + "\n" for n in range(len(SHEETS))) + _END


def _lines(number: int) -> Iterator[str]:
    sheet = SHEETS[number]
    yield f"\n## {sheet.chinese} (`{sheet.name}`)\n"
    yield "| Heading | English | What stands in it |"
    yield "|---|---|---|"
    yield from map(_row, sheet.columns)


def _row(column: Column) -> str:
    note = column.note.replace("|", "\\|")
    return f"| {column.chinese} | `{column.key}` | {note} |"


if __name__ == "__main__":
    sys.stdout.write(page())
