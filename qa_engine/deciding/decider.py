"""Decides about each candidate in its sentence: kept, doubtful or dropped, and why.

    quoted? framed? ──> cut through a word? ──> good Chinese as heard? ──> what the judge says

Each step may only take away what the ones before it left; the first that does gives the reason.
Nothing here depends on how a text came to be: the same sentence is decided the same way whether it
grew or was read at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from phrasebook.model import Entry, Frame, Phrasebook, Strictness
from phrasebook.pattern import Literal, Pattern
from qa_engine.deciding.borders import inside_word
from qa_engine.deciding.decided import KEPT, Around, Decided, DecisionReason, Meant
from qa_engine.deciding.fluency import weigh
from qa_engine.deciding.frames import framed
from qa_engine.deciding.judge import (
    DOUBTED,
    FATAL_FROM,
    KEEP_FROM,
    MAYBE_FROM,
    SAID,
    SHAKY,
    SURE_FROM,
    Judge,
)
from qa_engine.deciding.words import WordModel, words
from qa_engine.events import Decision, Role, Tier
from qa_engine.matching.call.relations import speaks
from qa_engine.matching.match import Match

__all__ = ["Decider"]

CONTEXT_CHARS = 18
"""So far from a phrase no word of the sentence is weighed."""
MAYBE_CERTAINTY = 0.85
"""A judge alone is never sure enough for a fatal rule."""
LONGEST_OWN = 6
_IS_SENTENCE = frozenset("不没您你我了")
"""A list's value with one of these is no name: it must not seem likelier for standing there."""
_WEIGHED = frozenset({DecisionReason.FLUENT, DecisionReason.INSIDE_WORD, DecisionReason.ATTRIBUTE})
"""Reasons that a judge of whole sentences may overrule; grammar it may not."""

_DENYING = frozenset({Frame.NEGATION, Frame.RHETORIC})
_AGENT = Around(role=Role.AGENT)


