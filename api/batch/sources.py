"""Which recordings a batch means: a file, a folder, a glob, or a CSV manifest with who and when."""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rapidfuzz import process

from api.roles import parse_roles
from qa_engine.errors import QAError
from qa_engine.events import Role

AUDIO_SUFFIXES = frozenset(
    ".wav .mp3 .flac .ogg .opus .m4a .aac .wma .amr .au .aiff .aif .webm .mp4 .mkv .gsm .ul .al .v3"
    ".vox".split()
)
COLUMNS = ("path", "agent", "team", "customer", "direction", "started_at", "script", "roles")


class SourceError(QAError):
    """The source of a batch cannot be used at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One recording and what its manifest says of it; `roles` names its channels in order."""

    path: Path
    agent: str = ""
    team: str = ""
    customer: str = ""
    direction: str = ""
    started_at: datetime | None = None
    script: str = ""
    roles: tuple[Role, ...] | None = None


def find_sources(where: str, *, scripts: Sequence[str] = ()) -> list[Source]:
    """Every recording that `where` means, in order of path. Raises SourceError for none."""
    path = Path(where)
    if path.is_file() and path.suffix.lower() == ".csv":
        return read_manifest(path, scripts=scripts)
    if path.is_dir():
        found = sorted(_walk(path))
    elif path.is_file():
        found = [path]
    else:
        found = sorted(Path(name) for name in glob.glob(where, recursive=True))  # noqa: PTH207
        found = [name for name in found if name.is_file()]
    if not found:
        raise SourceError(
            f"{where}: no recordings here; expected a folder, a glob or a CSV manifest with audio "
            f"files such as {', '.join(sorted(AUDIO_SUFFIXES)[:6])}"
        )
    return [Source(path=name) for name in found]


def _walk(folder: Path) -> Iterator[Path]:
    """Audio files below `folder`; one reached twice, as by a link to itself, is read once."""
    seen: set[tuple[int, int]] = set()
    for name, folders, files in os.walk(folder, followlinks=True):
        stat = Path(name).stat()
        if (stat.st_dev, stat.st_ino) in seen:
            folders.clear()
            continue
        seen.add((stat.st_dev, stat.st_ino))
        for file in files:
            if Path(file).suffix.lower() in AUDIO_SUFFIXES and not file.startswith("."):
                yield Path(name) / file


def read_manifest(path: Path, *, scripts: Sequence[str] = ()) -> list[Source]:
    """The rows of a CSV manifest. Raises SourceError that tells every mistake with its line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SourceError(f"{path}: cannot be read as UTF-8 text; save it as CSV UTF-8") from None
    reader = csv.DictReader(text.splitlines())
    mistakes = list(_column_mistakes(path, reader.fieldnames or ()))
    sources: list[Source] = []
    for row in reader if not mistakes else ():
        source = _read_row(path, reader.line_num, row, scripts)
        if isinstance(source, Source):
            sources.append(source)
        else:
            mistakes += source
    if mistakes:
        raise SourceError("\n".join(mistakes))
    if not sources:
        raise SourceError(f"{path}: no rows below the header; expected one recording a line")
    return sources


def _column_mistakes(path: Path, names: Sequence[str]) -> Iterator[str]:
    if "path" not in names:
        yield f"{path}:1: no column 'path'; expected some of {', '.join(COLUMNS)}"
    for name in names:
        if name not in COLUMNS:
            near = process.extractOne(name or "", COLUMNS, score_cutoff=60)
            hint = f"; did you mean '{near[0]}'?" if near else f"; expected {', '.join(COLUMNS)}"
            yield f"{path}:1: unknown column '{name}'{hint}"


def _read_row(
    path: Path, line: int, row: dict[str, str | None], scripts: Sequence[str]
) -> Source | list[str]:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    mistakes = []
    if not cells["path"]:
        mistakes.append(f"{path}:{line}: no path")
    if cells["script"] and scripts and cells["script"] not in scripts:
        mistakes.append(f"{path}:{line}: unknown script; this phrasebook has {', '.join(scripts)}")
    started = None
    if cells["started_at"]:
        try:
            started = datetime.fromisoformat(cells["started_at"])
        except ValueError:
            mistakes.append(f"{path}:{line}: started_at is no time such as 2026-11-21T09:30")
    roles = None
    try:
        roles = parse_roles(cells["roles"])
    except QAError as error:
        mistakes.append(f"{path}:{line}: {error}")
    if mistakes:
        return mistakes
    recording = Path(cells["path"])
    return Source(
        path=recording if recording.is_absolute() else path.parent / recording,
        agent=cells["agent"],
        team=cells["team"],
        customer=cells["customer"],
        direction=cells["direction"],
        started_at=started.replace(tzinfo=started.tzinfo or UTC) if started else None,
        script=cells["script"],
        roles=roles,
    )
