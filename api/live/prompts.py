"""Which prompt the agent sees, when, and what becomes of it: policy only, time comes in.

One at a time. A more severe one takes the place at once; others wait their turn, and a prompt that
waited too long is not shown at all (it stays in the report). The same rule rests after a prompt,
and a call has a budget; critical prompts pass both. What the recogniser was unsure of goes to the
review queue and never to the agent. A prompt on words that changed is taken back visibly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from api.live.prompt import RANK, Prompt, PromptChange, PromptKind, PromptLimits, PromptState
from qa_engine.events import ConductNoticed, HitChanged, HitState, StepChanged, StepState
from qa_engine.rules.counting import (
    Reason,
    Standing,
    is_told_live,
    standing_of_hit,
    standing_of_step,
)


class PromptPolicy:
    """One call's prompts. Every method returns what changes on the agent's screen."""

    def __init__(
        self,
        titles: Mapping[str, str],
        says: Mapping[str, tuple[str, ...]],
        limits: PromptLimits | None = None,
    ) -> None:
        """`titles` and `says` (sentences to say) by the id of a rule, step or conduct check."""
        self._titles = titles
        self._says = says
        self._limits = limits or PromptLimits()
        self._current: Prompt | None = None
        self._waiting: list[Prompt] = []
        self._last_ms: dict[str, int] = {}
        self._silenced: set[str] = set()
        self._muted = False
        self._shown = 0
        self._conduct_shown = 0
        self._count = 0
        self.tally: Counter[str] = Counter()

    def restore(self, told: Iterable[tuple[str, str, str]]) -> None:
        """After a restart. `told`: id, rule and state of every prompt message, in order.

        What was on the screen is not; how much was shown, and what is unwanted, still counts.
        """
        for prompt_id, rule, state in told:
            self._count = max(self._count, int(prompt_id.removeprefix("p")))
            self.tally[state] += 1
            if state == PromptState.SHOWN:
                self._shown += 1
            elif state == PromptState.NOT_RIGHT:
                self._silenced.add(rule)

    @property
    def current(self) -> Prompt | None:
        return self._current

    def hit(self, event: HitChanged, *, late: bool = False) -> list[PromptChange]:
        """A hit changed: what the agent said, or what of the customer's the agent should heed.

        `late`: the words are too old for a new prompt; one that is shown goes on with its hit.
        """
        hit = event.hit
        if event.state is HitState.RETRACTED:
            return self._withdraw(hit.id, event.at_ms)
        standing = standing_of_hit(hit)
        if not is_told_live(standing):
            return self._not_told(event, standing)
        if self._is_current(hit.id):
            return self._confirm(event)
        if self._update_waiting(event) or hit.audience != "agent":
            return []
        final = event.state is HitState.CONFIRMED
        if not final and hit.confidence < self._limits.early_confidence:
            return []
        if late:
            return self._too_late(final=final)
        return self._offer(
            Prompt(
                id=self._next_id(),
                kind="phrase",
                rule=hit.rule,
                severity=hit.severity,
                title=self._titles.get(hit.rule, hit.rule),
                heard=hit.quote,
                by=hit.role,
                suggest=hit.suggest,
                coach=hit.coach,
                hit=hit.id,
                provisional=not final,
                end_ms=hit.end_ms,
                wanted_ms=event.at_ms,
            )
        )

    def step(
        self, event: StepChanged, *, severity: str = "medium", late: bool = False
    ) -> list[PromptChange]:
        """A required step changed: an overdue one warns until it is said after all."""
        if event.state in (StepState.DONE, StepState.LATE, StepState.NOT_APPLICABLE):
            return self._withdraw(f"step:{event.step}", event.at_ms)
        if event.state is not StepState.MISSED:
            return []
        if not is_told_live(standing_of_step(unheard=event.unheard)):
            return self._withdraw(f"step:{event.step}", event.at_ms)
        if late:
            return self._too_late()
        return self._offer(self._hint("step", event.step, severity, event.at_ms))

    def conduct(self, event: ConductNoticed, *, late: bool = False) -> list[PromptChange]:
        """A conduct check went past its limit: sparingly told, never above the words."""
        if late:
            return self._too_late()
        if self._conduct_shown >= self._limits.conduct_budget:
            self.tally["over_budget"] += 1
            return []
        changes = self._offer(self._hint("conduct", event.check, "low", event.at_ms))
        self._conduct_shown += any(change.state is PromptState.SHOWN for change in changes)
        return changes

    def tick(self, now_ms: int) -> list[PromptChange]:
        """Let time pass: what stood long enough goes, what waits may come."""
        changes: list[PromptChange] = []
        current = self._current
        if current is not None and now_ms - current.shown_ms >= self._limits.shown_ms:
            changes.append(self._leave(PromptState.EXPIRED))
        fresh = [p for p in self._waiting if now_ms - p.wanted_ms < self._limits.wait_ms]
        self.tally["waited_too_long"] += len(self._waiting) - len(fresh)
        self._waiting = fresh
        return changes + self._advance(now_ms)

    def feedback(self, action: str, prompt_id: str, now_ms: int) -> list[PromptChange]:
        """`dismiss`, `not_right` (silences the rule for this call), `mute`, `unmute`."""
        if action in ("mute", "unmute"):
            self._muted = action == "mute"
            if not self._muted or self._current is None:
                return []
            return [self._leave(PromptState.DISMISSED)]
        if self._current is None or self._current.id != prompt_id:
            return []
        if action == "not_right":
            self._silenced.add(self._current.rule)
            self._waiting = [p for p in self._waiting if p.rule != self._current.rule]
        state = PromptState.NOT_RIGHT if action == "not_right" else PromptState.DISMISSED
        return [self._leave(state), *self._advance(now_ms)]

    def _offer(self, prompt: Prompt) -> list[PromptChange]:
        reason = self._held_back(prompt)
        if reason:
            self.tally[reason] += 1
            return []
        self._waiting.append(prompt)
        return self._advance(prompt.wanted_ms)

    def _held_back(self, prompt: Prompt) -> str:
        """Why a prompt is not even queued, or an empty string."""
        if self._muted:
            return "muted"
        if prompt.rule in self._silenced:
            return "silenced"
        if any(waiting.rule == prompt.rule for waiting in self._waiting):
            return "resting"
        if prompt.severity == "critical":
            return ""
        conduct = prompt.kind == "conduct"
        rest_ms = self._limits.conduct_rest_ms if conduct else self._limits.rest_ms
        last_ms = self._last_ms.get(prompt.rule)
        if last_ms is not None and prompt.wanted_ms - last_ms < rest_ms:
            return "resting"
        return "over_budget" if self._shown >= self._limits.budget else ""

    def _not_told(self, event: HitChanged, standing: Standing) -> list[PromptChange]:
        """What may not be shown leaves the queue, and the screen if it was shown before."""
        if event.state is HitState.CONFIRMED:
            self.tally[standing.reason.value] += 1
        return self._withdraw(event.hit.id, event.at_ms)

    def _too_late(self, *, final: bool = True) -> list[PromptChange]:
        """What was heard too late to be of use is not shown as if it had just been said."""
        if final:
            self.tally[Reason.LATE.value] += 1
        return []

    def _advance(self, now_ms: int) -> list[PromptChange]:
        """Show the most severe that waits, oldest first, if it may take the place."""
        if not self._waiting:
            return []
        best = min(self._waiting, key=lambda p: (-RANK[p.severity], p.wanted_ms))
        changes: list[PromptChange] = []
        if self._current is not None:
            if not self._may_replace(best, now_ms):
                return []
            changes.append(self._leave(PromptState.EXPIRED))
        self._waiting.remove(best)
        self._current = replace(best, shown_ms=now_ms)
        self._last_ms[best.rule] = now_ms
        self._shown += 1
        self.tally["shown"] += 1
        return [*changes, PromptChange(PromptState.SHOWN, self._current)]

    def _may_replace(self, best: Prompt, now_ms: int) -> bool:
        current = self._current
        if current is None or RANK[best.severity] > RANK[current.severity]:
            return True
        same = best.severity == current.severity
        needed_ms = self._limits.replace_ms if same else self._limits.lesser_replace_ms
        return now_ms - current.shown_ms >= needed_ms

    def _confirm(self, event: HitChanged) -> list[PromptChange]:
        assert self._current is not None
        if event.state is not HitState.CONFIRMED or not self._current.provisional:
            return []
        self._current = replace(self._current, provisional=False, heard=event.hit.quote)
        self.tally["confirmed"] += 1
        return [PromptChange(PromptState.CONFIRMED, self._current)]

    def _update_waiting(self, event: HitChanged) -> bool:
        """A prompt that has not had its turn keeps up with its hit; False if there is none."""
        for index, waiting in enumerate(self._waiting):
            if waiting.hit == event.hit.id:
                provisional = event.state is HitState.PROVISIONAL
                self._waiting[index] = replace(
                    waiting, provisional=provisional, heard=event.hit.quote
                )
                return True
        return False

    def _withdraw(self, hit_id: str, now_ms: int) -> list[PromptChange]:
        self._waiting = [prompt for prompt in self._waiting if prompt.hit != hit_id]
        if not self._is_current(hit_id):
            return []
        assert self._current is not None
        self._last_ms.pop(self._current.rule, None)
        return [self._leave(PromptState.WITHDRAWN), *self._advance(now_ms)]

    def _leave(self, state: PromptState) -> PromptChange:
        assert self._current is not None
        left, self._current = self._current, None
        self.tally[state.value] += 1
        return PromptChange(state, left)

    def _is_current(self, hit_id: str) -> bool:
        return self._current is not None and self._current.hit == hit_id

    def _hint(self, kind: PromptKind, rule: str, severity: str, at_ms: int) -> Prompt:
        return Prompt(
            id=self._next_id(),
            kind=kind,
            rule=rule,
            severity=severity,
            title=self._titles.get(rule, rule),
            suggest=self._says.get(rule, ()),
            hit=f"step:{rule}" if kind == "step" else None,
            wanted_ms=at_ms,
        )

    def _next_id(self) -> str:
        self._count += 1
        return f"p{self._count}"
