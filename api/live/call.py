"""One live call: what its session tells, turned into messages, prompts, alerts and accounts.

Synchronous and without a clock: `now_s` (monotonic seconds) comes in with everything. `LiveCalls`
moves the bytes, runs the decodes and publishes what this returns. This object owns the call's
state; an input that the state does not take leads to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from api.live.accounts import Accounts, Totals
from api.live.board_messages import CallTold
from api.live.call_info import CallInfo, Playbook
from api.live.call_messages import LATE_MS, CallMessages
from api.live.call_state import CallState, checked
from api.live.endings import EndReason, unjudged
from api.live.message_parts import Judgeable, OfCall, Sound
from api.live.messages import Ended, Notice, Opened, SourceTold, StatsTold
from api.live.sessions import HitKey, Session
from api.live.text_session import LineRead, TextSession
from models.recogniser import Samples, Transcript
from qa_engine.anatomy import Stretch
from qa_engine.events import CallEnded, DecodeWanted, SessionEvent
from qa_engine.hearing.accounting import DropReason
from qa_engine.line.missing import MissingSound
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable

TOLD_EVERY = 16_000
"""Samples after which the rules hear of what is missing: a long gap comes in many pieces."""
RESTART = "restart"
KEPT = "kept"
KEPT_TEXT = "the sound of the call is kept: it is heard and judged when there is time"
NO_HOTWORDS = "the model takes no hotwords: what it hears does not depend on them"


@dataclass(slots=True)
class CallOutcome:
    """What one input led to, in order."""

    messages: list[OfCall] = field(default_factory=list)
    wanted: list[DecodeWanted] = field(default_factory=list)


class LiveCall:
    """See the module."""

    def __init__(
        self, info: CallInfo, session: Session, playbook: Playbook, *, late_ms: int = LATE_MS
    ) -> None:
        """`late_ms`: from this age on, what was said makes no new prompt."""
        self.info = info
        self.playbook = playbook
        self.accounts = Accounts(len(info.roles))
        self._session = session
        self._told = CallMessages(info, playbook, late_ms=late_ms)
        self._state = CallState.OPENING
        self._since_s = 0.0
        self._reason: EndReason | None = None
        self._duration_ms: int | None = None
        self._sounds: tuple[Stretch, ...] = ()
        self._missing = MissingSound()
        self._missing_told: tuple[Stretch, ...] = ()
        self._samples = 0
        self._known_before_ms = (0,) * len(info.roles)
        self._standing: frozenset[HitKey] = frozenset()

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
    def seq(self) -> int:
        return self._told.seq

    @property
    def at_ms(self) -> int:
        """Call time: milliseconds of audio received."""
        return self._told.at_ms

    @property
    def heard_ms(self) -> int:
        """Where its next sound stands."""
        return self._samples // 16

    @property
    def told(self) -> CallMessages:
        return self._told

    def open(self, now_s: float, *, busy: str = "") -> CallOutcome:
        """`busy`: why a call that is heard later cannot be heard now."""
        self._to(CallState.LIVE, now_s)
        book = self.playbook
        opened = Opened(
            call_id=self.info.call_id,
            agent=self.info.agent,
            script=book.script,
            script_title=book.script_title,
            roles=tuple(role.value for role in self.info.roles),
            basis=self.info.basis.value,
            roles_known=self.info.roles_known,
            steps=book.steps,
            metadata=dict(self.info.metadata),
            began_at=self.info.began_at,
            versions=dict(book.versions),
            synthetic_model=book.synthetic_model,
            hearing=self.info.hearing,
        )
        outcome = self._said(opened)
        if self.info.hearing == "later":
            text = f"{busy}: this call is kept, and heard and judged after its end"
            outcome.messages += self.notice("hear_later", text).messages
        if self.info.hotwords and not book.takes_hotwords:
            outcome.messages += self.notice("hotwords", NO_HOTWORDS).messages
        return outcome

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
        self._told.restore(told)
        self._known_before_ms = tuple(known_ms)
        self._samples = min(known_ms) * 16
        self._standing = standing
        self._missing = missing

    def reopen(self, reason: str, now_s: float) -> CallOutcome:
        """Wait for the feeder of a call that `restore` brought back."""
        self._to(CallState.LOST, now_s)
        messages = self._told.take_back(self._standing)
        return CallOutcome(messages + self.lost(reason, now_s).messages)

    def checkpoint(self) -> str:
        """What a restart has to know beside the messages, as JSON."""
        return json.dumps(
            {
                "closed": self._reason if self._state is CallState.KEPT else "",
                "known_ms": list(self._session.known_ms),
                "missing": self._missing.saved(),
                "accounts": [asdict(account) for account in self._session.accounts],
                **self.accounts.saved(),
            }
        )

    def gap(self, missing_ms: Sequence[int]) -> None:
        """So much of the next sound of each channel never came.

        Where a channel is known already nothing is missing.
        """
        begin_ms = self._samples // 16
        spans = [
            (max(begin_ms, known), begin_ms + ms)
            for ms, known in zip(missing_ms, self._known_before_ms, strict=True)
        ]
        self.accounts.gap(self._missing.add(spans), "connection_gap")

    def suspend(self, retry_ms: int, now_s: float) -> CallOutcome:
        """The server stops; the next one goes on with the call, in about `retry_ms`."""
        if self._state.is_final:
            return CallOutcome()
        text = f"the server restarts: connect again in {retry_ms / 1_000:g} s and go on"
        notice = Notice(call_id=self.info.call_id, code=RESTART, text=text, retry_ms=retry_ms)
        outcome = self._said(notice)
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
        told = self._told
        told.at_ms = max(told.at_ms, self._samples // 16)
        sent_s = now_s if arrived_s is None else arrived_s
        told.latency.arrived(self._samples // 16, sent_s)
        outcome = self._follow(self._session.hear(samples), now_s)
        if self._samples // TOLD_EVERY > before // TOLD_EVERY:
            self._tell_missing(outcome, now_s)
        if self._state.takes_audio:
            outcome.messages += told.of_prompts(told.prompts.tick(told.at_ms), now_s)
        return outcome

    def read(self, line: LineRead, now_s: float) -> CallOutcome:
        """A line, or a revision of one, of a call that comes as text."""
        if not self._state.takes_audio or not isinstance(self._session, TextSession):
            return CallOutcome()
        told = self._told
        events = self._session.read(line)
        told.at_ms = max([told.at_ms, *(event.at_ms for event in events)])
        told.latency.arrived(told.at_ms, now_s)
        outcome = self._follow(events, now_s)
        outcome.messages += told.of_prompts(told.prompts.tick(told.at_ms), now_s)
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
        if not wanted.final:
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
            outcome.messages.append(self._told.stamp(source))
        self._to(CallState.CLOSING, now_s)
        self._reason = reason
        self._tell_missing(outcome, now_s)
        closed = self._follow(self._session.close(), now_s)
        if self.info.hearing == "later":
            closed.messages += self.notice(KEPT, KEPT_TEXT).messages
            self._to(CallState.KEPT, now_s)
        return CallOutcome(outcome.messages + closed.messages, closed.wanted)

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
        outcome = CallOutcome()
        self._end(outcome, now_s)
        return outcome

    def feedback(self, action: str, prompt_id: str) -> CallOutcome:
        if self._state.is_final:
            return CallOutcome()
        told = self._told
        changes = told.prompts.feedback(action, prompt_id, told.at_ms)
        return CallOutcome(told.of_prompts(changes, None))

    def notice(self, code: str, text: str) -> CallOutcome:
        return self._said(Notice(call_id=self.info.call_id, code=code, text=text))

    def stats(self) -> CallOutcome:
        totals, told = self.totals(), self._told
        return self._said(
            StatsTold(
                call_id=self.info.call_id,
                received_ms=totals.received_ms,
                silent_ms=totals.silent_ms,
                decoded_ms=totals.decoded_ms,
                coalesced_ms=totals.coalesced_ms,
                dropped_ms=totals.dropped_ms,
                pending_ms=totals.pending_ms,
                partials_decoded=totals.partials_decoded,
                partials_coalesced=totals.partials_coalesced,
                finals_decoded=totals.finals_decoded,
                prompts={name: count for name, count in told.prompts.tally.items() if count},
                lag=told.latency.summary(),
            )
        )

    def totals(self) -> Totals:
        """Where the call's audio went so far."""
        return self.accounts.totals(self._session.accounts)

    def summary(self, behind_ms: int = 0) -> CallTold:
        """The call's line on the board."""
        line = self._told.summary(self._state)
        return line.model_copy(update={"behind_ms": behind_ms}) if behind_ms else line

    def _tell_missing(self, outcome: CallOutcome, now_s: float) -> None:
        missing = self._missing.stretches
        if missing != self._missing_told:
            self._missing_told = missing
            told = self._follow(self._session.missing(missing), now_s)
            outcome.messages += told.messages
            outcome.wanted += told.wanted

    def _to(self, state: CallState, now_s: float) -> None:
        self._state = checked(self._state, state)
        self._since_s = now_s

    def _said(self, message: OfCall) -> CallOutcome:
        if self._state.is_final:
            return CallOutcome()
        return CallOutcome([self._told.stamp(message)])

    def _source(
        self,
        state: CallState,
        said: Literal["live", "lost", "resumed"],
        reason: str,
        now_s: float,
    ) -> CallOutcome:
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
                    self._want(event)
                    outcome.wanted.append(event)
                case CallEnded():
                    self._duration_ms = event.duration_ms
                    self._sounds = event.sounds
                    self._end(outcome, now_s)
                case _:
                    prompting = self._state.takes_audio
                    outcome.messages += self._told.of(event, now_s, prompting=prompting)
        return outcome

    def _want(self, wanted: DecodeWanted) -> None:
        if not wanted.final:
            end_ms = wanted.begin_ms + len(wanted.samples) // 16
            self.accounts.wanted(wanted.channel, wanted.window_id, wanted.begin_ms, end_ms)

    def _end(self, outcome: CallOutcome, now_s: float) -> None:
        """The last two messages."""
        outcome.messages += self.stats().messages
        reason = self._reason or "failed"
        whole = self._duration_ms is not None
        result = self._session.result(unjudged(reason)) if whole else None
        judgeable = result.judgeable if result else unjudgeable(Unjudgeable.FAILED)
        ended = Ended(
            call_id=self.info.call_id,
            reason=reason,
            duration_ms=self.at_ms if self._duration_ms is None else self._duration_ms,
            score=result.score.total if result and result.score else None,
            passed=result.score.passed if result and result.score else None,
            conclusion=result.conclusion.value if result else "not_judgeable",
            judgeable=Judgeable(
                state=judgeable.state.value,
                reason=judgeable.reason.value,
                message_zh=judgeable.message_zh,
            ),
            sounds=tuple(
                Sound(
                    kind=sound.kind.value,
                    channel=sound.channel,
                    begin_ms=sound.begin_ms,
                    end_ms=sound.end_ms,
                )
                for sound in self._sounds
            ),
        )
        outcome.messages.append(self._told.stamp(ended))
        self._to(CallState.ENDED, now_s)
