"""Which recordings a batch means: files, objects of a bucket, or a CSV manifest about them."""

from __future__ import annotations

import csv
import glob
import hashlib
import io
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rapidfuzz import process

from api.batch import bucket
from api.batch.bucket import Listed
from api.batch.names import shown
from api.roles import parse_roles
from qa_engine.errors import QAError
from qa_engine.events import Role

AUDIO_SUFFIXES = frozenset(
    ".wav .mp3 .flac .ogg .opus .m4a .aac .wma .amr .awb .au .aiff .aif .webm .mp4 .mkv .gsm .ul "
    ".al .v3 .vox .3gp .3gpp".split()
)
COLUMNS = ("path", "agent", "team", "customer", "direction", "started_at", "script", "roles")
_LONGEST_CELL = 100
_MOST_MISTAKES = 20


class SourceError(QAError):
    """The source of a batch cannot be used at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One recording and what its manifest says of it; `roles` names its channels in order."""

    path: Path
    """Where it lies; of an object in a store, where it lies while it is judged."""
    url: str = ""
    listed: Listed | None = None
    """What the object store told when it was listed."""
    agent: str = ""
    team: str = ""
    customer: str = ""
    direction: str = ""
    started_at: datetime | None = None
    script: str = ""
    roles: tuple[Role, ...] | None = None

    @property
    def name(self) -> str:
        """What it is known by, on one line."""
        return shown(self.url or self.path)

    @property
    def file_name(self) -> str:
        return shown(self.url.rsplit("/", 1)[-1] if self.url else self.path.name)

    def seen(self) -> Listed:
        """Its size and time as they are now. Raises OSError, BucketError."""
        if self.url:
            return self.listed or bucket.look(self.url)
        stat = self.path.stat()
        return Listed(stat.st_size, stat.st_mtime_ns)

    @property
    def told(self) -> str:
        """A hash of everything but the path."""
        parts = (self.agent, self.team, self.customer, self.direction, self.script)
        when = self.started_at.isoformat() if self.started_at else ""
        text = "\x1f".join((*parts, when, *(self.roles or ())))
        return hashlib.sha256(text.encode()).hexdigest()


def find_sources(
    where: str,
    *,
    scripts: Sequence[str] = (),
    script: str = "",
    endings: Collection[str] = AUDIO_SUFFIXES,
) -> list[Source]:
    """Every recording that `where` means, in order of path; `script` for those that have none.

    `endings`: which files of a folder or bucket are meant, as `.wav`.

    Paths are absolute. Raises SourceError where there is nothing, or a manifest is wrong.
    """
    path = Path(where)
    if path.is_file() and path.suffix.lower() == ".csv":
        found = read_manifest(path, scripts=scripts)
    elif bucket.is_url(where):
        found = _objects(where, endings)
    else:
        found = [Source(path=name) for name in _recordings(where, endings)]
    return [
        replace(source, path=source.path.absolute(), script=source.script or script)
        for source in found
    ]


def _objects(where: str, endings: Collection[str]) -> list[Source]:
    found = [
        Source(path=Path(url.rsplit("/", 1)[-1]), url=url, listed=seen)
        for url, seen in bucket.listed(where).items()
        if Path(url).suffix.lower() in endings
    ]
    if not found:
        raise SourceError(f"{where}: no recordings here; expected {_such_as(endings)}")
    return found


def _recordings(where: str, endings: Collection[str]) -> list[Path]:
    path = Path(where)
    if path.is_dir():
        found = sorted(_walk(path, endings))
    elif path.is_file():
        found = [path]
    else:
        found = sorted(Path(name) for name in glob.glob(where, recursive=True))  # noqa: PTH207
        found = [name for name in found if name.is_file()]
    if not found:
        raise SourceError(
            f"{where}: no recordings here; expected a folder, a glob, a CSV manifest or a bucket's "
            f"URL with {_such_as(endings)}"
        )
    return found


