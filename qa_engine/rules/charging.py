"""One breach, one charge: of the findings that lie on the same words, the gravest is charged.

    公司规定是这样的我改不了    拿规定当挡箭牌 ├────────────┤        shown under it
                                一口回绝做不到          ├──┤        charged

How grave a rule is, its author has said; how many characters were heard of it only parts rules of
one severity. Otherwise whoever adds an excuse to a refusal would lose less than by refusing alone.

And one rule counts once an utterance: 不归我管，您找别人 in one breath is one fault. The others are
not counted, with the reason `charged_once`; when a person overturns the one that was charged, the
next one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from phrasebook.model import Kind, Severity
from qa_engine.events import Hit, Tier
from qa_engine.rules.counting import Effect, Reason, Standing, standing_of_hit

__all__ = ["Claim", "charged_once", "once_an_utterance", "standings"]

TOUCHING_CHARS = 2
"""Findings this near to each other lie on the same words: 这样的|我改不了."""
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A finding that may take points, and the words that it lies on."""

    id: str
    rule: str
    role: str
    parts: tuple[tuple[int, int, int], ...]
    """Utterance, begin and end of its characters."""
    severity: Severity
    fatal: bool
    standing: Standing

    @property
    def chars(self) -> int:
        return sum(end - begin for _, begin, end in self.parts)

    def meets(self, other: Claim) -> bool:
        """Whether both lie on the same words of one speaker."""
        return self.role == other.role and any(
            mine == theirs and begin <= last + TOUCHING_CHARS and first <= end + TOUCHING_CHARS
            for mine, begin, end in self.parts
            for theirs, first, last in other.parts
        )


def standings(hits: Sequence[Hit], *, judgeable: bool = True) -> Mapping[str, Standing]:
    """What each hit of a call does, by its id."""
    found = {hit.id: standing_of_hit(hit, judgeable=judgeable) for hit in hits}
    claims = [_claim(hit, found[hit.id]) for hit in hits]
    forbidden = {hit.id for hit in hits if hit.kind == Kind.FORBIDDEN.value}
    charged = charged_once(claim for claim in claims if claim.id in forbidden)
    others = once_an_utterance(claim for claim in claims if claim.id not in forbidden)
    return {**found, **charged, **others}


def charged_once(claims: Iterable[Claim]) -> Mapping[str, Standing]:
    """The standings of all claims, by id, once only one is charged for the same words."""
    found: dict[str, Standing] = {}
    charged: list[Claim] = []
    for claim in sorted(claims, key=_gravest_first):
        found[claim.id] = claim.standing
        if not claim.standing.counts:
            continue
        if any(claim.meets(other) and claim.rule != other.rule for other in charged):
            found[claim.id] = Standing(Effect.NOT_COUNTED, Reason.CHARGED_ONCE)
        else:
            charged.append(claim)
    return {**found, **once_an_utterance(charged)}


def once_an_utterance(claims: Iterable[Claim]) -> Mapping[str, Standing]:
    """The standings of all claims, by id, once a rule counts once in an utterance: the first."""
    found: dict[str, Standing] = {}
    taken: set[tuple[str, int]] = set()
    for claim in sorted(claims, key=lambda one: (one.parts, one.id)):
        found[claim.id] = claim.standing
        if not claim.standing.counts or not claim.parts:
            continue
        place = (claim.rule, claim.parts[0][0])
        if place in taken:
            found[claim.id] = Standing(Effect.NOT_COUNTED, Reason.CHARGED_ONCE)
        taken.add(place)
    return found


def _gravest_first(claim: Claim) -> tuple[object, ...]:
    """A fatal finding is never hidden; then the gravest rule's, then the one that heard most."""
    return not claim.fatal, -_RANK[claim.severity], -claim.chars, claim.parts, claim.rule, claim.id


def _claim(hit: Hit, standing: Standing) -> Claim:
    return Claim(
        id=hit.id,
        rule=hit.rule,
        role=hit.role.value,
        parts=tuple(_places(hit)),
        severity=Severity(hit.severity),
        fatal=hit.fatal,
        standing=standing,
    )


def _places(hit: Hit) -> Iterator[tuple[int, int, int]]:
    """Nothing for an answer: what it quotes shows where to listen, and may break other rules."""
    if hit.tier is Tier.ASKED:
        return
    for part in hit.parts:
        yield part.utterance, part.begin_char, part.end_char
