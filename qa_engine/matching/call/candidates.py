"""What a speaker himself said, of what the matcher found in his words: hits, if the call agrees."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from phrasebook.model import Audience
from qa_engine.deciding import Around, Decided
from qa_engine.events import Decision, Hit, HitPart, Utterance
from qa_engine.matching.call.relations import CallSpan, speaks
from qa_engine.matching.call.revisions import apart
from qa_engine.matching.call.stretches import StretchWindow
from qa_engine.matching.call.timing import CharTimes
from qa_engine.matching.call.watchlist import Watched, Watchlist
from qa_engine.matching.match import Match

__all__ = ["Candidate", "Sighting", "candidates", "of_final", "own_words"]

LOW_CONFIDENCE = "low_confidence"
LOW_CONFIDENCE_ZH = "识别对这几个字没有把握，等待人工复核"
LOW_CONFIDENCE_CERTAINTY = 0.5

Sighting = tuple[str, int, int, str]
"""A rule, where it stands in the newest text, and what was heard: seen before, or not."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase in the newest text of an utterance, said by whom its rule is for, and its decision.

    `match` counts characters from the utterance's begin; it may end in a later piece.
    """

    watched: Watched
    match: Match
    decided: Decided
    parts: tuple[HitPart, ...]
    confidence: float
    settled: bool
    """The text hardly changes any more, and no exception can still come to its right."""

    @property
    def begin_ms(self) -> int:
        return self.parts[0].begin_ms

    @property
    def end_ms(self) -> int:
        return self.parts[-1].end_ms

    def span(self, utterance: Utterance) -> CallSpan:
        return CallSpan(
            utterance=utterance.id,
            role=utterance.role,
            begin_char=self.match.begin,
            end_char=self.match.end,
            begin_ms=self.begin_ms,
            end_ms=self.end_ms,
        )

    def hit(self, hit_id: str, utterance: Utterance, doubtful_below: float) -> Hit:
        """The hit as it is told; below `doubtful_below` it goes to the inspectors only."""
        entry, match, first = self.watched.entry, self.match, self.parts[0]
        decided = self.decided
        decision, certainty = decided.decision, decided.certainty
        reason, reason_zh = decided.reason.value, decided.reason_zh
        if self.confidence < doubtful_below and decision is Decision.KEPT:
            decision, certainty = Decision.DOUBTFUL, LOW_CONFIDENCE_CERTAINTY
            reason, reason_zh = LOW_CONFIDENCE, LOW_CONFIDENCE_ZH
        audience = Audience.REVIEW if decision is Decision.DOUBTFUL else entry.audience
        return Hit(
            id=hit_id,
            rule=entry.id,
            source=entry.source,
            phrase=match.phrase,
            role=utterance.role,
            utterance=utterance.id,
            begin_char=first.begin_char,
            end_char=first.end_char,
            begin_ms=first.begin_ms,
            end_ms=first.end_ms,
            heard=match.heard,
            quote=utterance.text,
            tier=match.tier,
            score=match.score,
            why=match.why,
            suggest=entry.suggest,
            coach=entry.coach,
            severity=entry.severity.value,
            audience=audience.value,
            kind=entry.kind.value,
            fatal=entry.fatal,
            confidence=round(self.confidence, 3),
            role_confidence=utterance.role_confidence,
            parts=self.parts,
            decision=decision,
            certainty=round(certainty, 3),
            reason=reason,
            reason_zh=reason_zh,
        )


def own_words(
    watchlist: Watchlist, utterance: Utterance, window: StretchWindow, matches: Sequence[Match]
) -> Iterator[tuple[Match, Decided]]:
    """Of each entry, what the right role said, without overlaps; dropped ones only where alone.

    `matches` count characters of the window's text, and so do those that come back.
    """
    by_entry: dict[str, list[Match]] = {}
    for match in matches:
        watched = watchlist.entries.get(match.owner) if match.kind == "entry" else None
        if watched is not None and speaks(watched.entry.who, utterance.role):
            by_entry.setdefault(match.owner, []).append(match)
    piece = window.own, window.own + len(utterance.text)
    around = Around(role=utterance.role, before=window.before, piece=piece)
    for found in by_entry.values():
        decided = [(match, watchlist.decider.decide(window.text, match, around)) for match in found]
        standing = apart([match for match, its in decided if not its.is_dropped])
        dropped = [match for match, its in decided if its.is_dropped]
        alone = [m for m in apart(dropped) if not any(_overlap(m, other) for other in standing)]
        for match, its in decided:
            if match in standing or match in alone:
                yield match, its


def _overlap(one: Match, other: Match) -> bool:
    return one.begin < other.end and other.begin < one.end


def candidates(
    watchlist: Watchlist,
    utterance: Utterance,
    window: StretchWindow,
    matches: Sequence[Match],
    seen: Collection[Sighting] = (),
) -> list[Candidate]:
    """The candidates of an utterance's newest text; `seen` is what the revision before held."""
    times: dict[int, CharTimes] = {}
    settled = window.settled
    found = []
    for match, decided in own_words(watchlist, utterance, window, matches):
        own = match.moved(-window.own)
        watched = watchlist.entries[match.owner]
        again = (own.owner, own.begin, own.end, own.heard) in seen
        parts, confidence = _parts(window, match, times)
        found.append(
            Candidate(
                watched=watched,
                match=own,
                decided=decided,
                parts=parts,
                confidence=confidence,
                settled=utterance.is_final
                or settled >= match.end + watched.right_chars
                or (again and not watched.right_chars),
            )
        )
    return found


def of_final(
    watchlist: Watchlist,
    utterance: Utterance,
    window: StretchWindow,
    match: Match,
    decided: Decided,
) -> Candidate:
    """A candidate in the final text of an utterance alone; `match` counts its characters."""
    parts, confidence = _parts(window, match.moved(window.own), {})
    watched = watchlist.entries[match.owner]
    return Candidate(watched, match, decided, parts, confidence, settled=True)


def _parts(
    window: StretchWindow, match: Match, known: dict[int, CharTimes]
) -> tuple[tuple[HitPart, ...], float]:
    """Where the match lies, utterance by utterance, and how sure the recogniser was of it."""
    parts, sure = [], 0.0
    for spoken, begin, end in window.parts(match.begin, match.end):
        times = known.get(spoken.id) or known.setdefault(spoken.id, CharTimes(spoken))
        begin_ms, end_ms = times.span_ms(begin, end)
        sure += times.confidence(begin, end) * (end - begin)
        parts.append(
            HitPart(
                utterance=spoken.id,
                begin_char=begin,
                end_char=end,
                begin_ms=begin_ms,
                end_ms=end_ms,
            )
        )
    return tuple(parts), sure / (match.end - match.begin)
