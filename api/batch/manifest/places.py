"""Where a recording lies that an export names: by its path there, its name, or its call's id."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from api.batch import bucket
from phrasebook.messages import say

__all__ = ["Places", "Unplaced", "is_windows"]

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
"""录音 in an address: %E5%BD%95%E9%9F%B3."""
_WEB = ("http://", "https://", "ftp://")


class Unplaced(Exception):
    """Nobody can tell which file is meant; the sentence says why."""


def is_windows(cell: str) -> bool:
    return bool(_WINDOWS.match(cell)) or "\\" in cell


class Places:
    """`root`: the folder here that holds what the telephone system keeps elsewhere."""

    def __init__(self, manifest: Path, root: Path | None, endings: Collection[str]) -> None:
        self._beside = manifest.parent
        self._root = root
        self._endings = endings

    def of(self, cell: str) -> tuple[Path, str]:
        """The path, and the URL where it is an object of a store. Raises Unplaced."""
        if bucket.is_url(cell) and not cell.startswith("file://"):
            return self._of_url(cell)
        cell = cell.removeprefix("file://")
        if _ESCAPED.search(cell) and not (self._beside / cell).exists():
            cell = unquote(cell)
        elsewhere = is_windows(cell)
        parts = (PureWindowsPath(cell) if elsewhere else PurePosixPath(cell)).parts
        if self._root is None:
            if _WINDOWS.match(cell):
                raise Unplaced(
                    say("a path of a Windows machine; say where its files are here with --root DIR")
                )
            path = Path(*parts) if elsewhere else Path(cell)
            return path if path.is_absolute() else self._beside / path, ""
        names = [part for part in parts if not part.endswith((":\\", ":/", "\\", "/"))]
        if not elsewhere and Path(cell).is_absolute() and Path(cell).exists():
            return Path(cell), ""
        return self._below_root(names), ""

    def of_call(self, call_id: str) -> Path:
        """The one recording below the root whose name holds a call's id. Raises Unplaced."""
        if self._root is None:
            raise Unplaced(say("no recording named; with --root DIR it is found by the call's id"))
        alone = _standing_alone(call_id)
        found = [path for path in self._files if alone.search(path.name)]
        return self._only(found, call_id)

    def _of_url(self, cell: str) -> tuple[Path, str]:
        name = cell.split("?")[0].rsplit("/", 1)[-1]
        if not cell.lower().startswith(_WEB):
            return Path(cell.rsplit("/", 1)[-1]), cell
        if self._root is None:
            raise Unplaced(
                say("a web address; download the recordings and name their folder with --root DIR")
            )
        names = [part for part in cell.split("?")[0].split("/")[3:] if part]
        return self._below_root(names or [name]), ""

    def _below_root(self, names: list[str]) -> Path:
        """The longest end of the path that exists below the root; else the file of that name."""
        root = self._root or Path()
        for first in range(len(names)):
            path = root.joinpath(*names[first:])
            if path.is_file():
                return path
        name = names[-1] if names else ""
        by_name = self._by_name.get(name.casefold(), [])
        if not by_name and Path(name).suffix.lower() not in self._endings:
            by_name = [path for path in self._files if path.stem.casefold() == name.casefold()]
        if not by_name:
            return root.joinpath(*names)
        return self._only(by_name, name)

    def _only(self, found: list[Path], name: str) -> Path:
        if len(found) == 1:
            return found[0]
        if not found:
            raise Unplaced(say("no recording below --root has this call's id in its name"))
        raise Unplaced(
            say(
                "{count} recordings below --root may be meant; expected the path with its folders",
                count=len(found),
            )
        )

    @cached_property
    def _files(self) -> list[Path]:
        return sorted(_walk(self._root or Path(), self._endings))

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        names: dict[str, list[Path]] = defaultdict(list)
        for path in self._files:
            names[path.name.casefold()].append(path)
        return names


def _standing_alone(call_id: str) -> re.Pattern[str]:
    """Call 12 is not named by rec-112.wav, nor call 1740.1 by 1740.12.wav."""
    inner = r"\d" if call_id[:1].isdigit() else r"[^\W_]"
    after = r"\d" if call_id[-1:].isdigit() else r"[^\W_]"
    return re.compile(rf"(?<!{inner})(?<!\d\.){re.escape(call_id)}(?!{after}|\.\d)")


def _walk(folder: Path, endings: Collection[str]) -> Iterable[Path]:
    for name, _, files in os.walk(folder):
        for file in files:
            if Path(file).suffix.lower() in endings:
                yield Path(name) / file
