"""What a sentence means that no pattern found in it, once the call is over.

the judge finds it likely ──> for inspectors (tier: meaning)
… is sure, and words that the rule `maybe` says stand there ──> a hit like any other
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from phrasebook.model import Audience, Entry
from qa_engine.deciding import Around
from qa_engine.deciding.decided import DecisionReason, Meant
from qa_engine.events import Decision, Hit, Tier, Utterance
from qa_engine.matching.call.candidates import of_final
from qa_engine.matching.call.revisions import Finder
from qa_engine.matching.call.stretches import StretchWindow
from qa_engine.matching.call.watchlist import Watchlist
from qa_engine.matching.match import Match

__all__ = ["meanings"]
_CLAUSE_ENDS = re.compile(r"[，。！？；：、…,.!?;:\s]")
CLAUSE_CHARS = 12
"""So far around the words the clause is told where nothing ends it, as in what was only heard."""


def meanings(
    watchlist: Watchlist,
    unexcused: Finder,
    utterance: Utterance,
    window: StretchWindow,
    found: Collection[str],
    alone: bool,
    doubtful_below: float,
) -> Iterator[Hit]:
    """The likeliest finding in a final utterance, if any; `found`: rules that need no more there;
    `unexcused` finds the sayings of all entries, exceptions or not.

    `alone`: no pattern found anything in it; where one did, the rest is for inspectors.
    """
    decider = watchlist.decider
    around = Around(role=utterance.role, before=window.before)
    asked = utterance.text, around, found
    if not any(decider.meant(*asked)) and not any(decider.meant(*asked, worded=True)):
        return
    # What a pattern would find but for an exception was understood already.
    known = {*found, *(match.owner for match in unexcused.find(window.text))}
    # Only what it means most: words of a rule that it means less are in many sentences.
    sure = next(decider.meant(utterance.text, around, known, worded=True), None) if alone else None
    if sure is not None:
        words, excused = _seldom_words(watchlist, utterance.text, sure.entry)
        if hit := _sure_hit(watchlist, utterance, window, sure, words, doubtful_below):
            yield hit
            return
        if excused:
            known.add(sure.entry.id)
    # A sentence that means what was found in it already is explained: what it means less of is not
    # told, too.
    top = next(decider.meant(utterance.text, around, known - set(found)), None)
    if top is not None and top.entry.id not in found:
        yield _meaning_hit(top, utterance)


def _sure_hit(
    watchlist: Watchlist,
    utterance: Utterance,
    window: StretchWindow,
    meant: Meant,
    words: Sequence[Match],
    doubtful_below: float,
) -> Hit | None:
    around = Around(role=utterance.role, before=window.before)
    for match in words:
        if decided := watchlist.decider.sure(utterance.text, match, around, meant.likely):
            told = replace(_clause(utterance.text, match), why=decided.reason_zh)
            candidate = of_final(watchlist, utterance, window, told, decided)
            name = f"m-{utterance.id}-{meant.entry.id}"
            return candidate.hit(name, utterance, doubtful_below)
    return None


def _seldom_words(watchlist: Watchlist, text: str, entry: Entry) -> tuple[list[Match], list[Match]]:
    """What the entry `maybe` says in a sentence, and what an exception excuses of it.

    A clause is judged as a whole: what excuses one word of it excuses all of it.
    """
    if not entry.maybe:
        return [], []
    finder = watchlist.maybe()

    def said(by: Finder) -> list[Match]:
        found = (one for one in by.find(text) if one.owner == entry.id)
        return [one for one in found if one.tier is not Tier.FUZZY]

    words = said(finder)
    places = {(one.begin, one.end) for one in words}
    bare = said(finder.without_exceptions())
    excused = [_clause(text, one) for one in bare if (one.begin, one.end) not in places]
    free = [
        one
        for one in words
        if not any(one.begin < other.end and other.begin < one.end for other in excused)
    ]
    return free, excused


def _clause(text: str, match: Match) -> Match:
    """The clause that the words stand in: the sentence was judged, not two characters of it."""
    begin = max(0, match.begin - CLAUSE_CHARS)
    end = min(len(text), match.end + CLAUSE_CHARS)
    for mark in _CLAUSE_ENDS.finditer(text, begin, match.begin):
        begin = mark.end()
    if stop := _CLAUSE_ENDS.search(text, match.end, end):
        end = stop.start()
    return replace(match, begin=begin, end=end, heard=text[begin:end])


def _meaning_hit(meant: Meant, utterance: Utterance) -> Hit:
    """The finding as it is told: the whole utterance, and the known breach nearest to it."""
    entry = meant.entry
    return Hit(
        id=f"m-{utterance.id}-{entry.id}",
        rule=entry.id,
        source=entry.source,
        phrase=meant.nearest,
        role=utterance.role,
        utterance=utterance.id,
        begin_char=0,
        end_char=len(utterance.text),
        begin_ms=utterance.begin_ms,
        end_ms=utterance.end_ms,
        heard=utterance.text,
        quote=utterance.text,
        tier=Tier.MEANING,
        score=round(meant.likely, 3),
        why=meant.reason_zh,
        suggest=entry.suggest,
        coach=entry.coach,
        severity=entry.severity.value,
        audience=Audience.REVIEW.value,
        kind=entry.kind.value,
        fatal=entry.fatal,
        confidence=round(utterance.confidence, 3),
        role_confidence=utterance.role_confidence,
        decision=Decision.DOUBTFUL,
        certainty=round(meant.likely, 3),
        reason=DecisionReason.MEANING.value,
        reason_zh=meant.reason_zh,
    )