class Decider:
    """Immutable and shared by all calls; the words are read at the first candidate."""

    def __init__(self, phrasebook: Phrasebook, judge: Judge | None = None) -> None:
        self._entries: Mapping[str, Entry] = {entry.id: entry for entry in phrasebook.entries}
        self._own = frozenset(own_words(phrasebook))
        self._judge = judge

    @property
    def judge_version(self) -> str:
        """ "" where there is no judge."""
        return "" if self._judge is None else self._judge.version

    def decide(self, sentence: str, match: Match, around: Around) -> Decided:
        """What becomes of a candidate that stands at `begin:end` of `sentence`."""
        entry = self._entries[match.owner]
        found = framed(sentence, match, _wanted(entry), around)
        if found is KEPT:
            found = self._weighed(sentence, match, entry)
        return self._heard(sentence, match, around, found)

    def _weighed(self, sentence: str, match: Match, entry: Entry) -> Decided:
        near, here = _surroundings(sentence, match)
        found = inside_word(self._words, near, here)
        return weigh(self._words, near, here, entry.strict) if found is KEPT else found

    def steps_taken(self, sentence: str, matches: Iterable[Match]) -> Iterator[Match]:
        """The steps among the matches that the sentence does take.

        Who denies them does not (您不用提供身份证号), nor who says other words that make good
        Chinese as they stand: only nonsense was misheard. Doubt speaks for the agent; less is
        asked than of a breach.
        """
        for match in matches:
            if match.kind != "step" or framed(sentence, match, _DENYING, _AGENT) is not KEPT:
                continue
            near, here = _surroundings(sentence, match)
            sure = match.tier is Tier.EXACT
            if sure or weigh(self._words, near, here, Strictness.LOOSE) is KEPT:
                yield match

    def sure(self, sentence: str, match: Match, around: Around, likely: float) -> Decided | None:
        """The decision for words that mean it in some sentences only (`maybe`), in this one.

        None where the judge is not sure enough, or grammar speaks against them.
        """
        entry = self._entries[match.owner]
        # Who only asks (那您重启了没有？) says nothing of anybody.
        least = FATAL_FROM if entry.fatal or _ASKS.search(sentence) else MAYBE_FROM
        if likely < least or framed(sentence, match, _wanted(entry), around) is not KEPT:
            return None
        told = f"有“{match.heard}”，整句话的意思也像“{entry.title}”（{likely:.0%}）"
        return Decided(Decision.KEPT, min(likely, MAYBE_CERTAINTY), DecisionReason.JUDGE, told)

    def _likely(self, sentence: str, match: Match, around: Around) -> float | None:
        if self._judge is None:
            return None
        # What comes before or after in another breath makes the words no unlikelier.
        begin, end = around.piece or (0, len(sentence))
        piece = sentence[begin:end] if begin <= match.begin and match.end <= end else sentence
        likely = [
            self._judge.probability(
                said, before=around.before, family=match.owner, role=around.role
            )
            for said in dict.fromkeys((sentence, piece))
        ]
        return max((one for one in likely if one is not None), default=None)

    def _heard(self, sentence: str, match: Match, around: Around, found: Decided) -> Decided:
        if found.decision is Decision.DROPPED and found.reason not in _WEIGHED:
            return found
        likely = self._likely(sentence, match, around)
        if likely is None:
            return found
        least = DOUBTED if found is not KEPT else SHAKY if match.tier is Tier.FUZZY else SAID
        if not found.is_dropped and likely < least.kept_from:
            told = f"整句话不像“{self._entries[match.owner].title}”（{likely:.0%}）"
            is_out = likely < least.doubted_from
            decision = Decision.DROPPED if is_out else Decision.DOUBTFUL
            return Decided(decision, 1 - likely, DecisionReason.JUDGE, told)
        if found is KEPT or likely < KEEP_FROM:
            return found
        if found.decision is Decision.DOUBTFUL and likely >= SURE_FROM:
            return Decided(Decision.KEPT, likely)
        # A patterns' words were not said here: whatever else the sentence means, a person looks.
        return Decided(Decision.DOUBTFUL, min(likely, 0.5), found.reason, found.reason_zh)

    def meant(
        self, sentence: str, around: Around, found: Collection[str], *, worded: bool = False
    ) -> Iterator[Meant]:
        """What a sentence means that no pattern found in it; `found`: rules that need no more.

        `worded`: what it may mean, if words that the rule `maybe` says stand in it.
        Only rules that hold all call long, of the right speaker: the judge does not know the time.
        """
        if self._judge is None:
            return
        ask = self._judge.worded if worded else self._judge.meant
        meant = ask(sentence, before=around.before, role=around.role)
        for family, likely in meant:
            entry = self._entries.get(family)
            if entry is None or family in found or not speaks(entry.who, around.role):
                continue
            if entry.when is None and not entry.before and not entry.after:
                near = self._judge.nearest(sentence, family=family, role=around.role)
                yield Meant(entry, likely, near)

    @property
    def _words(self) -> WordModel:
        return words(self._own)


def _surroundings(sentence: str, match: Match) -> tuple[str, Match]:
    """The part of the sentence that is weighed, and the match in it."""
    begin = max(0, match.begin - CONTEXT_CHARS)
    return sentence[begin : match.end + CONTEXT_CHARS], match.moved(-begin)


_ASKS = re.compile(r"(?:了没有?|[了过]吗|没有)[呢啊呀]?[？?。！!，,\s]*$")


def _wanted(entry: Entry) -> frozenset[Frame]:
    """A rule that flags quotations flags the customer's words asked back, too."""
    if entry.skip_quoted:
        return entry.frames | {Frame.QUOTED}
    return entry.frames - {Frame.ECHO}


def own_words(phrasebook: Phrasebook) -> Iterator[str]:
    """The words in a pack's lists: its products, departments and authorities."""
    for values in phrasebook.lists.values():
        for value in values:
            word = _plain(value)
            if 1 < len(word) <= LONGEST_OWN and _IS_SENTENCE.isdisjoint(word):
                yield word


def _plain(pattern: Pattern) -> str:
    items = pattern.root.items
    if all(isinstance(item, Literal) for item in items):
        return "".join(item.text for item in items if isinstance(item, Literal))
    return ""
