"""Several rows about one recording (transfers, consultations): one call, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from api.batch.source import Source
from phrasebook.messages import say

__all__ = ["LegRow", "one_a_recording"]

_JOINED = "；"


@dataclass(frozen=True, slots=True)
class LegRow:
    line: int
    source: Source
    duration_ms: int
    """0 where the row tells none."""


def one_a_recording(rows: Sequence[LegRow], into: list[Source]) -> Iterator[tuple[int, str]]:
    """One source for each recording, in order of its first row; mistakes with their lines.

    Of several agents the one of the longest leg has the call. It began with its first leg; data
    that differ stand beside each other.
    """
    legs: dict[str, list[LegRow]] = {}
    for row in rows:
        legs.setdefault(row.source.name, []).append(row)
    for same in legs.values():
        first = same[0]
        if len(same) == 1:
            into.append(first.source)
            continue
        agents = {row.source.agent for row in same if row.source.agent}
        if len(agents) > 1 and not any(row.duration_ms for row in same):
            yield (
                same[1].line,
                say(
                    "this recording stands in line {line} too, with another agent; keep one row, "
                    "or add a column 通话时长: then the longest leg's agent has the call",
                    line=first.line,
                ),
            )
            continue
        into.append(_joined(same))


def _joined(same: Sequence[LegRow]) -> Source:
    longest = max(same, key=lambda row: (bool(row.source.agent), row.duration_ms))
    known = [row.source for row in same]
    started = [source.started_at for source in known if source.started_at]
    data: dict[str, str] = {}
    for title in dict.fromkeys(title for source in known for title in source.data):
        told = (source.data.get(title, "") for source in known)
        data[title] = _JOINED.join(dict.fromkeys(filter(None, told)))
    return replace(
        longest.source,
        started_at=min(started) if started else None,
        data=data,
        customer=_first([source.customer for source in known]),
        direction=_first([source.direction for source in known]),
        script=_first([source.script for source in known]),
        roles=next((source.roles for source in known if source.roles), None),
    )


def _first(told: Sequence[str]) -> str:
    """What the first row says that says anything: who called is told at the start."""
    return next(filter(None, told), "")
