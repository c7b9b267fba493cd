"""What the judge finds and no pattern matches, by rule: for the lead to take up or to reject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import phrasebook as pb
from api.backtest.transcripts import PastCall
from models.judging import open_judge
from models.judging.examples import Example, SaidLine
from phrasebook.model import Kind
from qa_engine.events import Hit, HitChanged, HitState, Role, Tier, Utterance
from qa_engine.matching import Matcher
from qa_engine.matching.call.call_matcher import CallMatcher

__all__ = ["Discovery", "discover", "unknown_rules"]


@dataclass(frozen=True, slots=True)
class Discovery:
    """A sentence that means what a rule forbids, how often it was said, and where first."""

    rule: str
    title: str
    likely: float
    times: int
    call_id: str
    begin_ms: int
    nearest: str
    example: Example


def discover(calls: Iterable[PastCall], book: pb.Phrasebook) -> list[Discovery]:
    """The discoveries by rule, likeliest first; a sentence said twice is one."""
    matcher = Matcher(book)
    titles = {entry.id: entry.title for entry in book.entries}
    found: dict[tuple[str, str], Discovery] = {}
    for call in calls:
        for hit in _by_meaning(call, matcher, book):
            known = found.get((hit.rule, hit.quote))
            found[hit.rule, hit.quote] = Discovery(
                rule=hit.rule,
                title=titles[hit.rule],
                likely=hit.score,
                times=known.times + 1 if known else 1,
                call_id=known.call_id if known else call.id,
                begin_ms=known.begin_ms if known else hit.begin_ms,
                nearest=hit.phrase,
                example=known.example if known else _example(hit, call.utterances),
            )
    return sorted(found.values(), key=lambda one: (one.rule, -one.likely, -one.times, one.call_id))


def unknown_rules(book: pb.Phrasebook) -> tuple[int, int]:
    """How many rules that forbid something the judge in force has not learned, of how many: of
    those nothing can be found by meaning. Without a judge it has learned none.
    """
    judge = open_judge()
    known = {one for role in Role for one in (judge.families(role.value) if judge else ())}
    rules = [entry.id for entry in book.entries if entry.kind is Kind.FORBIDDEN]
    return sum(rule not in known for rule in rules), len(rules)


def _by_meaning(call: PastCall, matcher: Matcher, book: pb.Phrasebook) -> list[Hit]:
    heard = CallMatcher(matcher, book)
    for utterance in call.utterances:
        heard.feed(utterance)
    return [
        event.hit
        for event in heard.close(call.duration_ms)
        if isinstance(event, HitChanged)
        and event.state is HitState.CONFIRMED
        and event.hit.tier is Tier.MEANING
    ]


def _example(hit: Hit, spoken: tuple[Utterance, ...]) -> Example:
    before = [one for one in spoken if one.begin_ms < hit.begin_ms and one.id != hit.utterance]
    return Example(
        rule=hit.rule,
        breach=True,
        role=hit.role.value,
        line=hit.quote,
        before=tuple(SaidLine(one.role.value, one.text) for one in before[-2:]),
    )
