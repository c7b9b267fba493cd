"""What a manifest would do, told before anything is done: every mistake, existence included."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.batch.endings import why_left_out
from api.batch.manifest.headings import Heading
from api.batch.manifest.read import Manifest, read_manifest
from phrasebook.messages import say
from qa_engine.errors import QAError

__all__ = ["CheckedManifest", "check"]


@dataclass(frozen=True, slots=True)
class CheckedManifest:
    lines: list[str]
    wrong: bool


def check(
    path: Path, *, scripts: Mapping[str, str], root: Path | None, endings: Collection[str]
) -> CheckedManifest:
    """Raises QAError where the file cannot be read as a table at all."""
    if not path.is_file():
        raise QAError(say("{path}: no such manifest; expected a CSV or XLSX file", path=path))
    manifest = read_manifest(path, scripts=scripts, root=root, endings=endings)
    missing = list(_missing(manifest, endings))
    lines = [*manifest.mistakes, *missing, *map(str, manifest.left_out), *_columns(manifest)]
    wrong = len(manifest.mistakes) + len(missing)
    lines.append(
        say(
            "{count} recordings, {left} rows without one, {wrong} mistakes",
            count=len(manifest.sources) - len(missing),
            left=len(manifest.left_out),
            wrong=wrong,
        )
    )
    return CheckedManifest(lines, bool(wrong))


def _missing(manifest: Manifest, endings: Collection[str]) -> Iterator[str]:
    for source in manifest.sources:
        if source.url:
            continue
        if not source.path.exists():
            yield say("{name}: there is no such recording", name=source.name)
        elif not source.path.is_file():
            yield say("{name}: a folder, not a recording", name=source.name)
        elif source.path.stat().st_size == 0:
            yield say("{name}: an empty file", name=source.name)
        elif source.path.suffix.lower() not in endings:
            yield f"{source.name}: {why_left_out(source.path, endings)}"


def _columns(manifest: Manifest) -> Iterator[str]:
    """How the headings were understood, so that nobody has to guess."""
    if not manifest.sources:
        return
    titles = manifest.headings
    known = ", ".join(
        f"{titles[at]} = {name.value}"
        for name, at in manifest.columns.at.items()
        if name is not Heading.CALL_ID
    )
    yield say("columns: {known}", known=known)
    if manifest.columns.data:
        yield say(
            "kept as the call's own data: {titles}",
            titles=", ".join(manifest.columns.data.values()),
        )
