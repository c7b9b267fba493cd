"""One live call: what its session tells, turned into messages, prompts, alerts and accounts.

Synchronous and without a clock: `now_s` (monotonic seconds) comes in with everything. `Floor`
moves the bytes, runs the decodes and publishes what this returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from api.live.accounts import Accounts, Totals
from api.live.briefing import CallInfo, Playbook
from api.live.endings import EndReason, unjudged
from api.live.lag import LagMeter
from api.live.messages import (
    AlertTold,
    CallTold,
    Ended,
    Judgeable,
    Notice,
    OfCall,
    Opened,
    PromptTold,
    SourceTold,
    StatsTold,
)
from api.live.prompts import Change, PromptPolicy, PromptState
from api.live.translate import conduct_told, hit_told, step_told, utterance_told
from models.recogniser import Samples, Transcript
from qa_engine.analysis import AnalysisResult
from qa_engine.events import (
    CallEnded,
    ConductNoticed,
    DecodeWanted,
    HitChanged,
    HitState,
    Role,
    SessionEvent,
    StepChanged,
    StepState,
    UtteranceHeard,
)
from qa_engine.hearing.accounting import Account
from qa_engine.rules.counting import is_told_live, standing_of_hit
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable

FAILED = "recogniser_failed"
COALESCED = "coalesced"
NO_HOTWORDS = "the model takes no hotwords: what it hears does not depend on them"
EARLY_ALERT = 0.7
"""How sure the words must be for the supervisor to hear of them before they are final."""


class Session(Protocol):
    """What a live call needs of the engine's session."""

    def hear(self, samples: Samples) -> list[SessionEvent]:
        """float32 [channels, n] at 16 kHz."""

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]: ...

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        """A window that nobody will recognise."""

    def finalize(self) -> list[SessionEvent]:
        """Finish what is being said, without waiting for a pause."""

    def close(self) -> list[SessionEvent]: ...

    def result(self, ending: Unjudgeable) -> AnalysisResult | None:
        """What the call came to, once it has ended; `ending`: what its end makes of it."""

    @property
    def accounts(self) -> Sequence[Account]:
        """Where the sound of each channel went so far."""


@dataclass(slots=True)
class Outcome:
    """What one input led to, in order."""

    messages: list[OfCall] = field(default_factory=list)
    wanted: list[DecodeWanted] = field(default_factory=list)
    ended: bool = False


