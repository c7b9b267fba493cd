"""Up to where each hook was told: a small file, so that a restart goes on from there."""

from __future__ import annotations

import json
from pathlib import Path

FILE = "hooks.json"
AGAIN = "hooks_again.json"
"""What an operator asks to be told again; taken up by the server and gone then."""


class Cursors:
    """Of one data directory."""

    def __init__(self, folder: Path) -> None:
        self._file, self._again = folder / FILE, folder / AGAIN

    def read(self) -> dict[str, int]:
        """The last sequence that each hook has, by its name."""
        return _read(self._file)

    def write(self, told: dict[str, int]) -> None:
        _write(self._file, told)

    def ask_again(self, name: str, after: int) -> None:
        """Tell that hook everything after this number once more."""
        _write(self._again, _read(self._again) | {name: after})

    def taken_up(self) -> dict[str, int]:
        """What was asked to be told again, once."""
        asked = _read(self._again)
        self._again.unlink(missing_ok=True)
        return asked


def _read(path: Path) -> dict[str, int]:
    try:
        said = json.loads(path.read_text("utf-8"))
        return {str(name): int(number) for name, number in said.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write(path: Path, told: dict[str, int]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(told, indent=1), "utf-8")
    fresh.replace(path)
