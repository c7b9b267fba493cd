"""The QA core of one call, everything after the text: hits, steps, conduct, score.

Utterances go in as they are heard, partials and finals, the two channels in any interleaving;
`close` settles what was left open, and `result` is the same for every way there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from phrasebook.model import Phrasebook
from qa_engine.analysis_result import AnalysisResult, in_order
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Hit, HitChanged, HitState, Role, SessionEvent, StepHeard, Utterance
from qa_engine.line.call import signals, stretches_of
from qa_engine.line.call_voices import CallVoices
from qa_engine.line.recorded import recorded_voices
from qa_engine.matching.call.call_matcher import CallMatcher
from qa_engine.matching.matcher import Matcher
from qa_engine.prosody.live import LiveMoods
from qa_engine.prosody.measure import ProsodyMeter
from qa_engine.rules.applying import Applying
from qa_engine.rules.check import Check
from qa_engine.rules.conduct import ConductMeter
from qa_engine.rules.conduct_checks import CHECKS
from qa_engine.rules.counting import is_speaker_known, standing_of_hit
from qa_engine.rules.hit_words import HitWords
from qa_engine.rules.judgeable import BOTH, Unjudgeable, judge_call
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord, chosen_script
from qa_engine.rules.scorecard import score
from qa_engine.rules.steps import StepTracker
from qa_engine.rules.voices import by_time
from qa_engine.told import Told
from qa_engine.turns import Turns

__all__ = ["Analysis", "AnalysisResult"]

_LEAD_FINALS = 40
"""So many utterances may still turn out to have come before the call proper."""


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
        record: CallRecord = NOTHING_KNOWN,
        channel_roles: Sequence[Role] = (),
        timed: bool = True,
    ) -> None:
        """`channel_roles`: who speaks on each channel, where that is known.

        `measured`, `given`: as `ConductMeter` has them, for calls that came as text.
        `timed`: whether it is known when things were said. `expected`: whose voices the call must
        hold to be judged. `record`: what else is known of the call; it chooses the script, too.
        """
        self._expected = expected
        self._phrasebook = phrasebook
        self._matcher = matcher
        self._voices = CallVoices(recorded_voices(matcher, phrasebook))
        self._record = record
        self._script = chosen_script(phrasebook, script, record)
        self._measured, self._given, self._timed = measured, given, timed
        self._open: dict[int, Utterance] = {}
        self._finals: dict[int, Utterance] = {}
        self._roles: dict[int | None, Role] = dict(enumerate(channel_roles))
        self._sounds: tuple[Stretch, ...] = ()
        self._now_ms = 0
        self._duration_ms: int | None = None
        self._moods = LiveMoods()
        self._begin()

    def _begin(self) -> None:
        """Nothing has been said yet."""
        book = self._phrasebook
        self._call_matcher = CallMatcher(self._matcher, book)
        self._turns = Turns()
        words = HitWords(self._record, self._finals, self._open)
        self._applying = Applying(book, words, self._turns)
        wants, right = self._applying.wants, words.says_right
        self._steps = StepTracker(
            book, self._script, wants=wants, says_right=right, turns=self._turns, timed=self._timed
        )
        self._conduct = ConductMeter.of(book, measured=self._measured, given=self._given)
        self._prosody = ProsodyMeter(book.moods)
        self._hits: dict[str, Hit] = {}
        self._told = Told()
        self._began_ms: int | None = None

    @property
    def recorded(self) -> Mapping[int, StretchKind]:
        """The utterances that are a recorded voice's, by id."""
        return self._voices.recorded

    def feed(self, utterance: Utterance) -> list[SessionEvent]:
        """An utterance, perhaps a revision of one; an empty final takes its partials back."""
        if utterance.id in self._finals:
            return []
        if utterance.is_final:
            self._open.pop(utterance.id, None)
            self._finals[utterance.id] = utterance
            if self._voices.hear(utterance) or len(self._finals) <= _LEAD_FINALS:
                events = self._find_recorded()
                if events is not None:
                    return self._with_moods(events, utterance.end_ms)
        else:
            self._open[utterance.id] = utterance
        return self._with_moods(self._told.note(self._hear(utterance)), utterance.end_ms)

    def hear_line(self, sounds: Sequence[Stretch]) -> list[SessionEvent]:
        """Tones, music and what is missing of all channels up to now.

        Where sound is missing, steps that were due there may have been said, and nobody was silent.
        """
        if tuple(sounds) == self._sounds:
            return []
        self._sounds = tuple(sounds)
        told = self._told.note(self._heed_line())
        return [*told, *(self._find_recorded() or [])]

    def _heed_line(self) -> list[SessionEvent]:
        missing = [sound for sound in self._sounds if sound.kind is StretchKind.MISSING]
        self._conduct.line([*signals(self._sounds), *missing])
        lost = [(sound.begin_ms, sound.end_ms, self._roles.get(sound.channel)) for sound in missing]
        return [*self._steps.missing(lost)]

    def _hear(self, utterance: Utterance) -> list[SessionEvent]:
        if utterance.id in self.recorded:
            # What its partials told is taken back; that somebody was heard remains.
            self._conduct.voice(utterance)
            return self._follow(
                self._call_matcher.feed(replace(utterance, text="", words=(), intelligible=True))
            )
        events: list[SessionEvent] = []
        if utterance.role is Role.AGENT and utterance.text:
            if self._began_ms is None or utterance.begin_ms < self._began_ms:
                self._began_ms = utterance.begin_ms
                events += self._steps.begins(utterance.begin_ms)
                self._conduct.begins(utterance.begin_ms)
        self._turns.hear(utterance)
        events += self._follow(self._call_matcher.feed(utterance))
        if self._steps.hang_on_talk:
            events += self._steps.reconsider(utterance.end_ms)
        events += self._conduct.feed(utterance)
        if utterance.is_final:
            self._prosody.feed(utterance)
        if utterance.is_final and not utterance.intelligible:
            known = is_speaker_known(utterance.role_confidence)
            role = utterance.role if known else None
            events += self._steps.unheard(utterance.begin_ms, utterance.end_ms, role)
        return events

    def give(self, given: Sequence[Check]) -> None:
        """Checks that somebody else measured, where they are known only before `close`."""
        self._given = given
        self._conduct.give(given)

    def tick(self, now_ms: int) -> list[SessionEvent]:
        """All that was said up to `now_ms` has been fed: deadlines and silences pass."""
        self._now_ms = now_ms
        events = self._follow(self._call_matcher.tick(now_ms))
        events += self._settle(self._applying.pass_time(now_ms), now_ms)
        events += self._steps.tick(now_ms)
        events += self._conduct.tick(now_ms)
        return self._with_moods(self._told.note(events), now_ms)

    def close(self, duration_ms: int, *, ends_ms: int | None = None) -> list[SessionEvent]:
        """The call is over: partials count, all is decided. `ends_ms`: by the utterances' clock."""
        events: list[SessionEvent] = []
        for utterance in tuple(self._open.values()):
            events += self.feed(replace(utterance, is_final=True))
        events += self._find_recorded(ended=True) or []
        events += self._follow(self._call_matcher.close(duration_ms))
        events += self._settle(self._applying.close(duration_ms), duration_ms)
        events += self._steps.close(duration_ms, ends_ms=ends_ms)
        events += self._conduct.close(duration_ms)
        self._duration_ms = duration_ms
        return self._with_moods(self._told.note(events), duration_ms, closing=True)

    def _find_recorded(self, *, ended: bool = False) -> list[SessionEvent] | None:
        """Tell recorded voices anew; None where nothing is other than it was thought to be."""
        finals = self._voices.find(self._finals.values(), self._sounds, ended=ended)
        return None if finals is None else self._judge_anew(finals)

    def _judge_anew(self, finals: Sequence[Utterance]) -> list[SessionEvent]:
        """The same words without those that turned out to be nobody's, or somebody's after all."""
        before = self._told
        self._begin()
        events: list[SessionEvent] = self._heed_line()
        for utterance in (*finals, *self._open.values()):
            events += self._hear(utterance)
        if self._now_ms:
            events += self._follow(self._call_matcher.tick(self._now_ms))
            events += self._settle(self._applying.pass_time(self._now_ms), self._now_ms)
            events += self._steps.tick(self._now_ms)
            self._conduct.tick(self._now_ms)
        self._told.note(events)
        return self._told.changes(before)

    def _with_moods(
        self, events: list[SessionEvent], at_ms: int, *, closing: bool = False
    ) -> list[SessionEvent]:
        known = self._prosody.moods(self._hits.values())
        return [*events, *self._moods.changes(known, self._hits, at_ms, closing=closing)]

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        """What the call came to; `ending`: why its end alone makes it not judgeable, if it does.

        Raises RuntimeError before `close`: a running call has no verdict.
        """
        if self._duration_ms is None:
            raise RuntimeError(
                "the call is still open; expected close(duration_ms) before result()"
            )
        hits = in_order(self._hits.values())
        steps = self._steps.results()
        conduct = self._conduct.result()
        heard = [u for u in self._finals.values() if u.text or not u.intelligible]
        spoken = tuple(sorted((self._voices.owned(u) for u in heard), key=by_time))
        people = [u for u in spoken if not u.recorded]
        anatomy = stretches_of(
            spoken,
            self._sounds,
            [(hold.begin_ms, hold.end_ms) for hold in conduct.holds],
            self._duration_ms,
        )
        judgeable = judge_call(
            people,
            self._duration_ms,
            self._phrasebook.judgeable,
            ending=ending,
            expected=self._expected,
            line=frozenset(stretch.kind for stretch in anatomy),
        )
        return AnalysisResult(
            duration_ms=self._duration_ms,
            script=self._steps.script,
            utterances=spoken,
            hits=hits,
            held_back=in_order(self._call_matcher.held_back),
            steps=steps,
            conduct=conduct,
            judgeable=judgeable,
            judge=self._call_matcher.judge_version,
            score=score(self._phrasebook, hits, steps, conduct) if judgeable else None,
            anatomy=anatomy,
            prosody=self._prosody.result(hits),
            unknown=self._applying.unknown(
                (*self._phrasebook.entries, *(result.step for result in steps))
            ),
            asked=tuple((ask, self._applying.asks(ask)) for ask in self._phrasebook.asks),
        )

    def _follow(self, found: Iterable[HitChanged | StepHeard]) -> list[SessionEvent]:
        """Pass the matcher's events on, each followed by what it does to the steps."""
        events: list[SessionEvent] = []
        for event in found:
            if isinstance(event, HitChanged) and not self._applying.is_idle:
                events += self._settle(self._applying.take(event), event.at_ms)
                continue
            events.append(event)
            if isinstance(event, StepHeard):
                self._conduct.step_heard(event)
                events += self._steps.on_heard(event)
                events += self._settle(self._applying.step_heard(event), event.at_ms)
            else:
                events += self._hit_changed(event)
        return events

    def _settle(self, changed: Iterable[HitChanged], at_ms: int) -> list[SessionEvent]:
        """What a rule's conditions let in or out, and what that does to the steps."""
        events: list[SessionEvent] = []
        for event in changed:
            events.append(event)
            events += self._hit_changed(event)
        if self._applying.has_steps:
            events += self._steps.reconsider(at_ms)
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
