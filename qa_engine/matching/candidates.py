"""What a speaker himself said, of what the matcher found in his words: hits, if the call agrees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from phrasebook.model import Audience
from qa_engine.events import Decision, Hit, Utterance
from qa_engine.matching.match import Match
from qa_engine.matching.quoted import is_quoted, quoted_spans
from qa_engine.matching.relations import Span, speaks
from qa_engine.matching.revisions import apart, settled_chars
from qa_engine.matching.timing import CharTimes
from qa_engine.matching.watchlist import Watched, Watchlist

__all__ = ["Candidate", "Sighting", "candidates", "own_words"]

LOW_CONFIDENCE = "low_confidence"
LOW_CONFIDENCE_ZH = "识别对这几个字没有把握，等待人工复核"

Sighting = tuple[str, int, int, str]
"""A rule, where it stands in the newest text, and what was heard: seen before, or not."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase in the newest text of an utterance, in the right mouth."""

    watched: Watched
    match: Match
    begin_ms: int
    end_ms: int
    confidence: float
    settled: bool
    """The text hardly changes any more, and no exception can still come to its right."""

    def span(self, utterance: Utterance) -> Span:
        return Span(
            utterance=utterance.id,
            role=utterance.role,
            begin_char=self.match.begin,
            end_char=self.match.end,
            begin_ms=self.begin_ms,
            end_ms=self.end_ms,
        )

    def hit(self, hit_id: str, utterance: Utterance, doubtful_below: float) -> Hit:
        """The hit as it is told; below `doubtful_below` it goes to the inspectors only."""
        entry, match = self.watched.entry, self.match
        doubtful = self.confidence < doubtful_below
        return Hit(
            id=hit_id,
            rule=entry.id,
            source=entry.source,
            phrase=match.phrase,
            role=utterance.role,
            utterance=utterance.id,
            begin_char=match.begin,
            end_char=match.end,
            begin_ms=self.begin_ms,
            end_ms=self.end_ms,
            heard=match.heard,
            quote=utterance.text,
            tier=match.tier,
            score=match.score,
            why=match.why,
            suggest=entry.suggest,
            coach=entry.coach,
            severity=entry.severity.value,
            audience=(Audience.REVIEW if doubtful else entry.audience).value,
            kind=entry.kind.value,
            fatal=entry.fatal,
            confidence=round(self.confidence, 3),
            role_confidence=utterance.role_confidence,
            decision=Decision.DOUBTFUL if doubtful else Decision.KEPT,
            reason=LOW_CONFIDENCE if doubtful else "",
            reason_zh=LOW_CONFIDENCE_ZH if doubtful else "",
        )


def own_words(watchlist: Watchlist, utterance: Utterance, matches: Sequence[Match]) -> list[Match]:
    """Of each entry, what the right role said and did not merely quote, without overlaps."""
    by_entry: dict[str, list[Match]] = {}
    spans = None
    for match in matches:
        watched = watchlist.entries.get(match.owner) if match.kind == "entry" else None
        if watched is None or not speaks(watched.entry.who, utterance.role):
            continue
        if watched.entry.skip_quoted:
            spans = quoted_spans(utterance.text) if spans is None else spans
            if is_quoted(match.begin, match.end, spans):
                continue
        by_entry.setdefault(match.owner, []).append(match)
    return [
        match
        for found in by_entry.values()
        for match in (apart(found) if len(found) > 1 else found)
    ]


def candidates(
    watchlist: Watchlist,
    utterance: Utterance,
    matches: Sequence[Match],
    seen: Collection[Sighting] = (),
) -> list[Candidate]:
    """The candidates of an utterance's newest text; `seen` is what the revision before held."""
    own = own_words(watchlist, utterance, matches)
    if not own:
        return []
    times = CharTimes(utterance)
    final = utterance.is_final
    settled = settled_chars(utterance.text, utterance.stable_chars, final=final)
    found = []
    for match in own:
        watched = watchlist.entries[match.owner]
        begin_ms, end_ms = times.span_ms(match.begin, match.end)
        again = (match.owner, match.begin, match.end, match.heard) in seen
        found.append(
            Candidate(
                watched=watched,
                match=match,
                begin_ms=begin_ms,
                end_ms=end_ms,
                confidence=times.confidence(match.begin, match.end),
                settled=final
                or settled >= match.end + watched.right_chars
                or (again and not watched.right_chars),
            )
        )
    return found
