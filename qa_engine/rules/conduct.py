"""行为 (service-standard S5, S2.5, S2.8): how a call was spoken, measured against limits.

`ConductMeter` holds one call's finals. The verdict (`result`) is computed from all of them at
once, so arrival order does not matter; on the way it drops hints for the person speaking.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

from phrasebook.model import ConductLimits
from qa_engine.events import ConductNoticed, HitState, Role, StepHeard, Utterance
from qa_engine.rules.conduct_checks import (
    CHECKS,
    Check,
    CheckState,
    Silence,
    all_checks,
    not_applicable,
)
from qa_engine.rules.conduct_hints import Hints
from qa_engine.rules.counting import is_speaker_known
from qa_engine.rules.voices import Overlap, Span, by_time, overlaps, silences, speaking_ms

HOLD_REQUEST = "hold-request"
"""The step by which an agent announces a hold; silence inside a hold is excused."""

SETTLE_MS = 10_000
"""What the agent still says this soon after asking to wait (谢谢, 马上) is not yet the return."""

SHOWN_SILENCE_MS = 2_000
"""Shorter gaps are breathing; they are measured but not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """Everything measured about how the call was spoken."""

    checks: tuple[Check, ...]
    silences: tuple[Silence, ...]
    overlaps: tuple[Overlap, ...]
    holds: tuple[Span, ...]
    agent_speech_ms: int
    customer_speech_ms: int


class ConductMeter:
    """One call's conduct. `feed` utterances (partials too), `hold` requests, `tick`, `close`."""

    def __init__(
        self,
        limits: ConductLimits,
        *,
        hold_step: str = HOLD_REQUEST,
        measured: frozenset[str] = frozenset(CHECKS),
        given: Sequence[Check] = (),
    ) -> None:
        """`measured`: the checks that what is known of the call allows; the others are not
        applicable. `given`: checks that somebody else measured, told beside ours."""
        self._limits = limits
        self._measured = measured
        self._given = tuple(given)
        self._hold_step = hold_step
        self._finals: list[Utterance] = []
        self._requests: dict[int, Span] = {}
        self._hints = Hints(limits)
        self._duration_ms = 0

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
        """Only the request to hold matters here."""
        if heard.step != self._hold_step:
            return
        if heard.state is HitState.RETRACTED:
            self._requests.pop(heard.utterance, None)
        else:
            self._requests[heard.utterance] = Span(heard.begin_ms, heard.end_ms, heard.utterance)

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

    def result(self) -> Conduct:
        """Measured over the finals fed so far, up to the duration given to `close`."""
        finals = self._finals
        duration = max([self._duration_ms, *(u.end_ms for u in finals)])
        holds = self._holds(duration)
        quiet = tuple(
            Silence(begin_ms=gap.begin_ms, end_ms=gap.end_ms, excused=_inside(gap, holds))
            for gap in silences(finals, duration)
        )
        return Conduct(
            checks=self._checks(finals, quiet, duration),
            silences=tuple(s for s in quiet if s.end_ms - s.begin_ms >= SHOWN_SILENCE_MS),
            overlaps=tuple(overlaps(finals)),
            holds=holds,
            agent_speech_ms=_speech_ms(finals, Role.AGENT),
            customer_speech_ms=_speech_ms(finals, Role.CUSTOMER),
        )

    def _checks(
        self, finals: Sequence[Utterance], quiet: Sequence[Silence], duration_ms: int
    ) -> tuple[Check, ...]:
        ours = all_checks(finals, quiet, self._limits, duration_ms)
        known = (check if check.id in self._measured else not_applicable(check) for check in ours)
        return (*known, *self._given)

    def _holds(self, duration_ms: int) -> tuple[Span, ...]:
        holds: list[Span] = []
        for request in sorted(self._requests.values()):
            if holds and request.begin_ms < holds[-1].end_ms:
                continue
            end = self._return_ms(request)
            holds.append(Span(request.end_ms, duration_ms if end is None else end))
        return tuple(hold for hold in holds if hold.duration_ms > 0)

    def _return_ms(self, request: Span) -> int | None:
        """When the agent speaks again; asking to wait a little longer is no return."""
        settled = request.end_ms + SETTLE_MS
        for utterance in self._finals:
            if utterance.role is not Role.AGENT or utterance.begin_ms < request.end_ms:
                continue
            again = self._requests.get(utterance.id)
            if again is not None:
                settled = max(settled, again.end_ms + SETTLE_MS)
            elif utterance.begin_ms > settled:
                return utterance.begin_ms
        return None

    def _on_hold(self, now_ms: int) -> bool:
        """Nobody has come back from the last hold that was asked for."""
        requests = [request for request in self._requests.values() if request.end_ms <= now_ms]
        return bool(requests) and self._return_ms(max(requests)) is None


def _inside(gap: Span, holds: Sequence[Span]) -> bool:
    """A gap that begins within a hold belongs to it, even where the first word after it is late."""
    return any(hold.begin_ms - SHOWN_SILENCE_MS <= gap.begin_ms <= hold.end_ms for hold in holds)


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
