"""Which recordings a batch means: files, objects of a bucket, or a manifest about them."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from api.batch import bucket
from api.batch.endings import AUDIO_SUFFIXES, LeftOut, why_left_out
from api.batch.manifest import is_manifest, read_manifest
from api.batch.names import shown
from api.batch.source import Source, SourceError
from phrasebook.messages import say

__all__ = ["AUDIO_SUFFIXES", "FoundRecordings", "Source", "SourceError", "find_sources", "look_for"]


@dataclass(slots=True)
class FoundRecordings:
    """The recordings that are meant, in order of path, and what stands beside them."""

    sources: list[Source] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def find_sources(
    where: str,
    *,
    scripts: Mapping[str, str] | None = None,
    script: str = "",
    endings: Collection[str] = AUDIO_SUFFIXES,
    root: Path | None = None,
) -> list[Source]:
    """The recordings of `look_for`."""
    return look_for(where, scripts=scripts, script=script, endings=endings, root=root).sources


def look_for(
    where: str,
    *,
    scripts: Mapping[str, str] | None = None,
    script: str = "",
    endings: Collection[str] = AUDIO_SUFFIXES,
    root: Path | None = None,
) -> FoundRecordings:
    """Every recording that `where` means; `script` for those that have none.

    `endings`: which files of a folder or bucket are meant, as `.wav`. `scripts` and `root` are of
    manifests, as `read_manifest` has them.

    Paths are absolute. Raises SourceError where there is nothing, ManifestError where a manifest
    is wrong.
    """
    path = Path(where)
    found = FoundRecordings()
    if is_manifest(path, endings):
        manifest = read_manifest(path, scripts=scripts, root=root, endings=endings)
        found.sources, found.left_out = manifest.checked(), manifest.left_out
    elif bucket.is_url(where):
        found.sources = _objects(where, endings, found.left_out)
    else:
        files = _recordings(where, endings, found.left_out)
        found.sources = [Source(path=name) for name in files]
    found.sources = [
        replace(source, path=source.path.absolute(), script=source.script or script)
        for source in found.sources
    ]
    return found


def _objects(where: str, endings: Collection[str], left_out: list[LeftOut]) -> list[Source]:
    found = []
    for url, seen in bucket.listed(where).items():
        name = Path(url.rsplit("/", 1)[-1])
        if name.suffix.lower() in endings:
            found.append(Source(path=name, url=url, listed=seen))
        else:
            left_out.append(LeftOut(shown(url), why_left_out(name, endings)))
    if not found:
        raise SourceError(
            say(
                "{where}: no recordings here; expected {such}",
                where=where,
                such=_such_as(endings),
            )
        )
    return found


def _recordings(where: str, endings: Collection[str], left_out: list[LeftOut]) -> list[Path]:
    path = Path(where)
    if path.is_dir():
        found = sorted(_walk(path, endings, left_out))
        left_out.sort(key=lambda one: one.name)
    elif path.is_file():
        found = [path]
    else:
        found = sorted(Path(name) for name in glob.glob(where, recursive=True))  # noqa: PTH207
        found = [name for name in found if name.is_file()]
    if not found:
        raise SourceError(
            say(
                "{where}: no recordings here; expected a folder, a glob, a manifest (CSV, XLSX) or "
                "a bucket's URL with {such}",
                where=where,
                such=_such_as(endings),
            )
        )
    return found


def _such_as(endings: Collection[str]) -> str:
    return say("files such as {endings}", endings=", ".join(sorted(endings)[:6]))


def _walk(folder: Path, endings: Collection[str], left_out: list[LeftOut]) -> Iterator[Path]:
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
        for file in map(Path(name).joinpath, files):
            if file.suffix.lower() in endings and not file.name.startswith("."):
                yield file
            else:
                left_out.append(LeftOut(shown(file), why_left_out(file, endings)))
    yield from closed
