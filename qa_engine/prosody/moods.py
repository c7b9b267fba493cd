"""A tense voice that says telling words: a customer getting angry, an agent losing patience.

Neither says it alone: a raised voice may be a bad line, and the words may be said in calm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from phrasebook.model import MoodRules
from qa_engine.events import Decision, Hit, Role
from qa_engine.prosody.tension import TENSE_FROM, Raised, Sounding

__all__ = ["Mood", "MoodKind", "moods"]

_NEAR_MS = 20_000
"""The words and the tension belong together when they are this near."""
APART_MS = 60_000


class MoodKind(StrEnum):
    ANGRY = "angry"
    """The customer is getting angry."""
    IMPATIENT = "impatient"
    """The agent is losing patience."""


_WHOSE = {Role.CUSTOMER: MoodKind.ANGRY, Role.AGENT: MoodKind.IMPATIENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """Words and voice together; `id` stays the same as more of the call is known."""

    id: str
    kind: MoodKind
    role: Role
    begin_ms: int
    """Of the words or the tense passage, whichever is first."""
    end_ms: int
    tension: float
    raised: tuple[Raised, ...]
    rule: str
    hit: str
    utterance: int
    """The words."""

    def is_one_with(self, other: Mood) -> bool:
        """Whether both are one outburst: who is upset stays so for a while."""
        return self.kind is other.kind and abs(self.begin_ms - other.begin_ms) < APART_MS


def moods(
    hits: Iterable[Hit], voices: Mapping[Role, Sequence[Sounding]], rules: MoodRules
) -> tuple[Mood, ...]:
    """In order of time; hits that the sentence spoke against are no evidence."""
    tense = {
        role: [passage for passage in passages if passage.tension >= TENSE_FROM]
        for role, passages in voices.items()
    }
    # Asked after every word of a call, most of which nobody is upset in.
    tense = {role: passages for role, passages in tense.items() if passages}
    if not tense:
        return ()
    found: list[Mood] = []
    telling = (h for h in hits if h.role in tense and h.decision is Decision.KEPT)
    for hit in sorted(telling, key=lambda one: (one.begin_ms, one.id)):
        kind = _WHOSE[hit.role]
        names = rules.angry if kind is MoodKind.ANGRY else rules.impatient
        if not _is_named(hit.rule, names):
            continue
        near = [
            passage
            for passage in tense[hit.role]
            if passage.begin_ms < hit.end_ms + _NEAR_MS and passage.end_ms > hit.begin_ms - _NEAR_MS
        ]
        if not near:
            continue
        mood = _mood(kind, hit, max(near, key=lambda passage: passage.tension))
        if not any(mood.is_one_with(other) for other in found):
            found.append(mood)
    return tuple(found)


@lru_cache(maxsize=8192)
def _is_named(rule: str, names: tuple[str, ...]) -> bool:
    return any(fnmatchcase(rule, name) for name in names)


def _mood(kind: MoodKind, hit: Hit, at: Sounding) -> Mood:
    return Mood(
        id=f"mood-{kind}-{hit.utterance}",
        kind=kind,
        role=hit.role,
        begin_ms=min(hit.begin_ms, at.begin_ms),
        end_ms=max(hit.end_ms, at.end_ms),
        tension=at.tension,
        raised=at.raised,
        rule=hit.rule,
        hit=hit.id,
        utterance=hit.utterance,
    )
