"""The matcher: every way of every entry and step, found in one text at a time.

Immutable and shared by all calls. It knows nothing of speakers, times or other utterances; those
conditions are `CallMatcher`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from phrasebook.model import Phrasebook, Strictness
from qa_engine.events import Tier
from qa_engine.matching.match import Match, Misheard
from qa_engine.matching.patterns.assemble import PhraseHeard, PieceHit, PieceSpan, assemble, tier_of
from qa_engine.matching.patterns.owners import Excuse, OwnerBuilder
from qa_engine.matching.patterns.rows import RowIndex, SpelledRun
from qa_engine.matching.patterns.ways import WayCompiler
from qa_engine.matching.sounds.scoring import (
    UNKNOWN_PRIOR,
    homophone_score,
    score_beside,
    short_homophone_score,
    threshold,
)
from qa_engine.matching.text.edges import closes_clause, opens_clause
from qa_engine.matching.text.normalise import Normalised, normalise
from qa_engine.matching.text.readings import other_readings
from qa_engine.matching.tiers.commonplace import Commonplace, said_by_the_book
from qa_engine.matching.tiers.explain import why
from qa_engine.matching.tiers.fuzzy import SHORTEST, FuzzyIndex
from qa_engine.matching.tiers.homophone import HomophoneIndex
from qa_engine.matching.tiers.likelihood import likelihood


@dataclass(frozen=True, slots=True)
class _Found:
    """A match and its weight against others of its rule in the same place."""

    match: Match
    weight: float


class Matcher:
    """Finds what a phrasebook forbids and requires in recognised text."""

    def __init__(self, phrasebook: Phrasebook) -> None:
        builder = OwnerBuilder(WayCompiler(phrasebook.lists))
        builder.add_phrasebook(phrasebook)
        self._compile(builder, said_by_the_book(phrasebook))

    @classmethod
    def from_phrases(cls, phrases: Iterable[str]) -> Matcher:
        """A matcher of plain phrases, each its own rule; no pattern language."""
        matcher = cls.__new__(cls)
        builder = OwnerBuilder(WayCompiler({}))
        builder.add_phrases(phrases)
        matcher._compile(builder)
        return matcher

    @classmethod
    def of_rules(cls, phrasebook: Phrasebook, rules: Collection[str]) -> Matcher:
        """Of these rules alone; what the whole phrasebook holds to be right is everyday speech."""
        matcher = Matcher.__new__(Matcher)
        builder = OwnerBuilder(WayCompiler(phrasebook.lists))
        builder.add_phrasebook(
            replace(
                phrasebook,
                entries=tuple(entry for entry in phrasebook.entries if entry.id in rules),
                steps=tuple(step for step in phrasebook.steps if step.id in rules),
                scripts=(),
                default_script="",
            )
        )
        matcher._compile(builder, said_by_the_book(phrasebook))
        return matcher

    @classmethod
    def seldom(cls, phrasebook: Phrasebook) -> Matcher:
        """A matcher that is asked about few texts, one by one."""
        return cls(phrasebook)

    def without_exceptions(self) -> Self:
        """A matcher of the same lines that nothing excuses; what is compiled is shared."""
        other = copy(self)
        other._owners = tuple(replace(owner, excuses=()) for owner in self._owners)
        return other

    def _compile(self, builder: OwnerBuilder, clean: Iterable[str] = ()) -> None:
        self._commonplace = Commonplace(clean)
        self._owners = tuple(builder.owners)
        self._ways = tuple(builder.ways)
        self._pieces = builder.compiler.book.pieces
        self._simple: dict[int, list[int]] = {}
        self._joined = RowIndex(self._pieces)
        """Ways of several items, by their numbers."""
        for number, owned in enumerate(self._ways):
            items = owned.way.items
            if len(items) == 1 and isinstance(items[0], SpelledRun):
                for piece in items[0].pieces:
                    self._simple.setdefault(piece, []).append(number)
            else:
                self._joined.add(number, items)
        self._homophones = HomophoneIndex(self._pieces)
        self._fuzzy = FuzzyIndex(self._pieces)
        self._priors = self._fuzzy.priors()
        self._least = min((threshold(owner.strict) for owner in self._owners), default=1.0)

    def find(self, text: str, *, min_score: float | None = None) -> list[Match]:
        """Every match in the text, by place. `min_score` replaces the thresholds of all rules."""
        return self.find_many([text], min_score=min_score)[0]

    def find_many(
        self, texts: Sequence[str], *, min_score: float | None = None
    ) -> list[list[Match]]:
        """`find` for many texts at once."""
        readings: list[Normalised] = []
        source: list[int] = []
        for number, text in enumerate(texts):
            heard = normalise(text)
            for reading in (heard, *other_readings(heard)):
                readings.append(reading)
                source.append(number)
        least = self._least if min_score is None else min_score
        found: list[list[_Found]] = [[] for _ in texts]
        hits = self._hits([reading.text for reading in readings], least)
        whole: dict[int, _Reading] = {}
        for number, reading, heard_there in zip(source, readings, hits, strict=True):
            here = _Reading(reading, heard_there)
            first = whole.setdefault(number, here)
            if heard_there or self._joined.is_ever_standing:
                found[number] += self._in_reading(texts[number], here, first, min_score)
        return [_resolved(matches) if matches else [] for matches in found]

    def _hits(self, readings: Sequence[str], least_score: float) -> list[list[PieceHit]]:
        """The pieces in each folded text, each place of a piece once, in its surest tier."""
        found = [self._sounding(text) for text in readings]
        known = [{(hit.piece, hit.begin, hit.end) for hit in hits} for hits in found]
        for hit in self._fuzzy.search(readings, least_score):
            place = (hit.piece, hit.begin, hit.end)
            if place not in known[hit.text]:
                if self._commonplace.holds(readings[hit.text][hit.begin : hit.end]):
                    continue
                known[hit.text].add(place)
                found[hit.text].append(PieceHit(*place, Tier.FUZZY, hit.score, hit.score))
        return found

    def _sounding(self, folded: str) -> list[PieceHit]:
        found: list[PieceHit] = []
        for number, begin, end, is_exact in self._homophones.find(folded):
            if is_exact:
                found.append(PieceHit(number, begin, end, Tier.EXACT, 1.0, 1.0))
            else:
                alone = self._homophone_score(number, folded, begin, end)
                beside = score_beside(end - begin, alone)
                found.append(PieceHit(number, begin, end, Tier.HOMOPHONE, alone, beside))
        return found

    def _homophone_score(self, number: int, folded: str, begin: int, end: int) -> float:
        if end - begin >= SHORTEST:
            return homophone_score(self._priors.get(number, UNKNOWN_PRIOR))
        phrase, heard = self._pieces[number].text, folded[begin:end]
        before, after = folded[max(0, begin - 1) : begin], folded[end : end + 1]
        advantage = likelihood().advantage(phrase, heard, before, after)
        return short_homophone_score(end - begin, advantage)

    def _in_reading(
        self, text: str, heard: _Reading, whole: _Reading, min_score: float | None
    ) -> list[_Found]:
        """The matches in one reading; `whole` is the text itself, where exceptions stand, too."""
        found: list[_Found] = []
        for hit in heard.hits:
            span = PieceSpan(hit.begin, hit.end, hit.score, (hit,))
            for number in self._simple.get(hit.piece, ()):
                self._accept(found, number, span, heard, whole, text, min_score)
        for number in self._joined.standing(heard.by_piece):
            for span in assemble(self._ways[number].way.items, heard):
                self._accept(found, number, span, heard, whole, text, min_score)
        return found

    def _accept(
        self,
        found: list[_Found],
        number: int,
        span: PieceSpan,
        heard: _Reading,
        whole: _Reading,
        text: str,
        min_score: float | None,
    ) -> None:
        owned = self._ways[number]
        owner = self._owners[owned.owner]
        least = threshold(owner.strict) if min_score is None else min_score
        if span.score < least:
            return
        reading = heard.reading
        if any(heard.excuses(e, span) for e in owner.excuses):
            return
        if reading.lacks_words and owner.excuses:
            in_whole = whole.reading.folded(*reading.span(span.begin, span.end))
            there = replace(span, begin=in_whole[0], end=in_whole[1])
            if any(whole.excuses(excuse, there) for excuse in owner.excuses):
                return
        begin, end = reading.span(span.begin, span.end)
        if (owned.opens and not opens_clause(text, begin)) or (
            owned.closes and not closes_clause(text, end)
        ):
            return
        tier = tier_of(span)
        said = text[begin:end]
        match = Match(
            owner=owner.id,
            kind=owner.kind,
            phrase=owned.way.phrase,
            begin=begin,
            end=end,
            heard=said,
            tier=tier,
            score=round(span.score, 4),
            why=why(said, owned.way.phrase, tier, reading.text, span.hits, self._pieces),
            pattern_index=owned.pattern_index,
            misheard=tuple(
                Misheard(*reading.span(hit.begin, hit.end), self._pieces[hit.piece].text)
                for hit in span.hits
                if hit.tier is not Tier.EXACT
            ),
            parts=tuple(reading.span(hit.begin, hit.end) for hit in span.hits),
        )
        chars = sum(min(h.end - h.begin, len(self._pieces[h.piece].text)) for h in span.hits)
        found.append(_Found(match, chars * span.score))


class _Reading(PhraseHeard):
    """One folded text, the pieces in it, and the exceptions that were looked for in it."""

    def __init__(self, reading: Normalised, hits: Sequence[PieceHit]) -> None:
        super().__init__(reading.text, hits)
        self.reading = reading

    @cached_property
    def _exceptions(self) -> dict[int, list[PieceSpan]]:
        return {}

    def excuses(self, excuse: Excuse, span: PieceSpan) -> bool:
        """Whether the exception covers the span or stands near enough."""
        near = excuse.near_chars
        for other in self._standing(excuse):
            apart = max(other.begin - span.end, span.begin - other.end)
            if apart < 0 or (near is not None and apart <= near):
                return True
        return False

    def _standing(self, excuse: Excuse) -> list[PieceSpan]:
        found = self._exceptions.get(id(excuse))
        if found is None:
            found = self._exceptions[id(excuse)] = [
                span
                for row in excuse.rows.standing(self.by_piece)
                for span in assemble(row, self)
                if span.score >= threshold(Strictness.NORMAL)
            ]
        return found


def _resolved(found: list[_Found]) -> list[Match]:
    """One rule's overlapping matches reduced to the best.

    What was said as it stands goes before what may have been misheard; then most of a phrase, then
    the likeliest.
    """
    kept: list[Match] = []
    taken: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one in sorted(found, key=_rank):
        match = one.match
        spans = taken.setdefault((match.kind, match.owner), [])
        if all(match.end <= begin or end <= match.begin for begin, end in spans):
            spans.append((match.begin, match.end))
            kept.append(match)
    return sorted(kept, key=lambda m: (m.begin, m.end, m.owner))


def _rank(found: _Found) -> tuple[bool, float, int, int]:
    match = found.match
    return match.tier is Tier.FUZZY, -found.weight, match.begin, match.end
