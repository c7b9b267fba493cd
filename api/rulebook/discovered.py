"""What stored calls hold that means what a rule forbids and no pattern of it matches.

A lead takes a sentence up, into the draft of its rule, or turns it down; either is a verdict on the
places where it was said, so that precision and the judge's training know it, and it is not
proposed again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from api.review.errors import NotThere, ReviewError
from api.rulebook import drafts
from api.rulebook.forms import fields_of, with_fields
from api.store import Store, audit
from api.store.records import as_records
from api.store.rule_tables import rule_refusals
from api.store.tables import calls, hits, utterances, verdicts
from api.store.verdicts import Verdict, give
from phrasebook import Phrasebook
from phrasebook.pieces import pieces_of
from qa_engine.events import Tier

__all__ = ["DiscoveredLine", "discovered", "take_up", "turn_down"]

LOOKED_AT = 10_000
"""The newest calls that are looked at."""
MOST = 100
_COVERED = "*"
"""Stands where a personal number was: such a line is no line for a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredLine:
    """A sentence, how often it was said, and one call where it was. `likely` is in [0, 1]."""

    rule: str
    title: str
    line: str
    likely: float
    times: int
    nearest: str
    """The line of the rule that it is nearest to."""
    call_id: str
    begin_ms: int

    @property
    def usable(self) -> bool:
        return _COVERED not in self.line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A finding by meaning, and the whole sentence that it is in."""

    call_id: str
    id: str
    rule: str
    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    phrase: str
    score: float
    text: str


def discovered(connection: Connection, book: Phrasebook) -> list[DiscoveredLine]:
    """What nobody has decided on yet, by rule, the likeliest first."""
    titles = {entry.id: entry.title for entry in book.entries}
    query = select(rule_refusals.c.rule, rule_refusals.c.line)
    decided = {(row.rule, row.line) for row in connection.execute(query)}
    found: dict[tuple[str, str], DiscoveredLine] = {}
    for row in _said(connection):
        if row.rule not in titles or (row.rule, _hash(row.text)) in decided:
            continue
        known = found.get((row.rule, row.text))
        found[row.rule, row.text] = DiscoveredLine(
            rule=row.rule,
            title=titles[row.rule],
            line=row.text,
            likely=max(row.score, known.likely if known else 0.0),
            times=known.times + 1 if known else 1,
            nearest=row.phrase,
            call_id=row.call_id,
            begin_ms=row.begin_ms,
        )
    ordered = sorted(found.values(), key=lambda one: (-one.times, -one.likely, one.line))[:MOST]
    return sorted(ordered, key=lambda one: (one.title, -one.likely, one.line))


def take_up(store: Store, book: Phrasebook, rule: str, line: str, *, by: str) -> str:
    """Put the line into the rule of this person's draft; returns the key of the piece.

    Raises NotThere for a line that was not proposed, ReviewError where the rule cannot take it.
    """
    with store.reading() as connection:
        _proposed(connection, rule, line)
        own = {draft.piece: draft for draft in drafts.drafts_of(connection, by)}
    key = f"entries:{rule}"
    base = pieces_of(book).get(key, "")
    kept = own.get(key)
    text = kept.text if kept else base
    fields = fields_of(key, text)
    if _COVERED in line or not fields:
        raise ReviewError("the rule cannot take this line", key="line_not_usable")
    said = [*fields["say"].splitlines(), line]
    text = with_fields(key, text, {"say": "\n".join(said)})
    drafts.save(store, by, key, base=base, text=text, revision=kept.revision if kept else 0)
    _decide(store, rule, line, right=True, by=by)
    return key


def turn_down(store: Store, rule: str, line: str, *, by: str) -> None:
    """Say that the line is no breach of the rule. Raises NotThere."""
    with store.reading() as connection:
        _proposed(connection, rule, line)
    _decide(store, rule, line, right=False, by=by)


def _decide(store: Store, rule: str, line: str, *, right: bool, by: str) -> None:
    with store.writing() as connection:
        for row in _proposed(connection, rule, line):
            give(
                connection,
                Verdict(
                    call_id=row.call_id,
                    hit_id=row.id,
                    rule=rule,
                    utterance=row.utterance,
                    begin_char=row.begin_char,
                    end_char=row.end_char,
                    right=right,
                    by=by,
                ),
            )
        decision = {"rule": rule, "line": _hash(line), "accepted": right, "by": by}
        connection.execute(insert(rule_refusals).values(**decision, at=datetime.now(UTC)))
        audit.record(
            connection, who=by, action="rules.line", subject=rule, detail={"accepted": right}
        )


def _proposed(connection: Connection, rule: str, line: str) -> list[_Place]:
    """The places where it was said that are not judged yet. Raises NotThere."""
    decided = select(rule_refusals.c.id).where(
        rule_refusals.c.rule == rule, rule_refusals.c.line == _hash(line)
    )
    rows = [row for row in _said(connection) if (row.rule, row.text) == (rule, line)]
    if not rows or connection.scalar(decided) is not None:
        raise NotThere("this line is not proposed", key="not_there")
    return rows


def _said(connection: Connection) -> list[_Place]:
    """Findings by meaning of the newest calls that are not judged yet, with their sentences."""
    newest = select(calls.c.id, calls.c.started_at).order_by(calls.c.started_at.desc())
    recent = newest.limit(LOOKED_AT).subquery()
    query = (
        select(
            *(hits.c[name] for name in ("call_id", "id", "rule", "utterance", "begin_char")),
            *(hits.c[name] for name in ("end_char", "begin_ms", "phrase", "score")),
            utterances.c.text,
        )
        .join_from(recent, hits, hits.c.call_id == recent.c.id)
        .join(
            utterances,
            (utterances.c.call_id == hits.c.call_id) & (utterances.c.n == hits.c.utterance),
        )
        .outerjoin(
            verdicts, (verdicts.c.call_id == hits.c.call_id) & (verdicts.c.hit_id == hits.c.id)
        )
        .where(hits.c.tier == Tier.MEANING.value, verdicts.c.id.is_(None))
        .order_by(recent.c.started_at.desc())
    )
    return as_records(_Place, connection.execute(query))


def _hash(line: str) -> str:
    """A line's mark, which outlives a purge of its words."""
    return hashlib.sha256(line.encode()).hexdigest()