class LiveCall:
    """See the module."""

    def __init__(self, info: CallInfo, session: Session, playbook: Playbook) -> None:
        self.info = info
        self.playbook = playbook
        self.accounts = Accounts(len(info.roles))
        self.prompts = PromptPolicy(playbook.titles, playbook.says)
        self.source: Literal["live", "lost", "ended"] = "live"
        self.at_ms = 0
        """Call time: milliseconds of audio received."""
        self.duration_ms: int | None = None
        self.lag = LagMeter()
        self._session = session
        self._samples = 0
        self._seq = 0
        self._closing = False
        self._ended: Ended | None = None
        self._alerts: dict[str, str] = {}
        self._steps: dict[str, StepState] = {}
        self._last: tuple[Role, str] | None = None

    @property
    def seq(self) -> int:
        return self._seq

    def open(self) -> Outcome:
        book = self.playbook
        opened = Opened(
            call_id=self.info.call_id,
            agent=self.info.agent,
            script=book.script,
            script_title=book.script_title,
            roles=tuple(role.value for role in self.info.roles),
            roles_known=self.info.roles_known,
            steps=book.steps,
            metadata=dict(self.info.metadata),
            began_at=self.info.began_at,
            versions=dict(book.versions),
            synthetic_model=book.synthetic_model,
        )
        outcome = Outcome([self._stamp(opened)])
        if self.info.hotwords and not book.takes_hotwords:
            outcome.messages += self.notice("hotwords", NO_HOTWORDS).messages
        return outcome

    def hear(self, samples: Samples, now_s: float) -> Outcome:
        """float32 [channels, n] at 16 kHz, the next of this call."""
        self._samples += samples.shape[1]
        self.at_ms = self._samples // 16
        self.lag.arrived(self.at_ms, now_s)
        outcome = self._told(self._session.hear(samples), now_s)
        self._prompt(outcome, self.prompts.tick(self.at_ms), now_s)
        return outcome

    def decoded(
        self, wanted: DecodeWanted, transcript: Transcript, now_s: float, *, failed: bool = False
    ) -> Outcome:
        if not wanted.final:
            self.accounts.partial(wanted.channel, wanted.window_id)
        if failed:
            return self._told(self._session.undecoded(wanted.window_id, FAILED), now_s)
        return self._told(self._session.decoded(wanted.window_id, transcript), now_s)

    def overtaken(self, wanted: DecodeWanted, now_s: float) -> Outcome:
        """A partial that a newer window stands for."""
        self.accounts.overtaken(wanted.channel, wanted.window_id)
        return self._told(self._session.undecoded(wanted.window_id, COALESCED), now_s)

    def finalize(self, now_s: float) -> Outcome:
        return self._told(self._session.finalize(), now_s)

    def close(self, now_s: float) -> Outcome:
        """No more audio; the outcome that says `ended` may come with a later decode."""
        self._closing = True
        return self._told(self._session.close(), now_s)

    def feedback(self, action: str, prompt_id: str) -> Outcome:
        outcome = Outcome()
        self._prompt(outcome, self.prompts.feedback(action, prompt_id, self.at_ms), None)
        return outcome

    def connection(self, state: Literal["live", "lost", "resumed", "gone"], reason: str) -> Outcome:
        self.source = "lost" if state in ("lost", "gone") else "live"
        told = SourceTold(call_id=self.info.call_id, state=state, reason=reason)
        return Outcome([self._stamp(told)])

    def notice(self, code: str, text: str) -> Outcome:
        return Outcome([self._stamp(Notice(call_id=self.info.call_id, code=code, text=text))])

    def stats(self) -> Outcome:
        totals = self.totals()
        told = StatsTold(
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
            prompts={name: count for name, count in self.prompts.tally.items() if count},
            lag=self.lag.summary(),
        )
        return Outcome([self._stamp(told)])

    def totals(self) -> Totals:
        """Where the call's audio went so far."""
        return self.accounts.totals(self._session.accounts)

    def stamped(self, message: OfCall) -> Outcome:
        """A message that something outside the session has to tell."""
        return Outcome([self._stamp(message)])

    def ended(self, reason: EndReason) -> Outcome:
        """The last message of the call."""
        self.source = "ended"
        result = self._session.result(unjudged(reason))
        judgeable = result.judgeable if result else unjudgeable(Unjudgeable.FAILED)
        told = Ended(
            call_id=self.info.call_id,
            reason=reason,
            duration_ms=self.duration_ms or self.at_ms,
            score=result.score.total if result and result.score else None,
            passed=result.score.passed if result and result.score else None,
            conclusion=result.conclusion.value if result else "not_judgeable",
            judgeable=Judgeable(
                state=judgeable.state.value,
                reason=judgeable.reason.value,
                message_zh=judgeable.message_zh,
            ),
        )
        self._ended = told
        return Outcome([self._stamp(told)])

    def summary(self) -> CallTold:
        """The call's line on the board."""
        due = {step.id: StepState.PENDING for step in self.playbook.steps if step.due}
        states = [s for s in (due | self._steps).values() if s is not StepState.NOT_APPLICABLE]
        return CallTold(
            call_id=self.info.call_id,
            seq=self._seq,
            at_ms=self.at_ms,
            agent=self.info.agent,
            script=self.playbook.script_title or self.playbook.script,
            state=self.source,
            began_at=self.info.began_at,
            duration_ms=self.at_ms,
            alerts=_severities(self._alerts.values()),
            last_role=self._last[0].value if self._last else None,
            last_text=self._last[1][-60:] if self._last else "",
            steps_done=sum(state is StepState.DONE for state in states),
            steps_late=sum(state in (StepState.LATE, StepState.MISSED) for state in states),
            steps_total=len(states),
            score=self._ended.score if self._ended else None,
            conclusion=self._ended.conclusion if self._ended else None,
            unjudgeable=self._ended.judgeable.reason if self._ended else "",
        )

    def _stamp(self, message: OfCall) -> OfCall:
        self._seq += 1
        at_ms = message.at_ms or self.at_ms
        return message.model_copy(update={"seq": self._seq, "at_ms": at_ms})

    def _told(self, events: Iterable[SessionEvent], now_s: float) -> Outcome:
        outcome = Outcome()
        for event in events:
            match event:
                case DecodeWanted():
                    self._want(event)
                    outcome.wanted.append(event)
                case UtteranceHeard():
                    said = event.utterance
                    if said.text:
                        self._last = (said.role, said.text)
                    self._say(outcome, utterance_told(self.info.call_id, event))
                case HitChanged():
                    self._hit(outcome, event, now_s)
                case StepChanged():
                    self._step(outcome, event, now_s)
                case ConductNoticed():
                    self._say(outcome, conduct_told(self.info.call_id, event))
                    owed = self.info.roles_known and event.role is not Role.CUSTOMER
                    if not self._closing and owed:
                        self._prompt(outcome, self.prompts.conduct(event), now_s)
                case CallEnded():
                    self.duration_ms = event.duration_ms
                    outcome.ended = True
                case _:
                    continue
        return outcome

    def _want(self, wanted: DecodeWanted) -> None:
        if not wanted.final:
            end_ms = wanted.begin_ms + len(wanted.samples) // 16
            self.accounts.wanted(wanted.channel, wanted.window_id, wanted.begin_ms, end_ms)

    def _say(self, outcome: Outcome, message: OfCall) -> None:
        outcome.messages.append(self._stamp(message))

    def _hit(self, outcome: Outcome, event: HitChanged, now_s: float) -> None:
        self._say(outcome, hit_told(self.info.call_id, event))
        hit = event.hit
        title = self.playbook.titles.get(hit.rule, hit.rule)
        urgent = hit.audience == "supervisor" or hit.severity == "critical"
        if event.state is HitState.RETRACTED:
            if self._alerts.pop(hit.id, None) is not None and urgent:
                self._say(outcome, self._alert("withdrawn", event, title))
        elif hit.id not in self._alerts and is_told_live(standing_of_hit(hit)):
            if event.state is HitState.CONFIRMED or hit.confidence >= EARLY_ALERT:
                self._alerts[hit.id] = hit.severity
                if urgent:
                    self._say(outcome, self._alert("raised", event, title))
        if not self._closing:
            self._prompt(outcome, self.prompts.hit(event), now_s)

    def _alert(
        self, state: Literal["raised", "withdrawn"], event: HitChanged, title: str
    ) -> AlertTold:
        hit = event.hit
        return AlertTold(
            call_id=self.info.call_id,
            state=state,
            severity=_severity(hit.severity),
            title=title,
            quote=hit.quote,
            suggest=hit.suggest,
            rule=hit.rule,
            hit=hit.id,
        )

    def _step(self, outcome: Outcome, event: StepChanged, now_s: float) -> None:
        self._steps[event.step] = event.state
        title = self.playbook.titles.get(event.step, event.step)
        self._say(outcome, step_told(self.info.call_id, event, title))
        if not self._closing and self.info.roles_known:
            severity = self.playbook.step_severity.get(event.step, "medium")
            self._prompt(outcome, self.prompts.step(event, severity=severity), now_s)

    def _prompt(self, outcome: Outcome, changes: list[Change], now_s: float | None) -> None:
        for change in changes:
            prompt = change.prompt
            if change.state is PromptState.SHOWN and prompt.kind == "phrase" and now_s is not None:
                self.lag.shown(prompt.end_ms, now_s)
            told = PromptTold(
                call_id=self.info.call_id,
                prompt_id=prompt.id,
                kind=prompt.kind,
                state=change.state.value,
                severity=_severity(prompt.severity),
                title=prompt.title,
                heard=prompt.heard,
                by=prompt.by.value,
                suggest=prompt.suggest,
                coach=prompt.coach,
                rule=prompt.rule,
                hit=prompt.hit,
                provisional=prompt.provisional,
            )
            self._say(outcome, told)


def _severity(name: str) -> Any:
    return name if name in ("low", "medium", "high", "critical") else "medium"


def _severities(names: Iterable[str]) -> dict[Any, int]:
    return dict(Counter(_severity(name) for name in names))
