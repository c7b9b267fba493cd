"""A manifest → recordings, with everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from api import clock
from api.batch.endings import AUDIO_SUFFIXES, LeftOut
from api.batch.manifest.headings import TITLES, Columns, Heading, columns_of, is_header
from api.batch.manifest.legs import LegRow, one_a_recording
from api.batch.manifest.places import Places, Unplaced
from api.batch.manifest.tables import SUFFIXES, ManifestError, ManifestLine, read_lines
from api.batch.manifest.values import DayOrder, day_order, direction, duration_ms, is_shortened
from api.batch.manifest.values import moment as moment_of
from api.batch.source import Source
from api.roles import parse_roles
from phrasebook.messages import say
from qa_engine.errors import QAError
from qa_engine.events import Role
from qa_engine.rules.directions import direction_named

__all__ = ["Manifest", "ManifestError", "is_manifest", "read_manifest"]

_LONGEST_CELL = 100
_LONGEST_DATA = 2_000
_MOST_TOLD = 20
_WHO = (Heading.AGENT, Heading.AGENT_NAME, Heading.TEAM, Heading.CUSTOMER)
_SHORT = (*_WHO, Heading.SCRIPT, Heading.ROLES)


@dataclass(slots=True)
class Manifest:
    """What a manifest says: its recordings, its mistakes, and its rows that name no recording."""

    path: Path
    sources: list[Source] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    headings: tuple[str, ...] = ()
    columns: Columns = field(default_factory=Columns)

    def checked(self) -> list[Source]:
        """The recordings. Raises ManifestError with the first mistakes, one a line."""
        if self.mistakes:
            more = len(self.mistakes) - _MOST_TOLD
            tail = [say("{path}: and {more} more", path=self.path, more=more)] if more > 0 else []
            raise ManifestError("\n".join(self.mistakes[:_MOST_TOLD] + tail))
        return self.sources


def is_manifest(path: Path, endings: Collection[str]) -> bool:
    """Whether a file is a list of recordings. A table may be a dialogue, too: its headings tell."""
    if not path.is_file() or path.suffix.lower() not in {*SUFFIXES, ".xls", ".et"}:
        return False
    if path.suffix.lower() not in endings:
        return True
    try:
        header, _ = read_lines(path)
    except ManifestError:
        return False
    return is_header(header.cells) and Heading.PATH in columns_of(header.cells).at


def read_manifest(
    path: Path,
    *,
    scripts: Mapping[str, str] | None = None,
    root: Path | None = None,
    endings: Collection[str] = AUDIO_SUFFIXES,
    zone: tzinfo | None = None,
) -> Manifest:
    """Everything a manifest says; what is wrong with a row is told, and the next one read.

    `scripts`: id to title of the phrasebook's; `root`: where the recordings lie that the manifest
    names by paths of another machine; `zone` of times that tell none (None: the site's).
    Raises ManifestError where the file cannot be read as a table at all.
    """
    return _Reader(path, scripts, Places(path, root, endings), zone).read()


_SUMS = frozenset(("合计", "总计", "小计", "汇总", "共计", "total", "sum", "grand total"))


def _is_sum(cells: Sequence[str]) -> bool:
    first = next((cell for cell in cells if cell), "")
    return first.strip(" :：").casefold() in _SUMS


class _Reader:
    def __init__(
        self, path: Path, scripts: Mapping[str, str] | None, places: Places, zone: tzinfo | None
    ) -> None:
        self._made = Manifest(path)
        self._path = path
        self._places = places
        self._zone = zone
        self._scripts = scripts
        self._by_title = {title: name for name, title in (scripts or {}).items()}
        self._order: DayOrder | None = None

    def read(self) -> Manifest:
        header, rest = read_lines(self._path)
        lines = list(rest)
        self._made.headings = header.cells
        columns = self._made.columns = columns_of(header.cells)
        for mistake in columns.mistakes:
            self._tell(header.number, mistake)
        self._check_columns(header, columns)
        if self._made.mistakes:
            return self._made
        if not lines:
            self._made.mistakes.append(
                say(
                    "{path}: no rows below the header; expected one recording a line",
                    path=self._path,
                )
            )
            return self._made
        self._order = day_order(columns.cell(line.cells, Heading.STARTED_AT) for line in lines)
        rows = [row for line in lines if (row := self._row(line, columns, len(header.cells)))]
        for line, mistake in one_a_recording(rows, self._made.sources):
            self._tell(line, mistake)
        if not self._made.sources and not self._made.mistakes:
            title = header.cells[columns.at.get(Heading.PATH, columns.at.get(Heading.CALL_ID, 0))]
            self._made.mistakes.append(
                say(
                    "{path}: none of {count} rows names a recording in '{title}'",
                    path=self._path,
                    count=len(lines),
                    title=title,
                )
            )
        return self._made

    def _check_columns(self, header: ManifestLine, columns: Columns) -> None:
        if Heading.PATH in columns.at or Heading.CALL_ID in columns.at:
            return
        named = ", ".join(title for title in header.cells if title)[:200]
        self._tell(
            header.number,
            say(
                "no column 'path': none of the headings ({named}) names the recording; name that "
                "column 录音路径 or path",
                named=named,
            ),
        )

    def _tell(self, line: int, mistake: str) -> None:
        self._made.mistakes.append(f"{self._path}:{line}: {mistake}")

    def _row(self, line: ManifestLine, columns: Columns, width: int) -> LegRow | None:
        """None where the row has no recording, or mistakes (which are told)."""
        cells = {name: columns.cell(line.cells, name) for name in Heading}
        mistakes = list(_shape_mistakes(line, columns, cells, width))
        path, url = Path(), ""
        name = cells[Heading.PATH]
        if _is_sum(line.cells):
            # What an export adds up below its rows.
            return None
        if not name and (Heading.PATH in columns.at or not cells[Heading.CALL_ID]):
            # A call that nobody answered has a row, and no recording.
            reason = say("the row names no recording")
            self._made.left_out.append(LeftOut(f"{self._path}:{line.number}", reason))
            return None
        try:
            if name:
                path, url = self._places.of(name)
            else:
                path = self._places.of_call(cells[Heading.CALL_ID])
        except Unplaced as error:
            mistakes.append(str(error))
        script = self._script(cells[Heading.SCRIPT], mistakes)
        started = self._started(cells, mistakes)
        roles = _roles(cells[Heading.ROLES], mistakes)
        towards = _direction(cells[Heading.DIRECTION], mistakes)
        heading = columns.at.get(Heading.DURATION)
        lasted = _duration(cells[Heading.DURATION], mistakes)
        if mistakes:
            for mistake in mistakes:
                self._tell(line.number, mistake)
            return None
        data = {title: line.cells[at] for at, title in columns.data.items() if at < len(line.cells)}
        if heading is not None and cells[Heading.DURATION]:
            data[TITLES[Heading.DURATION]] = cells[Heading.DURATION]
        return LegRow(
            line.number,
            Source(
                path=path,
                url=url,
                agent=cells[Heading.AGENT] or cells[Heading.AGENT_NAME],
                agent_name=cells[Heading.AGENT_NAME],
                team=cells[Heading.TEAM],
                customer=cells[Heading.CUSTOMER],
                direction=towards,
                started_at=started,
                script=script,
                roles=roles,
                data={title: cell for title, cell in data.items() if cell},
            ),
            lasted or 0,
        )

    def _script(self, cell: str, mistakes: list[str]) -> str:
        """A script's id, its title or its direction. An unknown one is told."""
        if not cell or self._scripts is None or cell in self._scripts:
            return cell
        if found := self._by_title.get(cell) or direction_named(cell):
            if found in self._scripts:
                return found
        known = ", ".join(self._scripts)
        mistakes.append(say("unknown script; this phrasebook has {known}", known=known))
        return ""

    def _started(self, cells: Mapping[Heading, str], mistakes: list[str]) -> datetime | None:
        typed = cells[Heading.STARTED_AT]
        if cells[Heading.DATE] and cells[Heading.TIME]:
            typed = f"{cells[Heading.DATE].split(' ')[0]} {cells[Heading.TIME].split(' ')[-1]}"
        if not typed:
            return None
        found = moment_of(typed, self._order)
        if found is None:
            mistakes.append(
                say(
                    "started_at is no time that can be told for sure, such as 2026-11-21 09:30 or "
                    "2026/11/21 9:30"
                )
            )
            return None
        try:
            if found.tzinfo is None and self._zone is not None:
                return found.replace(tzinfo=self._zone)
            return clock.local(found)
        except (ValueError, OverflowError):
            mistakes.append(say("started_at is beyond what a clock can show"))
            return None


def _shape_mistakes(
    line: ManifestLine, columns: Columns, cells: Mapping[Heading, str], width: int
) -> Sequence[str]:
    found = []
    if any(line.cells[width:]):
        found.append(say("more cells than columns; quote a cell that has a comma"))
    for name in Heading:
        if name in columns.at and "\0" in cells[name]:
            found.append(say("{name} is not a name: it holds a zero byte", name=name.value))
        elif name in _SHORT and len(cells[name]) > _LONGEST_CELL:
            found.append(
                say(
                    "{name} is not a name of up to {most} signs",
                    name=name.value,
                    most=_LONGEST_CELL,
                )
            )
    found += [
        say(
            "{name} is a long number that Excel has shortened; export its column as text",
            name=name.value,
        )
        for name in (Heading.AGENT, Heading.CALL_ID, Heading.PATH)
        if is_shortened(cells[name])
    ]
    for at, title in columns.data.items():
        if at < len(line.cells) and len(line.cells[at]) > _LONGEST_DATA:
            found.append(
                say("'{title}' has more than {most} signs", title=title, most=_LONGEST_DATA)
            )
    return found


def _roles(cell: str, mistakes: list[str]) -> tuple[Role, ...] | None:
    try:
        return parse_roles(cell)
    except QAError as error:
        mistakes.append(str(error))
        return None


def _direction(cell: str, mistakes: list[str]) -> str:
    if not cell:
        return ""
    if (found := direction(cell)) is None:
        mistakes.append(
            say(
                "direction is not known; expected 呼入, 呼出, 内部 (inbound, outbound, internal); "
                "to keep the column as it is, name it 'data:…'"
            )
        )
    return found or ""


def _duration(cell: str, mistakes: list[str]) -> int | None:
    if not cell:
        return None
    if (found := duration_ms(cell)) is None:
        mistakes.append(say("duration is no length of time such as 00:03:25, 205 or 3分25秒"))
    return found
