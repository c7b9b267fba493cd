"""Text in, hits out, one JSON object a line: chat transcripts, and measuring the matcher.

A line is plain text, or a JSON object with `text` and, if it likes, `role` and `begin_ms`. Lines
stand alone: who speaks, what he quotes and a limit that is a number are heeded, what other lines
say and what is known of a call is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from phrasebook.model import Entry, Phrasebook, Speaker
from qa_engine.deciding import KEPT, Around, Decided, Decider
from qa_engine.errors import QAError
from qa_engine.events import Role
from qa_engine.matching.call.relations import speaks
from qa_engine.matching.linting.alone import beyond_a_sentence, within_limit
from qa_engine.matching.match import Match

__all__ = ["BadLine", "match_lines"]

BATCH_LINES = 256


class BadLine(QAError):
    """A line of input that cannot be read; `line` counts from 1. The line itself is not told."""

    def __init__(self, line: int, found: str) -> None:
        self.line = line
        super().__init__(
            f"line {line}: {found}; expected plain text or a JSON object such as "
            '{"text": "…", "role": "agent"}'
        )


class BatchFinder(Protocol):
    """What finds phrases in many texts at once: the matcher."""

    def find_many(
        self, texts: Sequence[str], *, min_score: float | None = None
    ) -> Sequence[Sequence[Match]]: ...


def match_lines(
    lines: Iterable[str],
    matcher: BatchFinder,
    phrasebook: Phrasebook | None = None,
    *,
    role: str = "agent",
    min_score: float | None = None,
) -> Iterator[dict[str, Any]]:
    """`{"line": n, "hits": [{phrase, rule, begin, end, heard, tier, score, why, suggest, decision,
    reason, reason_zh}], "held_back": [the same, decision dropped]}`.

    One for each line, in order, n from 1; offsets count characters of the text. `role` is who
    speaks where a line does not say (agent, customer, any). What the sentence makes of a
    candidate is its `decision`; dropped ones stand in `held_back`. `not_looked_at` names the
    conditions of the rule (`times`, `before`, `if`, …) that only a call can fulfil, where it has
    any. A matcher of plain phrases needs no phrasebook, heeds no role and keeps everything.
    `min_score` replaces every threshold. Raises `BadLine`, after the lines before it have been
    answered.
    """
    told = _Told(phrasebook) if phrasebook else None
    numbered = enumerate(lines, start=1)
    while batch := list(islice(numbered, BATCH_LINES)):
        read: list[tuple[int, str, Speaker]] = []
        wrong: BadLine | None = None
        for number, line in batch:
            try:
                read.append((number, *_read(number, line, role)))
            except BadLine as error:
                wrong = error
                break
        found = matcher.find_many([text for _, text, _ in read], min_score=min_score)
        for (number, text, who), matches in zip(read, found, strict=True):
            if told is None:
                rows = [{**_fields(match, ()), **_why(KEPT)} for match in matches]
                yield {"line": number, "hits": rows, "held_back": []}
            else:
                yield {"line": number, **told.decided(text, who, matches)}
        if wrong is not None:
            raise wrong


def _read(number: int, line: str, role: str) -> tuple[str, Speaker]:
    stripped = line.strip("\ufeff \t\r\n")
    if not stripped.startswith("{"):
        return line.rstrip("\r\n"), Speaker(role)
    try:
        row = json.loads(stripped)
    except ValueError as error:
        column = getattr(error, "pos", 0) + 1
        raise BadLine(number, f"JSON breaks off or goes wrong at character {column}") from None
    except RecursionError:
        raise BadLine(number, "JSON is nested too deeply") from None
    if not isinstance(row.get("text"), str):
        raise BadLine(number, "the JSON object has no `text`, or it is not a string")
    said_by = row.get("role") or role
    if said_by not in tuple(Speaker):
        raise BadLine(number, "`role` is none of agent, customer, any")
    begin_ms = row.get("begin_ms", 0)
    if isinstance(begin_ms, bool) or not isinstance(begin_ms, int | float):
        raise BadLine(number, "`begin_ms` is not a number")
    return row["text"], Speaker(said_by)


class _Told:
    """The hits of a phrasebook's entries, each with what its sentence makes of it."""

    def __init__(self, phrasebook: Phrasebook) -> None:
        self._entries: Mapping[str, Entry] = {entry.id: entry for entry in phrasebook.entries}
        self._decider = Decider(phrasebook)

    def decided(
        self, text: str, who: Speaker, matches: Sequence[Match]
    ) -> dict[str, list[dict[str, Any]]]:
        hits: list[dict[str, Any]] = []
        held_back: list[dict[str, Any]] = []
        for match in matches:
            entry = self._entries.get(match.owner) if match.kind == "entry" else None
            if entry is None or not _listens(entry, who):
                continue
            speaker = Role.CUSTOMER if Speaker.CUSTOMER in (who, entry.who) else Role.AGENT
            found = self._decider.decide(text, match, Around(role=speaker))
            if not found.is_dropped:
                found = within_limit(entry, text, match) or found
            into = held_back if found.is_dropped else hits
            unseen = beyond_a_sentence(entry)
            more = {"not_looked_at": list(unseen)} if unseen else {}
            into.append({**_fields(match, entry.suggest), **_why(found), **more})
        return {"hits": hits, "held_back": held_back}


def _fields(match: Match, suggest: Sequence[str]) -> dict[str, Any]:
    return {
        "phrase": match.phrase,
        "rule": match.owner,
        "begin": match.begin,
        "end": match.end,
        "heard": match.heard,
        "tier": match.tier.value,
        "score": match.score,
        "why": match.why,
        "suggest": list(suggest),
    }


def _why(found: Decided) -> dict[str, Any]:
    return {
        "decision": found.decision.value,
        "reason": found.reason.value,
        "reason_zh": found.reason_zh,
    }


def _listens(entry: Entry, who: Speaker) -> bool:
    return who is Speaker.ANY or speaks(entry.who, Role(who.value))
