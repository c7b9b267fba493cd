"""行为 (service-standard S5, S2.5, S2.8): how a call was spoken, measured against limits.

`ConductMeter` holds one call's finals. The verdict (`result`) is computed from all of them at
once, so arrival order does not matter; on the way it drops hints for the person speaking.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from phrasebook.model import ConductLimits, Phrasebook
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import ConductNoticed, HitState, Role, StepHeard, Utterance
from qa_engine.rules.check import Check, CheckState, Silence, not_applicable
from qa_engine.rules.conduct_checks import CHECKS, all_checks
from qa_engine.rules.conduct_hints import Hints
from qa_engine.rules.counting import is_speaker_known
from qa_engine.rules.holds import Hold, allowed_ms, holds_of, thanks_steps
from qa_engine.rules.voices import Overlap, VoiceSpan, by_time, overlaps, silences, speaking_ms

SHOWN_SILENCE_MS = 2_000
"""Shorter gaps are breathing; they are measured but not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """Everything measured about how the call was spoken."""

    checks: tuple[Check, ...]
    silences: tuple[Silence, ...]
    overlaps: tuple[Overlap, ...]
    holds: tuple[Hold, ...]
    agent_speech_ms: int
    customer_speech_ms: int


class ConductMeter:
    """One call's conduct. `feed` utterances (partials too), `hold` requests, `tick`, `close`."""

    def __init__(
        self,
        limits: ConductLimits,
        *,
        hold_step: str = "",
        thanks_steps: Collection[str] = (),
        measured: frozenset[str] = frozenset(CHECKS),
        given: Sequence[Check] = (),
    ) -> None:
        """`hold_step`: the step by which an agent opens a hold; silence in one is excused for as
        long as it may last. `thanks_steps`: those by which one comes back from it.

        `measured`: the checks that what is known of the call allows; the others are not
        applicable. `given`: checks that somebody else measured, told beside ours."""
        self._limits = limits
        self._measured = measured
        self._given = tuple(given)
        self._hold_step = hold_step
        self._thanks_steps = frozenset(thanks_steps)
        self._thanks: set[int] = set()
        self._finals: list[Utterance] = []
        self._requests: dict[int, VoiceSpan] = {}
        self._hints = Hints(limits)
        self._duration_ms = 0
        self._began_ms = 0
        self._recorded: list[Utterance] = []
        self._signals: Sequence[Stretch] = ()

    @classmethod
    def of(
        cls, book: Phrasebook, *, measured: frozenset[str], given: Sequence[Check]
    ) -> ConductMeter:
        """With the limits of a phrasebook, and its steps around a hold."""
        hold, back = book.anatomy.hold, thanks_steps(book)
        return cls(book.conduct, hold_step=hold, thanks_steps=back, measured=measured, given=given)

    def begins(self, at_ms: int) -> None:
        """The agent's first word: no silence before it is anybody's."""
        self._began_ms = at_ms

    def voice(self, utterance: Utterance) -> None:
        """A recorded voice speaks: it breaks the silence and is measured no further."""
        self._hints.voice(utterance)
        if utterance.is_final:
            self._recorded.append(utterance)

    def line(self, signals: Sequence[Stretch]) -> None:
        """Tones of the network and missing sound: meanwhile nobody is silent."""
        self._signals = signals

    def feed(self, utterance: Utterance) -> list[ConductNoticed]:
        """An utterance, perhaps unfinished; a final counts, a partial only breaks the silence."""
        self._hints.voice(utterance)
        if not utterance.is_final:
            return []
        insort(self._finals, utterance, key=by_time)
        if not is_speaker_known(utterance.role_confidence):
            return []
        return self._hints.final(utterance, self._finals)

    def step_heard(self, heard: StepHeard) -> None:
        """Only the request to hold, and the thanks for it, matter here."""
        retracted = heard.state is HitState.RETRACTED
        if heard.step in self._thanks_steps:
            (self._thanks.discard if retracted else self._thanks.add)(heard.utterance)
        if heard.step != self._hold_step:
            return
        if retracted:
            self._requests.pop(heard.utterance, None)
        else:
            self._requests[heard.utterance] = VoiceSpan(
                heard.begin_ms, heard.end_ms, heard.utterance
            )

    def tick(self, now_ms: int) -> list[ConductNoticed]:
        """Time passes without a word: dead air and an overlong call show themselves."""
        return self._hints.tick(now_ms, on_hold=self._on_hold(now_ms))

    def close(self, duration_ms: int) -> list[ConductNoticed]:
        """The final word on every check that was not met."""
        self._duration_ms = duration_ms
        return [
            ConductNoticed(
                at_ms=duration_ms,
                check=check.id,
                role=check.role,
                value=check.value,
                limit=_limit_broken(check),
                begin_ms=check.spans[0].begin_ms if check.spans else 0,
                end_ms=check.spans[-1].end_ms if check.spans else duration_ms,
            )
            for check in self.result().checks
            if check.state is CheckState.BREACH and check.value is not None
        ]

    def give(self, given: Sequence[Check]) -> None:
        """What somebody else measured, where it is known only at the end of the call."""
        self._given = tuple(given)

    def result(self) -> Conduct:
        """Measured over the finals fed so far, up to the duration given to `close`."""
        finals = self._finals
        duration = max([self._duration_ms, *(u.end_ms for u in finals)])
        missing = [s for s in self._signals if s.kind is StretchKind.MISSING]
        holds = holds_of(
            self._requests.values(), finals, duration, missing=missing, thanks=self._thanks
        )
        quiet = tuple(self._quiet(finals, holds, duration))
        return Conduct(
            checks=self._checks(finals, quiet, holds, duration),
            silences=tuple(s for s in quiet if s.end_ms - s.begin_ms >= SHOWN_SILENCE_MS),
            overlaps=tuple(overlaps(finals)),
            holds=holds,
            agent_speech_ms=_speech_ms(finals, Role.AGENT),
            customer_speech_ms=_speech_ms(finals, Role.CUSTOMER),
        )

    def _checks(
        self,
        finals: Sequence[Utterance],
        quiet: Sequence[Silence],
        holds: Sequence[Hold],
        duration_ms: int,
    ) -> tuple[Check, ...]:
        talked_ms = max(0, duration_ms - self._began_ms)
        ours = all_checks(finals, quiet, holds, self._limits, talked_ms)
        known = (check if check.id in self._measured else not_applicable(check) for check in ours)
        return (*known, *self._given)

    def _quiet(
        self, finals: Sequence[Utterance], holds: Sequence[Hold], duration_ms: int
    ) -> Iterator[Silence]:
        """Silences since the agent's first word, cut where a hold outlasts what was allowed."""
        voices = [*finals, *self._recorded]
        for gap in silences(voices, duration_ms, self._signals):
            if gap.begin_ms < self._began_ms:
                continue
            hold = _hold_of(gap, holds)
            until = hold.begin_ms + allowed_ms(hold, self._limits) if hold else gap.begin_ms
            until = min(max(until, gap.begin_ms), gap.end_ms)
            if until > gap.begin_ms:
                yield Silence(begin_ms=gap.begin_ms, end_ms=until, excused=True)
            if until < gap.end_ms:
                yield Silence(begin_ms=until, end_ms=gap.end_ms, excused=False)

    def _on_hold(self, now_ms: int) -> bool:
        """Nobody has come back from the last hold, and it may still last."""
        asked = [request for request in self._requests.values() if request.end_ms <= now_ms]
        holds = holds_of(asked, self._finals, now_ms)
        return (
            bool(holds)
            and holds[-1].end_ms >= now_ms
            and holds[-1].duration_ms <= allowed_ms(holds[-1], self._limits)
        )


def _hold_of(gap: VoiceSpan, holds: Sequence[Hold]) -> Hold | None:
    """A gap that begins within a hold belongs to it, even where the first word after it is late."""
    return next(
        (hold for hold in holds if hold.begin_ms - SHOWN_SILENCE_MS <= gap.begin_ms <= hold.end_ms),
        None,
    )


def _speech_ms(utterances: Sequence[Utterance], role: Role) -> int:
    return sum(
        speaking_ms(utterance)
        for utterance in utterances
        if utterance.role is role and is_speaker_known(utterance.role_confidence)
    )


def _limit_broken(check: Check) -> float:
    over = check.high is not None and check.value is not None and check.value >= check.high
    limit = check.high if over or check.low is None else check.low
    return 0.0 if limit is None else limit
