"""One live call: what its session tells, turned into messages, prompts, alerts and accounts.

Synchronous and without a clock: `now_s` (monotonic seconds) comes in with everything. `LiveCalls`
moves the bytes, runs the decodes and publishes what this returns. This object owns the call's
state; an input that the state does not take leads to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from api.live.board_messages import CallTold
from api.live.call_facts import checkpoint, ended, kept, opening, restarting, stats
from api.live.call_gaps import CallGaps
from api.live.call_info import CallInfo, Playbook
from api.live.call_messages import LATE_MS, CallMessages
from api.live.call_outcome import CallOutcome
from api.live.call_state import CallState, checked
from api.live.endings import EndReason, unjudged
from api.live.message_parts import OfCall
from api.live.messages import Notice, SourceTold
from api.live.sessions import HitKey, Session
from api.live.sound_account import SoundAccount, Totals
from api.live.text_session import LineRead, TextSession
from models.recogniser import Samples, Transcript
from qa_engine.anatomy import Stretch
from qa_engine.events import CallEnded, DecodeUnwanted, DecodeWanted, SessionEvent
from qa_engine.hearing.accounting import DropReason
from qa_engine.line.missing import MissingSound

Connected = Literal["live", "lost", "resumed"]


class LiveCall:
    """See the module."""

    def __init__(
        self, info: CallInfo, session: Session, playbook: Playbook, *, late_ms: int = LATE_MS
    ) -> None:
        """`late_ms`: from this age on, what was said makes no new prompt."""
        self.info = info
        self.playbook = playbook
        self.accounts = SoundAccount(len(info.roles))
        self._session = session
        self.told = CallMessages(info, playbook, late_ms=late_ms)
        self._state = CallState.OPENING
        self._since_s = 0.0
        self._reason: EndReason | None = None
        self._duration_ms: int | None = None
        self._sounds: tuple[Stretch, ...] = ()
        self._gaps = CallGaps(len(info.roles))
        self._samples = 0

    @property
    def state(self) -> CallState:
        return self._state

    @property
    def since_s(self) -> float:
        """When it came into its state, monotonic; unknown while it opens."""
        return self._since_s

    @property
    def end_reason(self) -> EndReason | None:
        """Why it was closed; None while it runs."""
        return self._reason

    @property
    def at_ms(self) -> int:
        """Call time: milliseconds of audio received."""
        return self.told.at_ms

    @property
    def heard_ms(self) -> int:
        """Where its next sound stands."""
        return self._samples // 16

    def open(self, now_s: float, *, busy: str = "") -> CallOutcome:
        """`busy`: why a call that is heard later cannot be heard now."""
        self._to(CallState.LIVE, now_s)
        return self._said(*opening(self.info, self.playbook, busy))

    def restore(
        self,
        told: Sequence[Mapping[str, Any]],
        standing: frozenset[HitKey],
        known_ms: Sequence[int],
        missing: MissingSound,
    ) -> None:
        """Go on after a restart with what was `told`, from the earliest moment that is not known.

        `standing`: the hits that still are. `known_ms`: how far each channel is known.
        `missing`: of its sound.
        """
        self.told.restore(told, standing)
        self._gaps.restore(known_ms, missing)
        self._samples = min(known_ms) * 16

    def reopen(self, reason: str, now_s: float) -> CallOutcome:
        """Wait for the feeder of a call that `restore` brought back."""
        self._to(CallState.LOST, now_s)
        return CallOutcome(self.told.take_back() + self.lost(reason, now_s).messages)

    def checkpoint(self) -> str:
        """What a restart has to know beside the messages, as JSON."""
        closed = self._reason if self._state is CallState.KEPT else None
        return checkpoint(closed, self._session, self._gaps, self.accounts)

    def gap(self, missing_ms: Sequence[int]) -> None:
        """So much of the next sound of each channel never came."""
        self.accounts.gap(self._gaps.add(self.heard_ms, missing_ms), "connection_gap")

    def suspend(self, retry_ms: int, now_s: float) -> CallOutcome:
        """The server stops; the next one goes on with the call, in about `retry_ms`."""
        if self._state.is_final:
            return CallOutcome()
        outcome = self._said(restarting(self.info.call_id, retry_ms))
        self._to(CallState.SUSPENDED, now_s)
        return outcome

    def hear(
        self, samples: Samples, now_s: float, *, arrived_s: float | None = None
    ) -> CallOutcome:
        """float32 [channels, n] at 16 kHz, the next of this call.

        `arrived_s`: when it was sent, where it had to wait outside.
        """
        if not self._state.takes_audio:
            return CallOutcome()
        before = self._samples
        self._samples += samples.shape[1]
        self.told.arrived(self.heard_ms, now_s if arrived_s is None else arrived_s)
        outcome = self._follow(self._session.hear(samples), now_s)
        if self._gaps.are_due(before, self._samples):
            outcome.add(self._tell_missing(now_s))
        if self._state.takes_audio:
            outcome.messages += self.told.tick(now_s)
        return outcome

    def read(self, line: LineRead, now_s: float) -> CallOutcome:
        """A line, or a revision of one, of a call that comes as text."""
        if not self._state.takes_audio or not isinstance(self._session, TextSession):
            return CallOutcome()
        events = self._session.read(line)
        self.told.arrived(max([self.at_ms, *(event.at_ms for event in events)]), now_s)
        outcome = self._follow(events, now_s)
        outcome.messages += self.told.tick(now_s)
        return outcome

    def lasts(self, duration_ms: int) -> None:
        """How long a call lasted that comes as text."""
        if isinstance(self._session, TextSession):
            self._session.lasts(duration_ms)

    def decoded(
        self, wanted: DecodeWanted, transcript: Transcript, now_s: float, *, failed: bool = False
    ) -> CallOutcome:
        if self._state.is_final:
            return CallOutcome()
        self.accounts.partial(wanted.channel, wanted.window_id)
        if failed:
            failed_events = self._session.undecoded(wanted.window_id, DropReason.RECOGNISER_FAILED)
            return self._follow(failed_events, now_s)
        return self._follow(self._session.decoded(wanted.window_id, transcript), now_s)

    def overtaken(self, wanted: DecodeWanted, now_s: float) -> CallOutcome:
        """A partial that a newer window stands for."""
        if self._state.is_final:
            return CallOutcome()
        self.accounts.overtaken(wanted.channel, wanted.window_id)
        events = self._session.undecoded(wanted.window_id, DropReason.COALESCED)
        return self._follow(events, now_s)

    def finalize(self, now_s: float) -> CallOutcome:
        if not self._state.takes_audio:
            return CallOutcome()
        return self._follow(self._session.finalize(), now_s)

    def lost(self, reason: str, now_s: float) -> CallOutcome:
        """Nothing comes from its feeder any more."""
        return self._source(CallState.LOST, "lost", reason, now_s)

    def found(self, reason: str, now_s: float, *, resumed: bool = False) -> CallOutcome:
        """Its feeder sends again; `resumed`: on another connection."""
        return self._source(CallState.LIVE, "resumed" if resumed else "live", reason, now_s)

    def close(self, reason: EndReason, now_s: float, *, gone: str = "") -> CallOutcome:
        """No more audio; `ended` may come with a later decode. `gone`: what became of the feeder.

        The first reason stands.
        """
        if not self._state.takes_audio:
            return CallOutcome()
        outcome = CallOutcome()
        if gone:
            source = SourceTold(call_id=self.info.call_id, state="gone", reason=gone)
            outcome.add(self._said(source))
        self._to(CallState.CLOSING, now_s)
        self._reason = reason
        outcome.add(self._tell_missing(now_s))
        outcome.add(self._follow(self._session.close(), now_s))
        if self.info.hearing == "later":
            outcome.add(self._said(kept(self.info.call_id)))
            self._to(CallState.KEPT, now_s)
        return outcome

    def judged(
        self, events: Iterable[SessionEvent], reason: EndReason, now_s: float
    ) -> CallOutcome:
        """What a call that was kept, and `restore` brought back, came to: all that its sound tells.

        `reason`: of its end, when there was one.
        """
        self._reason = reason
        self._to(CallState.CLOSING, now_s)
        return self._follow(events, now_s)

    def fail(self, now_s: float) -> CallOutcome:
        """Something of ours broke: the call ends here with what is known."""
        if self._state.is_final:
            return CallOutcome()
        self._reason = "failed"
        return self._end(now_s)

    def feedback(self, action: str, prompt_id: str) -> CallOutcome:
        if self._state.is_final:
            return CallOutcome()
        return CallOutcome(self.told.feedback(action, prompt_id))

    def notice(self, code: str, text: str) -> CallOutcome:
        return self._said(Notice(call_id=self.info.call_id, code=code, text=text))

    def stats(self) -> CallOutcome:
        lag, tally = self.told.latency.summary(), self.told.prompts.tally
        return self._said(stats(self.info.call_id, self.totals(), tally, lag))

    def totals(self) -> Totals:
        """Where the call's audio went so far."""
        return self.accounts.totals(self._session.accounts)

    def summary(self, behind_ms: int = 0) -> CallTold:
        """The call's line on the board."""
        return self.told.summary(self._state, behind_ms)

    def _tell_missing(self, now_s: float) -> CallOutcome:
        missing = self._gaps.news()
        if missing is None:
            return CallOutcome()
        return self._follow(self._session.missing(missing), now_s)

    def _to(self, state: CallState, now_s: float) -> None:
        self._state = checked(self._state, state)
        self._since_s = now_s

    def _said(self, *messages: OfCall) -> CallOutcome:
        if self._state.is_final:
            return CallOutcome()
        return CallOutcome([self.told.stamp(message) for message in messages])

    def _source(self, state: CallState, said: Connected, reason: str, now_s: float) -> CallOutcome:
        if not self._state.takes_audio:
            return CallOutcome()
        # Lost again, such as first silent and then disconnected, is waited for from then on.
        if state is CallState.LOST or self._state is not state:
            self._to(state, now_s)
        return self._said(SourceTold(call_id=self.info.call_id, state=said, reason=reason))

    def _follow(self, events: Iterable[SessionEvent], now_s: float) -> CallOutcome:
        outcome = CallOutcome()
        for event in events:
            match event:
                case DecodeWanted():
                    if not event.final:
                        begin_ms, end_ms = event.begin_ms, event.end_ms
                        self.accounts.wanted(event.channel, event.window_id, begin_ms, end_ms)
                    outcome.wanted.append(event)
                case DecodeUnwanted():
                    self.accounts.unwanted(event.channel, event.window_ids)
                    outcome.unwanted += event.window_ids
                case CallEnded():
                    self._duration_ms = event.duration_ms
                    self._sounds = event.sounds
                    outcome.add(self._end(now_s))
                case _:
                    prompting = self._state.takes_audio
                    outcome.messages += self.told.of(event, now_s, prompting=prompting)
        return outcome

    def _end(self, now_s: float) -> CallOutcome:
        """The last two messages."""
        outcome = self.stats()
        reason = self._reason or "failed"
        whole = self._duration_ms is not None
        result = self._session.result(unjudged(reason)) if whole else None
        duration_ms = self.at_ms if self._duration_ms is None else self._duration_ms
        last = ended(self.info.call_id, reason, duration_ms, result, self._sounds)
        outcome.add(self._said(last))
        self._to(CallState.ENDED, now_s)
        return outcome
