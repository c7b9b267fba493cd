"""The lines of the rules page, and what differs between two texts of a piece."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from api.desk.rule_briefs import brief
from api.review.boards.precision import Proposal
from api.rulebook.evidence import RuleEvidence
from phrasebook import Phrasebook
from phrasebook.model import Entry, Kind, Step
from phrasebook.pieces import WHOLE, key_of, pieces_of, section_of

__all__ = ["Shown", "difference", "rows_of"]

_FIRST = (Proposal.SWITCH_OFF, Proposal.SILENCE)
"""Rules that somebody has to look at."""
_CONTEXT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line. `tone`: of its severity; `said`: its first line, or what a list holds."""

    key: str
    title: str
    source: str = ""
    tone: str = ""
    fatal: bool = False
    said: str = ""
    known: RuleEvidence | None = None
    changed: bool = False

    @staticmethod
    def title_of(book: Phrasebook, key: str) -> str:
        section, name = section_of(key)
        titles = {
            "entries": {one.id: one.title for one in book.entries},
            "steps": {one.id: one.title for one in book.steps},
            "asks": {one.id: one.title for one in book.asks},
            "scripts": {one.id: one.title for one in book.scripts},
        }
        return titles.get(section, {}).get(name, name or section)

    @property
    def urgent(self) -> bool:
        return self.known is not None and self.known.proposal in _FIRST


def rows_of(
    book: Phrasebook,
    part: str,
    known: Mapping[str, RuleEvidence],
    changed: Collection[str],
    words: Mapping[str, str],
) -> list[Shown]:
    """Those that hit most wrongly first; then as they stand in the pack."""
    rows = list(_rows(book, part, known, changed, words))
    titles = {row.key for row in rows}
    # A piece that is new in the draft is in no pack yet.
    for key in sorted(changed):
        section, name = section_of(key)
        if key not in titles and section == part and key not in pieces_of(book):
            rows.append(Shown(key=key, title=name, changed=True))
    return sorted(rows, key=lambda row: (not row.urgent, _precision(row)))


def _precision(row: Shown) -> float:
    if not row.urgent or row.known is None:
        return 1.0
    return row.known.precision.high


def _rows(
    book: Phrasebook,
    part: str,
    known: Mapping[str, RuleEvidence],
    changed: Collection[str],
    words: Mapping[str, str],
) -> Iterator[Shown]:
    if part in ("entries", "steps"):
        rules: tuple[Entry | Step, ...] = book.entries if part == "entries" else book.steps
        for one in rules:
            trigger = isinstance(one, Entry) and one.kind is Kind.TRIGGER
            yield Shown(
                key=key_of(part, one.id),
                title=one.title,
                source=one.source,
                tone="trigger" if trigger else one.severity.value,
                fatal=one.fatal,
                said=one.say[0].source if one.say else "",
                known=known.get(one.id),
                changed=key_of(part, one.id) in changed,
            )
        return
    if part == "asks":
        for ask in book.asks:
            yield Shown(
                key=key_of(part, ask.id),
                title=ask.title,
                source=ask.source,
                tone=ask.severity.value,
                fatal=ask.fatal,
                said=ask.question,
                known=known.get(ask.id),
                changed=key_of(part, ask.id) in changed,
            )
        return
    for key, text in pieces_of(book).items():
        section, name = section_of(key)
        if section == part or (part == "other" and section in WHOLE):
            yield Shown(
                key=key,
                title=Shown.title_of(book, key) if name else section,
                said=brief(book, section, name, text, words),
                changed=key in changed,
            )


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """(`-`, `+`, space or `…`, line): what went, what came, and what stands around it."""
    found: list[tuple[str, str]] = []
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_CONTEXT)
    for line in lines:
        if line.startswith(("---", "+++")) and len(found) == 0:
            continue
        if line.startswith("@@"):
            if found:
                found.append(("…", ""))
            continue
        found.append((line[0], line[1:]))
    return found
