"""What was told about one utterance, so that only what changes is told again.

A hit lives once: provisional, then confirmed, then retracted. One that was taken back and comes
again is a new hit with a new number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from qa_engine.events import Hit, HitChanged, HitState, StepHeard, Utterance
from qa_engine.matching.call.candidates import Candidate
from qa_engine.matching.call.relations import Relevance, speaks
from qa_engine.matching.call.revisions import Shift, overlap, settled_chars
from qa_engine.matching.call.timing import CharTimes
from qa_engine.matching.call.watchlist import Watchlist
from qa_engine.matching.match import Match
from qa_engine.rules.counting import is_speaker_known

__all__ = ["HitLedger", "ToldHit", "steps_heard"]


@dataclass(slots=True)
class ToldHit:
    """A hit as it was last told, and where it lies in the newest text."""

    hit: Hit
    state: HitState
    begin: int
    end: int
    fading: bool = False
    """Its score fell below the threshold, but not far enough to take it back."""

    def is_of(self, candidate: Candidate) -> bool:
        """One occurrence over revisions: the same rule where characters or times overlap."""
        match = candidate.match
        return match.owner == self.hit.rule and bool(
            overlap(match.begin, match.end, self.begin, self.end)
            or overlap(candidate.begin_ms, candidate.end_ms, self.hit.begin_ms, self.hit.end_ms)
        )


@dataclass(slots=True)
class HitLedger:
    """The hits told of one utterance."""

    told: list[ToldHit] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)

    def follow(self, shift: Shift) -> None:
        """Move what was told to where it lies in the newest text."""
        for one in self.told:
            one.begin, one.end = shift.move(one.begin, one.end)
            one.fading = False

    def lost(self, found: Iterable[Candidate]) -> list[ToldHit]:
        """What was told and is not among the newest candidates."""
        known = list(found)
        return [one for one in self.told if not any(one.is_of(c) for c in known)]

    def settle(
        self,
        utterance: Utterance,
        counted: Sequence[tuple[Candidate, Relevance]],
        at_ms: int,
        doubtful_below: float,
    ) -> list[HitChanged]:
        """Bring what was told in line with the candidates that count; returns what to tell."""
        events: list[HitChanged] = []
        left, kept = list(self.told), []
        for candidate, verdict in counted:
            old = next((one for one in left if one.is_of(candidate)), None)
            if old is not None:
                left.remove(old)
            sure = verdict is Relevance.YES and candidate.settled
            state = HitState.CONFIRMED if sure else HitState.PROVISIONAL
            hit_id = old.hit.id if old is not None else self._new_id(utterance, candidate)
            hit = candidate.hit(hit_id, utterance, doubtful_below)
            new = ToldHit(hit, state, candidate.match.begin, candidate.match.end)
            event = _change(old, new, at_ms, final=utterance.is_final)
            if event is not None:
                events.append(event)
            kept.append(new)
        for old in left:
            if old.fading:
                kept.append(old)
            else:
                events.append(HitChanged(at_ms=at_ms, state=HitState.RETRACTED, hit=old.hit))
        self.told = kept
        return events

    def _new_id(self, utterance: Utterance, candidate: Candidate) -> str:
        rule = candidate.match.owner
        number = self.numbers[rule]
        self.numbers[rule] += 1
        return f"h-{utterance.id}-{rule}-{number}"


def _change(old: ToldHit | None, new: ToldHit, at_ms: int, *, final: bool) -> HitChanged | None:
    """The event that leads from `old` to `new`; puts `new` right where nothing is told."""
    if old is None:
        return HitChanged(at_ms=at_ms, state=new.state, hit=new.hit)
    if old.state is HitState.CONFIRMED:
        new.state = HitState.CONFIRMED
    moved = _gist(new.hit) != _gist(old.hit)
    if new.state is not old.state:
        return HitChanged(at_ms=at_ms, state=new.state, hit=new.hit, amended=moved)
    if moved or (final and new.hit != old.hit):
        return HitChanged(at_ms=at_ms, state=new.state, hit=new.hit, amended=True)
    new.hit = old.hit
    return None


def _gist(hit: Hit) -> tuple[object, ...]:
    """What a person sees of a hit: while the text grows, nothing else is worth a flicker."""
    return hit.phrase, hit.begin_char, hit.end_char, hit.heard, hit.tier, hit.audience


def steps_heard(
    watchlist: Watchlist,
    utterance: Utterance,
    matches: Sequence[Match],
    told: dict[str, StepHeard],
    at_ms: int,
) -> Iterator[StepHeard]:
    """Tell where each step's words first stand once they hardly change; keeps `told` up to date."""
    final = utterance.is_final
    settled = settled_chars(utterance.text, utterance.stable_chars, final=final)
    first: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: (m.begin, -m.score, -m.end)):
        step = watchlist.steps.get(match.owner) if match.kind == "step" else None
        # Whoever said it, where nobody knows: it was said.
        known = is_speaker_known(utterance.role_confidence)
        if step is not None and (speaks(step.who, utterance.role) or not known):
            first.setdefault(step.id, match)
    for step_id in [step_id for step_id in told if step_id not in first]:
        yield replace(told.pop(step_id), at_ms=at_ms, state=HitState.RETRACTED)
    fresh = {
        step_id: match
        for step_id, match in first.items()
        if final or (step_id not in told and match.end <= settled)
    }
    if not fresh:
        return
    times = CharTimes(utterance)
    for step_id, match in fresh.items():
        old = told.get(step_id)
        # A step's words may end in the speaker's next piece: its own piece tells when.
        begin_ms, end_ms = times.span_ms(match.begin, min(match.end, len(utterance.text)))
        new = StepHeard(
            at_ms=at_ms,
            step=step_id,
            utterance=utterance.id,
            role=utterance.role,
            begin_ms=begin_ms,
            end_ms=end_ms,
            score=match.score,
            state=HitState.CONFIRMED if final else HitState.PROVISIONAL,
        )
        if old is None or replace(new, at_ms=old.at_ms) != old:
            told[step_id] = new
            yield new
