"""What the phrasebook that judged a call says of its rules and steps, for people's own findings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import yaml
from sqlalchemy import Connection, select

from api.store.tables import calls, phrasebooks
from phrasebook.model import AnchorKind, Kind, Severity, Speaker
from phrasebook.words import FLAGS, KINDS, SEVERITIES, SPEAKERS

_KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """A rule as far as a finding shows it."""

    id: str
    title: str
    source: str = ""
    who: Speaker = Speaker.AGENT
    """Whose words it listens to."""
    severity: Severity = Severity.MEDIUM
    kind: Kind = Kind.FORBIDDEN
    fatal: bool = False
    points: float = 0.0
    """0: none are named; the severity tells the share of its item."""
    suggest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """A required step. `points` 0: none are named."""

    points: float = 0.0
    fatal: bool = False
    on_hit: str = ""
    """The rule whose words make it due; empty where something else does."""


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """Rules (entries, then questions) and steps by their ids; empty where it is not kept."""

    rules: Mapping[str, RuleFacts] = field(default_factory=dict)
    steps: Mapping[str, StepFacts] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Id → title."""

    @cached_property
    def prices(self) -> dict[str, float]:
        """Rule → points, for the rules that name any."""
        return {rule.id: rule.points for rule in self.rules.values() if rule.points}


NOTHING = Rulebook()
_read: OrderedDict[str, Rulebook] = OrderedDict()
_lock = Lock()
"""Ten thousand phrases take a second to read; a version never changes."""


def rulebook_of(connection: Connection, call_id: str) -> Rulebook:
    """The phrasebook that judged this call."""
    version = connection.scalar(select(calls.c.phrasebook_version).where(calls.c.id == call_id))
    return _of_version(connection, version) if version else NOTHING


def newest(connection: Connection) -> Rulebook:
    """The phrasebook that was first used last: its titles are those that people type."""
    query = select(phrasebooks.c.version).order_by(phrasebooks.c.first_used_at.desc()).limit(1)
    version = connection.scalar(query)
    return _of_version(connection, version) if version else NOTHING


def ids_of(named: Mapping[str, str], wanted: str) -> list[str]:
    """The id that was typed, and those whose title was; `named`: id → title."""
    return [wanted, *(one for one, title in named.items() if title.strip() == wanted.strip())]


def _of_version(connection: Connection, version: str) -> Rulebook:
    with _lock:
        if version not in _read:
            query = select(phrasebooks.c.yaml).where(phrasebooks.c.version == version)
            _read[version] = parsed(connection.scalar(query) or "")
            while len(_read) > _KEPT:
                _read.popitem(last=False)
        return _read[version]


def parsed(text: str) -> Rulebook:
    """A phrasebook as the store keeps it."""
    book: Any = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    rules = [_rule(row) for row in (*book.get("entries", ()), *book.get("asks", ()))]
    return Rulebook(
        rules={rule.id: rule for rule in rules},
        steps={
            str(row["id"]): StepFacts(
                points=float(row.get("points") or 0.0),
                fatal=_flag(row.get("fatal")),
                on_hit=_anchored_on(str(row.get("anchor", ""))),
            )
            for row in book.get("steps", ())
        },
        scripts={
            str(row["id"]): str(row.get("title") or row["id"]) for row in book.get("scripts", ())
        },
    )


def _rule(row: Mapping[str, Any]) -> RuleFacts:
    return RuleFacts(
        id=str(row["id"]),
        title=str(row.get("title") or row["id"]),
        source=str(row.get("source") or ""),
        who=SPEAKERS.get(str(row.get("who", "")), Speaker.AGENT),
        severity=SEVERITIES.get(str(row.get("severity", "")), Severity.MEDIUM),
        kind=KINDS.get(str(row.get("kind", "")), Kind.FORBIDDEN),
        fatal=_flag(row.get("fatal")),
        points=float(row.get("points") or 0.0),
        suggest=tuple(str(one) for one in row.get("suggest") or ()),
    )


def _anchored_on(anchor: str) -> str:
    kind, _, rule = anchor.partition(":")
    return rule.strip() if kind.strip() == AnchorKind.HIT else ""


def _flag(value: object) -> bool:
    return FLAGS.get(str(value).lower(), False)
