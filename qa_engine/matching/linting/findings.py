"""One remark about a phrasebook, by its tests or the linter, in the line a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from phrasebook.model import Where

__all__ = ["Level", "LinterFinding", "in_order"]


class Level(StrEnum):
    """An error would embarrass the pack live; a warning should be read; info is for the curious."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinterFinding:
    """What is wrong and where; `code` is stable (`LN…` linter, `ST…` a pack's own tests)."""

    level: Level
    code: str
    where: Where
    message: str

    def __str__(self) -> str:
        path, line, cell = self.where.path, self.where.line, self.where.cell
        place = f"{path}[{cell}]" if cell else f"{path}:{line}" if line else path
        return f"{place}: [{self.code}] {self.level.value}: {self.message}"


_RANK = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


def in_order(findings: list[LinterFinding]) -> list[LinterFinding]:
    """Errors first, then by file and line, so that the same pack always prints the same list."""
    return sorted(
        findings,
        key=lambda f: (_RANK[f.level], f.where.path, f.where.line, f.where.cell, f.code, f.message),
    )
