"""One call's hits: found while people still speak, confirmed or visibly taken back.

    phrase in a partial ──> provisional ──> confirmed ──> (amended …)
                                 └──────────────┴───────> retracted

An utterance is read in its window: with the pieces of the same speaker that it goes on from or that
go on from it (`stretches.py`). What is found is a candidate; what the decider drops of it is held
back. What is confirmed when the call is closed depends on the final texts and their times alone:
not on the partials that led there, nor on which channel's finals came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from phrasebook.model import Phrasebook
from qa_engine.events import Hit, HitChanged, HitState, StepHeard, Tier, Utterance
from qa_engine.matching.call.candidates import Candidate, Sighting, candidates, own_words
from qa_engine.matching.call.compiled import compiled
from qa_engine.matching.call.growing_text import GrowingText
from qa_engine.matching.call.ledger import HitLedger, steps_heard
from qa_engine.matching.call.meanings import meanings
from qa_engine.matching.call.relations import Circumstances, Mention, Relevance
from qa_engine.matching.call.revisions import Finder, Shift, overlap
from qa_engine.matching.call.stretches import Stretches, StretchWindow
from qa_engine.matching.call.timing import CharTimes
from qa_engine.matching.match import Match
from qa_engine.rules.counting import UNSURE_WORDS_BELOW, is_speaker_known

__all__ = ["CallMatcher"]

DOUBTFUL_BELOW = UNSURE_WORDS_BELOW
"""A hit on words less sure than this goes to the inspectors, never to the agent."""


@dataclass(slots=True)
class _Heard:
    """One utterance over its revisions."""

    utterance: Utterance
    text: GrowingText
    relations: GrowingText | None
    candidates: list[Candidate] = field(default_factory=list)
    dropped: list[Candidate] = field(default_factory=list)
    window: StretchWindow | None = None
    hits: HitLedger = field(default_factory=HitLedger)
    steps: dict[str, StepHeard] = field(default_factory=dict)
    settled: tuple[Utterance, list[Candidate], list[Relevance]] | None = None
    """What was last decided of it, and of which words."""


class CallMatcher:
    """The state of one call; the matcher and what is compiled from the phrasebook are shared."""

    def __init__(
        self,
        matcher: Finder,
        phrasebook: Phrasebook,
        *,
        doubtful_below: float = DOUBTFUL_BELOW,
    ) -> None:
        self._matcher = matcher
        self._watchlist, self._unexcused = compiled(matcher, phrasebook)
        self._doubtful_below = doubtful_below
        self._circumstances = Circumstances()
        self._stretches = Stretches()
        self._heard: dict[int, _Heard] = {}
        self._waiting: dict[int, None] = {}
        """Utterances whose hits other utterances may still decide, in order of arrival."""
        self._closed = False

    def feed(self, utterance: Utterance) -> list[HitChanged | StepHeard]:
        """Take an utterance, or a newer revision of one: the same id again replaces the text.

        An older revision, or a partial after the final, is ignored. Raises RuntimeError once the
        call is closed.
        """
        if self._closed:
            raise RuntimeError("the call is closed; feed every utterance before close")
        heard = self._heard.get(utterance.id)
        if heard is None:
            heard = self._heard[utterance.id] = self._begin(utterance)
        elif not _is_news(utterance, heard.utterance):
            return []
        events: list[HitChanged | StepHeard] = list(self._revise(heard, utterance))
        events += self._decide(heard)
        for number in self._stretches.near(utterance):
            other = self._heard[number]
            if (changed := self._read(other)) is not None:
                events += changed
                events += self._decide(other)
        return [*events, *self._decide_waiting(heard)]

    @property
    def judge_version(self) -> str:
        """Of the judge that has a part in the decisions; "" without one."""
        return self._watchlist.decider.judge_version

    @property
    def held_back(self) -> tuple[Hit, ...]:
        """Candidates that were dropped, with the reason of each; known once the call is closed."""
        return tuple(self._held_back())

    def tick(self, now_ms: int) -> list[HitChanged | StepHeard]:
        """Say that every channel has been heard up to `now_ms`: windows that waited may pass."""
        self._circumstances.pass_time(now_ms)
        return list(self._decide_waiting(None))

    def close(self, duration_ms: int) -> list[HitChanged | StepHeard]:
        """End the call: what is still open counts as final, and every hit is decided."""
        events: list[HitChanged | StepHeard] = []
        for heard in self._heard.values():
            if not heard.utterance.is_final:
                events += self._revise(heard, replace(heard.utterance, is_final=True))
        self._circumstances.end(duration_ms)
        for heard in self._heard.values():
            events += self._read(heard) or ()
        for heard in self._heard.values():
            events += self._decide(heard)
        events += self._meant()
        self._closed = True
        return events

    def _meant(self) -> Iterator[HitChanged]:
        """Where no pattern found it, what a sentence means: the finals alone decide."""
        told: dict[int, set[str]] = defaultdict(set)
        for heard in self._heard.values():
            for one in heard.hits.told:
                for part in one.hit.parts:
                    told[part.utterance].add(one.hit.rule)
        for number in sorted(self._heard):
            heard = self._heard[number]
            utterance, window = heard.utterance, heard.window
            if window is None or not utterance.intelligible:
                continue
            if not is_speaker_known(utterance.role_confidence):
                continue
            found = told[number] | {one.match.owner for one in heard.dropped}
            alone, least = not told[number], self._doubtful_below
            shared = self._watchlist, self._unexcused
            for hit in meanings(*shared, utterance, window, found, alone, least):
                yield HitChanged(
                    at_ms=self._circumstances.now_ms, state=HitState.CONFIRMED, hit=hit
                )

    def _begin(self, utterance: Utterance) -> _Heard:
        relations = self._watchlist.relations
        return _Heard(
            replace(utterance, text="", words=()),
            GrowingText(self._matcher, self._watchlist.reach),
            None if relations is None else GrowingText(relations, self._watchlist.relations_reach),
        )

    def _revise(self, heard: _Heard, utterance: Utterance) -> list[StepHeard]:
        """Read the newest text and follow what was told into it; tells the steps in it."""
        shift = Shift.between(heard.utterance.text, utterance.text)
        seen = {
            (one.match.owner, *shift.move(one.match.begin, one.match.end), one.match.heard)
            for one in (*heard.candidates, *heard.dropped)
        }
        heard.utterance = utterance
        heard.hits.follow(shift)
        self._stretches.hear(utterance)
        self._circumstances.hear(utterance, self._mentions(heard))
        return self._read(heard, seen) or []

    def _read(self, heard: _Heard, seen: Collection[Sighting] = ()) -> list[StepHeard] | None:
        """Find candidates in the utterance as it is to be read now; None where nothing changed."""
        utterance = heard.utterance
        window = self._stretches.window(utterance)
        if window == heard.window:
            return None
        heard.window = window
        found = self._found(heard, window)
        read = candidates(self._watchlist, utterance, window, found, seen)
        heard.candidates = [one for one in read if not one.decided.is_dropped]
        heard.dropped = [one for one in read if one.decided.is_dropped]
        if heard.hits.told and not utterance.is_final:
            self._spare_fading(heard, window)
        if any(one.watched.contextual for one in (*heard.candidates, *heard.dropped)):
            self._waiting[utterance.id] = None
        else:
            self._waiting.pop(utterance.id, None)
        now_ms = self._circumstances.now_ms
        steps = self._watchlist.decider.steps_taken(window.text, found)
        own = [match.moved(-window.own) for match in steps]
        return list(steps_heard(self._watchlist, utterance, own, heard.steps, now_ms))

    def _found(self, heard: _Heard, window: StretchWindow) -> list[Match]:
        """What the window holds that begins in the utterance's own text."""
        if not heard.utterance.intelligible:
            return []
        end = window.own + len(heard.utterance.text)
        return [
            match
            for match in heard.text.read(window.text, final=window.is_final)
            if window.own <= match.begin < end
            and (match.end <= end or match.tier is not Tier.FUZZY)
        ]

    def _held_back(self) -> Iterator[Hit]:
        for heard in self._heard.values():
            for number, one in enumerate(heard.dropped):
                if self._judge(one, heard.utterance) is Relevance.YES:
                    name = f"b-{heard.utterance.id}-{one.match.owner}-{number}"
                    yield one.hit(name, heard.utterance, self._doubtful_below)

    def _mentions(self, heard: _Heard) -> Iterator[Mention]:
        utterance = heard.utterance
        if heard.relations is None or not utterance.intelligible:
            return
        matches = heard.relations.read(utterance.text, final=utterance.is_final)
        times = CharTimes(utterance) if matches else None
        for match in matches:
            assert times is not None
            begin_ms, end_ms = times.span_ms(match.begin, match.end)
            yield Mention(
                relation=int(match.owner),
                role=utterance.role,
                utterance=utterance.id,
                begin_char=match.begin,
                end_char=match.end,
                begin_ms=begin_ms,
                end_ms=end_ms,
            )

    def _spare_fading(self, heard: _Heard, window: StretchWindow) -> None:
        """Keep what fell only a little below its threshold: the next revision may raise it."""
        lost = heard.hits.lost(heard.candidates)
        if not lost or not heard.utterance.intelligible:
            return
        found = heard.text.fading(self._watchlist.off_thresholds)
        for match, decided in own_words(self._watchlist, heard.utterance, window, found):
            if decided.is_dropped:
                continue
            begin, end = match.begin - window.own, match.end - window.own
            for one in lost:
                same = match.owner == one.hit.rule
                if same and overlap(begin, end, one.begin, one.end):
                    one.fading = True

    def _decide_waiting(self, already: _Heard | None) -> Iterator[HitChanged]:
        for utterance_id in tuple(self._waiting):
            heard = self._heard[utterance_id]
            if heard is not already:
                yield from self._decide(heard)

    def _decide(self, heard: _Heard) -> list[HitChanged]:
        """Judge an utterance's candidates by all that is known of the call now."""
        if not heard.candidates and not heard.hits.told:
            return []
        verdicts = [self._judge(candidate, heard.utterance) for candidate in heard.candidates]
        if heard.settled is not None:
            utterance, read, before = heard.settled
            if utterance is heard.utterance and read is heard.candidates and before == verdicts:
                return []
        heard.settled = heard.utterance, heard.candidates, verdicts
        counted = [
            (candidate, verdict)
            for candidate, verdict in zip(heard.candidates, verdicts, strict=True)
            if verdict is not Relevance.NO
        ]
        return heard.hits.settle(
            heard.utterance, counted, self._circumstances.now_ms, self._doubtful_below
        )

    def _judge(self, candidate: Candidate, utterance: Utterance) -> Relevance:
        watched = candidate.watched
        if watched.entry.when is None and not watched.contextual:
            return Relevance.YES
        return self._circumstances.judge(
            candidate.span(utterance), watched.entry, watched.before, watched.after
        )


def _is_news(new: Utterance, old: Utterance) -> bool:
    if new.is_final or old.is_final:
        return new.is_final and new != old
    return new.revision >= old.revision and new != old
