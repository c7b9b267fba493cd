"""What a live call has told so far, and its next message: the engine's events in the wire's words.

Numbers every message, decides what of a hit or a step reaches the agent as a prompt and the
supervisor as an alert, and keeps the call's line on the board.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from api.live.board_messages import CallTold
from api.live.call_info import CallInfo, Playbook
from api.live.call_state import CallState
from api.live.message_parts import OfCall
from api.live.messages import AlertTold, Ended, PromptTold
from api.live.prompt import PromptChange, PromptState
from api.live.prompt_latency import PromptLatency
from api.live.prompts import PromptPolicy
from api.live.sessions import HitKey
from api.live.take_back import unsettled
from api.live.translate import conduct_told, hit_told, step_told, utterance_told
from qa_engine.events import (
    ConductNoticed,
    HitChanged,
    HitState,
    Role,
    SessionEvent,
    StepChanged,
    StepState,
    UtteranceHeard,
)
from qa_engine.prosody.live import MoodChanged
from qa_engine.prosody.moods import MoodKind
from qa_engine.rules.counting import is_told_live, standing_of_hit

LATE_MS = 4_000
"""A prompt about words older than this is not shown: the talk has moved on."""
EARLY_ALERT = 0.7
"""How sure the words must be for the supervisor to hear of them before they are final."""

MOOD_SEVERITY: Literal["high"] = "high"
MOOD_TITLES = {MoodKind.ANGRY: "客户情绪升温", MoodKind.IMPATIENT: "坐席失去耐心"}


class CallMessages:
    """One call's. `at_ms` is call time: milliseconds of audio received."""

    def __init__(self, info: CallInfo, playbook: Playbook, *, late_ms: int = LATE_MS) -> None:
        """`late_ms`: from this age on, what was said makes no new prompt."""
        self._late_ms = late_ms
        self.prompts = PromptPolicy(playbook.titles, playbook.says)
        self.latency = PromptLatency()
        self.seq = 0
        self.at_ms = 0
        self._info = info
        self._playbook = playbook
        self._alerts: dict[str, str] = {}
        self._steps: dict[str, StepState] = {}
        self._last: tuple[Role, str] | None = None
        self._ended: Ended | None = None
        self._restored: Sequence[Mapping[str, Any]] = ()
        self._standing: frozenset[HitKey] = frozenset()

    def stamp(self, message: OfCall) -> OfCall:
        """`message` with its number and its time; the last one of a call is remembered."""
        self.seq += 1
        at_ms = message.at_ms or self.at_ms
        stamped = message.model_copy(update={"seq": self.seq, "at_ms": at_ms})
        if isinstance(stamped, Ended):
            self._ended = stamped
        return stamped

    def restore(
        self, told: Sequence[Mapping[str, Any]], standing: frozenset[HitKey] = frozenset()
    ) -> None:
        """Go on after these messages, in order: as if this object had told them.

        `standing`: the hits that still are.
        """
        for message in told:
            match message["type"]:
                case "utterance" if message["utterance"]["text"]:
                    said = message["utterance"]
                    self._last = Role(said["role"]), said["text"]
                case "alert" if message["state"] == "withdrawn":
                    self._alerts.pop(message["hit"], None)
                case "alert":
                    self._alerts[message["hit"]] = message["severity"]
                case "hit" if message["state"] == "confirmed":
                    self._alerts.setdefault(message["hit"]["id"], message["hit"]["severity"])
                case "step":
                    self._steps[message["step"]] = StepState(message["state"])
        self.seq = told[-1]["seq"]
        self.at_ms = max(message["at_ms"] for message in told)
        prompts = [message for message in told if message["type"] == "prompt"]
        self.prompts.restore((p["prompt_id"], p["rule"], p["state"]) for p in prompts)
        self._restored, self._standing = told, standing

    def take_back(self) -> list[OfCall]:
        """What was shown when the server stopped and is not known any more: nothing stays open."""
        return [self.stamp(message) for message in unsettled(self._restored, self._standing)]

    def of(self, event: SessionEvent, now_s: float, *, prompting: bool) -> list[OfCall]:
        """What is told of an event; `prompting`: whether the agent may still be shown something."""
        call_id = self._info.call_id
        match event:
            case UtteranceHeard():
                said = event.utterance
                if said.text:
                    self._last = (said.role, said.text)
                return [self.stamp(utterance_told(call_id, event))]
            case HitChanged():
                return self._hit(event, now_s, prompting)
            case StepChanged():
                return self._step(event, now_s, prompting)
            case MoodChanged():
                return self._mood(event, now_s)
            case ConductNoticed():
                told = [self.stamp(conduct_told(call_id, event))]
                owed = self._info.roles_known and event.role is not Role.CUSTOMER
                if prompting and owed:
                    late = self._is_late(event.at_ms, now_s)
                    told += self._of_prompts(self.prompts.conduct(event, late=late), now_s)
                return told
            case _:
                return []

    def summary(self, state: CallState, behind_ms: int = 0) -> CallTold:
        """The call's line on the board."""
        due = {step.id: StepState.PENDING for step in self._playbook.steps if step.due}
        states = [s for s in (due | self._steps).values() if s is not StepState.NOT_APPLICABLE]
        return CallTold(
            call_id=self._info.call_id,
            seq=self.seq,
            at_ms=self.at_ms,
            agent=self._info.agent,
            script=self._playbook.script_title or self._playbook.script,
            state=state.source,
            began_at=self._info.began_at,
            hearing=self._info.hearing,
            duration_ms=self.at_ms,
            alerts=_severities(self._alerts.values()),
            last_role=self._last[0].value if self._last else None,
            last_text=self._last[1][-60:] if self._last else "",
            steps_done=sum(state is StepState.DONE for state in states),
            steps_late=sum(state in (StepState.LATE, StepState.MISSED) for state in states),
            steps_total=len(states),
            score=self._ended.score if self._ended else None,
            to_give=self._ended.to_give if self._ended else 0.0,
            conclusion=self._ended.conclusion if self._ended else None,
            unjudgeable=self._ended.judgeable.reason if self._ended else "",
            behind_ms=behind_ms,
        )

    def _hit(self, event: HitChanged, now_s: float, prompting: bool) -> list[OfCall]:
        told = [self.stamp(hit_told(self._info.call_id, event))]
        hit = event.hit
        title = self._playbook.titles.get(hit.rule, hit.rule)
        urgent = hit.audience == "supervisor" or hit.severity == "critical"
        if event.state is HitState.RETRACTED:
            if self._alerts.pop(hit.id, None) is not None and urgent:
                told.append(self._alert("withdrawn", event, title, now_s))
        elif hit.id not in self._alerts and is_told_live(standing_of_hit(hit)):
            if event.state is HitState.CONFIRMED or hit.confidence >= EARLY_ALERT:
                self._alerts[hit.id] = hit.severity
                if urgent:
                    told.append(self._alert("raised", event, title, now_s))
        if prompting:
            late = self._is_late(hit.end_ms, now_s)
            told += self._of_prompts(self.prompts.hit(event, late=late), now_s)
        return told

    def _is_late(self, at_ms: int, now_s: float) -> bool:
        return self.latency.age_ms(at_ms, now_s) > self._late_ms

    def _alert(
        self, state: Literal["raised", "withdrawn"], event: HitChanged, title: str, now_s: float
    ) -> OfCall:
        hit = event.hit
        told = AlertTold(
            call_id=self._info.call_id,
            state=state,
            severity=_severity(hit.severity),
            title=title,
            quote=hit.quote,
            suggest=hit.suggest,
            rule=hit.rule,
            hit=hit.id,
            age_ms=self.latency.age_ms(hit.end_ms, now_s),
        )
        return self.stamp(told)

    def _mood(self, event: MoodChanged, now_s: float) -> list[OfCall]:
        """To the supervisor only: it does not calm an agent to be told."""
        mood = event.mood
        raised = event.state is not HitState.RETRACTED
        if raised:
            self._alerts[mood.id] = MOOD_SEVERITY
        else:
            self._alerts.pop(mood.id, None)
        told = AlertTold(
            call_id=self._info.call_id,
            state="raised" if raised else "withdrawn",
            severity=MOOD_SEVERITY,
            title=MOOD_TITLES[mood.kind],
            quote=event.quote,
            rule=f"mood.{mood.kind}",
            hit=mood.id,
            age_ms=self.latency.age_ms(mood.end_ms, now_s),
        )
        return [self.stamp(told)]

    def _step(self, event: StepChanged, now_s: float, prompting: bool) -> list[OfCall]:
        self._steps[event.step] = event.state
        title = self._playbook.titles.get(event.step, event.step)
        told = [self.stamp(step_told(self._info.call_id, event, title))]
        if prompting and self._info.roles_known:
            severity = self._playbook.step_severity.get(event.step, "medium")
            late = self._is_late(event.at_ms, now_s)
            changes = self.prompts.step(event, severity=severity, late=late)
            told += self._of_prompts(changes, now_s)
        return told

    def arrived(self, at_ms: int, now_s: float) -> None:
        """The call has come so far; what was said up to there was sent at `now_s`."""
        self.at_ms = max(self.at_ms, at_ms)
        self.latency.arrived(at_ms, now_s)

    def tick(self, now_s: float) -> list[OfCall]:
        """What time does to the prompts."""
        return self._of_prompts(self.prompts.tick(self.at_ms), now_s)

    def feedback(self, action: str, prompt_id: str) -> list[OfCall]:
        """What a click of the agent's does to them."""
        return self._of_prompts(self.prompts.feedback(action, prompt_id, self.at_ms), None)

    def _of_prompts(self, changes: list[PromptChange], now_s: float | None) -> list[OfCall]:
        """`now_s` None: at a click of the agent's, whose delay is not ours."""
        messages: list[OfCall] = []
        for change in changes:
            prompt = change.prompt
            if change.state is PromptState.SHOWN and prompt.kind == "phrase" and now_s is not None:
                self.latency.shown(prompt.end_ms, now_s)
            told = PromptTold(
                call_id=self._info.call_id,
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
            messages.append(self.stamp(told))
        return messages


def _severity(name: str) -> Any:
    return name if name in ("low", "medium", "high", "critical") else "medium"


def _severities(names: Iterable[str]) -> dict[Any, int]:
    return dict(Counter(_severity(name) for name in names))
