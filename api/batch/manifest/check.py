"""What a manifest would do, told before anything is done: every mistake, existence included."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.batch.endings import why_left_out
from api.batch.manifest.headings import TITLES, Heading
from api.batch.manifest.read import Manifest, read_manifest
from api.batch.manifest.values import DayOrder, direction, moment
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
    told = [*manifest.mistakes, *missing, *map(str, manifest.left_out)]
    lines = [*told, *_columns(manifest), *_not_known(manifest)]
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


def _not_known(manifest: Manifest) -> Iterator[str]:
    """What no heading told and rules and boards ask for; a column that holds it, by its cells."""
    if not manifest.sources:
        return
    for name, looks, lacking in (
        (Heading.STARTED_AT, _is_moment, say("no column tells when calls began: now is taken")),
        (Heading.DIRECTION, direction, say("no column tells inbound from outbound")),
    ):
        if name in manifest.columns.at:
            continue
        told = [
            title
            for title in manifest.columns.data.values()
            if _all(looks, [dict(source.data).get(title, "") for source in manifest.sources])
        ]
        for title in told[:1]:
            ours = TITLES[name]
            lacking += say("; '{title}' looks like it: name it '{ours}'", title=title, ours=ours)
        yield lacking


def _all(looks: Callable[[str], object], cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(looks(cell) for cell in filled)


def _is_moment(cell: str) -> bool:
    """A date with its year, and no bare number: that may be anything."""
    return not cell.isdigit() and moment(cell, DayOrder.MONTH_FIRST) is not None
