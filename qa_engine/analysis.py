"""The QA core of one call, everything after the text: hits, steps, conduct, score.

Utterances go in as they are heard, partials and finals, the two channels in any interleaving;
`close` settles what was left open, and `result` is the same for every way there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from phrasebook.model import Phrasebook, Script
from qa_engine.events import Hit, HitChanged, HitState, Role, SessionEvent, StepHeard, Utterance
from qa_engine.matching.call_matcher import CallMatcher
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.conduct import Conduct, ConductMeter
from qa_engine.rules.conduct_checks import CHECKS, Check
from qa_engine.rules.counting import Conclusion, is_speaker_known, standing_of_hit
from qa_engine.rules.judgeable import BOTH, JUDGEABLE, Judgeable, Unjudgeable, judge_call
from qa_engine.rules.scorecard import Score, score
from qa_engine.rules.steps import StepResult, StepTracker
from qa_engine.rules.voices import by_time

__all__ = ["Analysis", "AnalysisResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """What a call came to; utterances and hits in order of time."""

    duration_ms: int
    script: Script | None
    """None: every step of the phrasebook was asked for."""
    utterances: tuple[Utterance, ...]
    hits: tuple[Hit, ...]
    """Confirmed ones only."""
    held_back: tuple[Hit, ...] = ()
    """Candidates that were dropped, in order of time."""
    steps: tuple[StepResult, ...]
    conduct: Conduct
    judgeable: Judgeable = JUDGEABLE
    score: Score | None
    """None: the call is not judgeable."""

    @property
    def conclusion(self) -> Conclusion:
        return self.score.conclusion if self.score else Conclusion.NOT_JUDGEABLE


class Analysis:
    """One call's matcher, step tracker and conduct meter, fed together."""

    def __init__(
        self,
        phrasebook: Phrasebook,
        matcher: Matcher,
        script: str = "",
        *,
        measured: frozenset[str] = frozenset(CHECKS),
        given: Sequence[Check] = (),
        expected: frozenset[Role] = BOTH,
    ) -> None:
        """`measured`, `given`: as `ConductMeter` has them, for calls that came as text.

        `expected`: whose voices the call must hold to be judged.
        """
        self._expected = expected
        self._phrasebook = phrasebook
        self._call_matcher = CallMatcher(matcher, phrasebook)
        self._steps = StepTracker(phrasebook, script)
        self._conduct = ConductMeter(phrasebook.conduct, measured=measured, given=given)
        self._open: dict[int, Utterance] = {}
        self._finals: dict[int, Utterance] = {}
        self._hits: dict[str, Hit] = {}
        self._duration_ms: int | None = None

    def feed(self, utterance: Utterance) -> list[SessionEvent]:
        """An utterance, perhaps a revision of one; an empty final takes its partials back."""
        if utterance.id in self._finals:
            return []
        if utterance.is_final:
            self._open.pop(utterance.id, None)
            self._finals[utterance.id] = utterance
        else:
            self._open[utterance.id] = utterance
        events = self._follow(self._call_matcher.feed(utterance))
        events += self._conduct.feed(utterance)
        if utterance.is_final and not utterance.intelligible:
            known = is_speaker_known(utterance.role_confidence)
            role = utterance.role if known else None
            events += self.unheard(utterance.begin_ms, utterance.end_ms, role)
        return events

    def unheard(self, begin_ms: int, end_ms: int, role: Role | None = None) -> list[SessionEvent]:
        """A stretch of the call that nobody could hear or understand; steps due in it may be done.

        `role`: who spoke, where that is known.
        """
        return [*self._steps.unheard(begin_ms, end_ms, role)]

    def tick(self, now_ms: int) -> list[SessionEvent]:
        """All that was said up to `now_ms` has been fed: deadlines and silences pass."""
        events = self._follow(self._call_matcher.tick(now_ms))
        events += self._steps.tick(now_ms)
        events += self._conduct.tick(now_ms)
        return events

    def close(self, duration_ms: int) -> list[SessionEvent]:
        """The call is over: partials count as they stand, every hit and step is decided."""
        events: list[SessionEvent] = []
        for utterance in tuple(self._open.values()):
            events += self.feed(replace(utterance, is_final=True))
        events += self._follow(self._call_matcher.close(duration_ms))
        events += self._steps.close(duration_ms)
        events += self._conduct.close(duration_ms)
        self._duration_ms = duration_ms
        return events

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        """What the call came to; `ending`: why its end alone makes it not judgeable, if it does.

        Raises RuntimeError before `close`: a running call has no verdict.
        """
        if self._duration_ms is None:
            raise RuntimeError(
                "the call is still open; expected close(duration_ms) before result()"
            )
        hits = _in_order(self._hits.values())
        steps = self._steps.results()
        conduct = self._conduct.result()
        heard = (u for u in self._finals.values() if u.text or not u.intelligible)
        spoken = tuple(sorted(heard, key=by_time))
        judgeable = judge_call(
            spoken,
            self._duration_ms,
            self._phrasebook.judgeable,
            ending=ending,
            expected=self._expected,
        )
        return AnalysisResult(
            duration_ms=self._duration_ms,
            script=self._steps.script,
            utterances=spoken,
            hits=hits,
            held_back=_in_order(self._call_matcher.held_back),
            steps=steps,
            conduct=conduct,
            judgeable=judgeable,
            score=score(self._phrasebook, hits, steps, conduct) if judgeable else None,
        )

    def _follow(self, found: Iterable[HitChanged | StepHeard]) -> list[SessionEvent]:
        """Pass the matcher's events on, each followed by what it does to the steps."""
        events: list[SessionEvent] = []
        for event in found:
            events.append(event)
            if isinstance(event, StepHeard):
                self._conduct.step_heard(event)
                events += self._steps.heard(event)
            else:
                events += self._hit_changed(event)
        return events

    def _hit_changed(self, event: HitChanged) -> Iterable[SessionEvent]:
        hit = event.hit
        if event.state is HitState.CONFIRMED:
            self._hits[hit.id] = hit
            # What a person has to look at first makes nothing due.
            if standing_of_hit(hit).counts:
                return self._steps.hit(hit)
            return self._steps.hit_withdrawn(hit)
        if self._hits.pop(hit.id, None) is not None:
            return self._steps.hit_withdrawn(hit)
        return ()


def _in_order(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple(sorted(hits, key=lambda hit: (hit.begin_ms, hit.rule, hit.id)))
