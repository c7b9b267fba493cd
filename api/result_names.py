"""What the results of several recordings are called, so that no two share a name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["result_names"]


def result_names(recordings: Sequence[Path]) -> list[Path]:
    """A relative path without ending for each recording, in order; no two are the same.

    A name that only one recording has is used as it is. Recordings of one name keep the folders
    below the one they have in common (`0301/8001`, `0302/8001`), and their ending where that is
    all they differ in (`8001.wav`, `8001.mp3`). The same file twice has the same name twice.
    Case is no difference, since some file systems know none.
    """
    whole = [Path(os.path.normpath(path.absolute())) for path in recordings]
    distinct = list(dict.fromkeys(whole))
    stems = _counted(Path(path.stem) for path in distinct)
    clashing = [path for path in distinct if stems[_folded(Path(path.stem))] > 1]
    root = Path(os.path.commonpath([path.parent for path in clashing])) if clashing else Path()
    below = {path: path.relative_to(root) for path in clashing}
    deep = _counted(name.with_suffix("") for name in below.values())
    names = {
        path: Path(path.stem)
        if path not in below
        else below[path].with_suffix("")
        if deep[_folded(below[path].with_suffix(""))] == 1
        else below[path]
        for path in distinct
    }
    taken: set[str] = set()
    for path in distinct:
        names[path] = _free(names[path], taken)
        taken.add(_folded(names[path]))
    return [names[path] for path in whole]


def _free(name: Path, taken: set[str]) -> Path:
    """`name`, or with a number where another recording's folder or ending made the same."""
    number, free = 1, name
    while _folded(free) in taken:
        number += 1
        free = name.with_name(f"{name.name}-{number}")
    return free


def _counted(names: Iterable[Path]) -> Counter[str]:
    return Counter(_folded(name) for name in names)


def _folded(name: Path) -> str:
    return str(name).casefold()