def _such_as(endings: Collection[str]) -> str:
    return f"files such as {', '.join(sorted(endings)[:6])}"


def _walk(folder: Path, endings: Collection[str]) -> Iterator[Path]:
    """Audio files below `folder`; one reached twice, as by a link to itself, is read once.

    A folder that cannot be opened is yielded itself, so that it is told as a failure.
    """
    closed: list[Path] = []
    seen: set[tuple[int, int]] = set()

    def note(error: OSError) -> None:
        closed.append(Path(os.fsdecode(error.filename)))

    for name, folders, files in os.walk(folder, followlinks=True, onerror=note):
        stat = Path(name).stat()
        if (stat.st_dev, stat.st_ino) in seen:
            folders.clear()
            continue
        seen.add((stat.st_dev, stat.st_ino))
        # By name, so that of two ways to the same folder it is always the same one that counts.
        folders.sort()
        for file in files:
            if Path(file).suffix.lower() in endings and not file.startswith("."):
                yield Path(name) / file
    yield from closed


def read_manifest(path: Path, *, scripts: Sequence[str] = ()) -> list[Source]:
    """The rows of a CSV manifest. Raises SourceError that tells every mistake with its line."""
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        mistakes = list(_column_mistakes(path, reader.fieldnames or ()))
        rows = [] if mistakes else [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SourceError(f"{path}:{reader.line_num}: not CSV ({error})") from None
    sources: dict[str, Source] = {}
    for line, row in rows:
        source = _read_row(path, line, row, scripts)
        if not isinstance(source, Source):
            mistakes += source
        elif source.name in sources:
            mistakes.append(f"{path}:{line}: this path stands in a line before; name it once")
        else:
            sources[source.name] = source
    if mistakes:
        more = len(mistakes) - _MOST_MISTAKES
        tail = [f"{path}: and {more} more"] if more > 0 else []
        raise SourceError("\n".join(mistakes[:_MOST_MISTAKES] + tail))
    if not sources:
        raise SourceError(f"{path}: no rows below the header; expected one recording a line")
    return list(sources.values())


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise SourceError(f"{path}: cannot read the manifest ({reason})") from None
    # Excel on a Chinese Windows saves CSV as GB18030 unless told otherwise.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(f"{path}: neither UTF-8 nor GB18030 text; save it as CSV UTF-8")


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
    if None in row:
        mistakes.append(f"{path}:{line}: more cells than columns; quote a cell that has a comma")
    for name, cell in cells.items():
        if "\0" in cell or (name != "path" and len(cell) > _LONGEST_CELL):
            mistakes.append(f"{path}:{line}: {name} is not a name of up to {_LONGEST_CELL} signs")
    if not cells["path"]:
        mistakes.append(f"{path}:{line}: no path")
    if cells["script"] and scripts and cells["script"] not in scripts:
        mistakes.append(f"{path}:{line}: unknown script; this phrasebook has {', '.join(scripts)}")
    started = None
    if cells["started_at"]:
        try:
            # A time without a zone is of the clock on the wall here.
            started = datetime.fromisoformat(cells["started_at"]).astimezone()
        except (ValueError, OverflowError):
            mistakes.append(f"{path}:{line}: started_at is no time such as 2026-11-21T09:30")
    roles = None
    try:
        roles = parse_roles(cells["roles"])
    except QAError as error:
        mistakes.append(f"{path}:{line}: {error}")
    if mistakes:
        return mistakes
    url = cells["path"] if bucket.is_url(cells["path"]) else ""
    recording = Path(url.rsplit("/", 1)[-1] or cells["path"])
    return Source(
        path=recording if url or recording.is_absolute() else path.parent / recording,
        url=url,
        agent=cells["agent"],
        team=cells["team"],
        customer=cells["customer"],
        direction=cells["direction"],
        started_at=started,
        script=cells["script"],
        roles=roles,
    )
