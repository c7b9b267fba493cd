"""Required steps (步骤): which obligations a call has met, and when.

Everything is decided from the times of what was said, never from the order in which it arrived,
so that the two channels of a call may be fed in any interleaving. The questions themselves
(which window, which state) are answered by pure functions in `step_windows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from phrasebook.model import AnchorKind, Phrasebook, Speaker, Step
from qa_engine.events import Hit, Role, StepChanged, StepHeard, StepState
from qa_engine.rules.said_steps import SaidSteps
from qa_engine.rules.scripts import script_of, steps_of
from qa_engine.rules.step_result import BEST_FIRST, URGENCY, StepInstance, StepResult, not_due
from qa_engine.rules.step_windows import (
    Moment,
    StepWindow,
    Trigger,
    by_order,
    hangs_on_talk,
    in_turns,
    join_triggers,
    judge,
    windows_of,
)
from qa_engine.turns import Turns

UNHEARD_MS = 700
"""So much speech that was not understood may hold a step's words."""

NO_TIME_MS = 3_000
"""A trigger this close to the end of the call left nobody the time to answer it."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was last told of a step, so that only changes are told."""

    state: StepState
    deadline_ms: int | None
    utterance: int | None
    unheard: bool = False


class StepTracker:
    """The steps of one call. Feed what was heard in any order; `close` gives the last word."""

    def __init__(
        self,
        phrasebook: Phrasebook,
        script: str = "",
        *,
        wants: Callable[[Step], bool] = lambda _: True,
        says_right: Callable[[Step, int], bool] = lambda _, utterance: True,
        turns: Turns | None = None,
        timed: bool = True,
    ) -> None:
        """`wants`: whether a step is asked for in this call, as far as is known. `says_right`:
        whether its words in an utterance go with what the record tells. `turns`: the call's.
        `timed`: False where the times are estimated: then only the order of things is judged."""
        self._timed, self._wants, self._says_right = timed, wants, says_right
        self._turns = turns or Turns()
        by_id = {step.id: step for step in phrasebook.steps}
        self.script = script_of(phrasebook, script)
        self._steps = tuple(by_id[name] for name in steps_of(phrasebook, self.script))
        self._by_id: Mapping[str, Step] = by_id
        self._said = SaidSteps(phrasebook.entries)
        self._triggers: dict[str, dict[str, Trigger]] = {}
        self._unheard: list[tuple[int, int, Role | None]] = []
        self._missing: Sequence[tuple[int, int, Role | None]] = ()
        self._began_ms: int | None = None
        self._now_ms = 0
        self._latest_ms = 0
        self._duration_ms: int | None = None
        self._ends_ms: int | None = None
        self._results: dict[str, StepResult] = {}
        self.hang_on_talk = any(hangs_on_talk(step) for step in self._steps)
        """Whether some step counts turns, or goes by what else is said."""
        self._shown: dict[str, _Shown] = {
            step.id: _Shown(StepState.NOT_APPLICABLE, None, None) for step in self._steps
        }

    def begins(self, at_ms: int) -> list[StepChanged]:
        """The agent's first word: what hangs on the call's start counts from there."""
        self._began_ms = at_ms
        first = (s for s in self._steps if s.anchor.kind is AnchorKind.CALL_START)
        return self._changes(at_ms, list(first)) if self._results else []

    def on_heard(self, heard: StepHeard) -> list[StepChanged]:
        """Somebody said a step's words; a later event of the same utterance replaces this one."""
        self._said.on_heard(heard)
        return self._changes(heard.end_ms, self._concerned(heard.step))

    def hit(self, hit: Hit) -> list[StepChanged]:
        """A hit was confirmed: steps that hang on its rule fall due, and those said in the same
        breath may not count."""
        own = hit.role is Role.AGENT
        trigger = Trigger(hit.begin_ms, hit.end_ms, hit.utterance, own)
        self._triggers.setdefault(hit.rule, {})[hit.id] = trigger
        return self._changes(hit.end_ms, self._concerned(hit.rule, *self._said.breach(hit)))

    def hit_withdrawn(self, hit: Hit) -> list[StepChanged]:
        """A confirmed hit turned out not to be one; what hung on it is no longer due."""
        self._triggers.get(hit.rule, {}).pop(hit.id, None)
        freed = self._said.withdraw_breach(hit)
        return self._changes(hit.end_ms, self._concerned(hit.rule, *freed))

    def unheard(self, begin_ms: int, end_ms: int, role: Role | None) -> list[StepChanged]:
        """Speech of `role` (None: nobody knows whose) that was not understood."""
        self._unheard.append((begin_ms, end_ms, role))
        return self._changes(end_ms, self._steps)

    def missing(self, stretches: Sequence[tuple[int, int, Role | None]]) -> list[StepChanged]:
        """All stretches, begin and end in ms, whose sound is lost; None: of everybody.

        One may go on behind the end of what there is: a recording that was cut off.
        """
        if list(stretches) == list(self._missing):
            return []
        self._missing = tuple(stretches)
        return self._changes(self._latest_ms, self._steps)

    def reconsider(self, at_ms: int) -> list[StepChanged]:
        """Something else than words changed what is asked for."""
        changing = (step for step in self._steps if step.condition or hangs_on_talk(step))
        return self._changes(at_ms, list(changing))

    def tick(self, now_ms: int) -> list[StepChanged]:
        """Everything up to `now_ms` of the call has been heard: deadlines before it have passed."""
        self._now_ms = max(self._now_ms, now_ms)
        return self._changes(now_ms, [step for step in self._steps if self._passes(step)])

    def close(self, duration_ms: int, *, ends_ms: int | None = None) -> list[StepChanged]:
        """The call is over; nothing is pending any more. `ends_ms`: as for `Analysis.close`."""
        self._duration_ms = duration_ms
        self._ends_ms = ends_ms
        return self._changes(duration_ms, self._steps)

    def results(self) -> tuple[StepResult, ...]:
        """Every step of the script, in the script's order."""
        return tuple(self._result(step) for step in self._steps)

    def _concerned(self, *names: str) -> list[Step]:
        """Steps that new words of the steps or rules named may change."""
        return [
            step
            for step in self._steps
            if not {step.id, *step.anchor.refs, *step.after}.isdisjoint(names)
            or step.anchor.kind is AnchorKind.CALL_END
        ]

    def _passes(self, step: Step) -> bool:
        """Time alone may change this step: a deadline passed, or the call outlives its closing."""
        result = self._results.get(step.id)
        if result is None:
            return True
        if step.anchor.kind is AnchorKind.CALL_END:
            return result.state is StepState.DONE
        return any(
            instance.state is StepState.PENDING
            and instance.deadline_ms is not None
            and instance.deadline_ms < self._now_ms
            for instance in result.instances
        )

    def _changes(self, at_ms: int, concerned: Iterable[Step]) -> list[StepChanged]:
        self._latest_ms = max(self._latest_ms, at_ms)
        changes = []
        for step in concerned if self._results else self._steps:
            result = self._results[step.id] = self._result(step)
            shown = _Shown(result.state, result.deadline_ms, result.utterance, result.unheard)
            if shown == self._shown[step.id]:
                continue
            self._shown[step.id] = shown
            changes.append(
                StepChanged(
                    at_ms=self._latest_ms,
                    step=step.id,
                    state=result.state,
                    source=step.source,
                    deadline_ms=result.deadline_ms,
                    utterance=result.utterance,
                    unheard=result.unheard,
                )
            )
        return changes

    def _result(self, step: Step) -> StepResult:
        instances = tuple(self._instance(step, window) for window in self._windows(step))
        if not instances or not self._wants(step):
            return not_due(step)
        if step.anchor.kind is AnchorKind.STEP and _happens_once(self._by_id[step.anchor.ref]):
            instances = (min(instances, key=lambda one: BEST_FIRST.index(one.state)),)
        # What may have been said speaks for the step only where nothing was surely missed.
        worst = min(instances, key=lambda one: (URGENCY.index(one.state), one.unheard))
        return StepResult(
            step=step,
            state=worst.state,
            at_ms=worst.at_ms,
            deadline_ms=worst.deadline_ms,
            utterance=worst.utterance,
            in_order=all(instance.in_order for instance in instances),
            instances=instances,
            unheard=worst.unheard,
            spoiled_by=worst.spoiled_by,
        )

    def _windows(self, step: Step) -> list[StepWindow]:
        running = self._duration_ms is None
        end_ms = self._latest_ms if self._duration_ms is None else self._duration_ms
        if self._ends_ms is not None and step.anchor.kind is AnchorKind.CALL_END:
            end_ms = self._ends_ms
        windows = windows_of(
            step, self._triggers_of(step), end_ms=end_ms, began_ms=self._began_ms, running=running
        )
        due = windows if self._timed else [by_order(one, step, end_ms) for one in windows]
        return [in_turns(window, step, self._turns) for window in due]

    def _triggers_of(self, step: Step) -> list[Trigger]:
        ref = step.anchor.ref
        if step.anchor.kind is AnchorKind.HIT:
            known = (self._triggers.get(rule, {}) for rule in step.anchor.refs)
            return join_triggers(one for hits in known for one in hits.values())
        if step.anchor.kind is AnchorKind.STEP:
            own = self._by_id[ref].who is not Speaker.CUSTOMER
            return join_triggers(Trigger(*moment, own) for moment in self._said.moments(ref))
        return []

    def _instance(self, step: Step, window: StepWindow) -> StepInstance:
        ordered = [(moment, self._in_order(step, moment)) for moment in self._moments(step)]
        clean = [pair for pair in ordered if not self._said.breaches_at(pair[0])]
        closed = self._duration_ms is not None
        state, answer, in_order = judge(window, clean, now_ms=self._now_ms, closed=closed)
        spoiled_by: tuple[str, ...] = ()
        if state is not StepState.DONE and len(clean) < len(ordered):
            otherwise, words, _ = judge(window, ordered, now_ms=self._now_ms, closed=closed)
            if otherwise is StepState.DONE and words is not None:
                spoiled_by = self._said.breaches_at(words)
        moves = window.at_end and self._duration_ms is None
        if answer is None and state in (StepState.MISSED, StepState.PENDING):
            state = self._unanswered(step, window, state)
        return StepInstance(
            state=state,
            trigger_ms=window.trigger_ms,
            opens_ms=window.opens_ms,
            deadline_ms=None if moves else window.deadline_ms,
            at_ms=answer.begin_ms if answer else None,
            utterance=answer.utterance if answer else None,
            in_order=in_order,
            unheard=state in (StepState.MISSED, StepState.LATE) and self._may_be_said(step, window),
            spoiled_by=spoiled_by,
        )

    def _moments(self, step: Step) -> Sequence[Moment]:
        """Where its words were said, and said right."""
        said = self._said.moments(step.id)
        if step.record is None:
            return said
        return [moment for moment in said if self._says_right(step, moment.utterance)]

    def _may_be_said(self, step: Step, window: StepWindow) -> bool:
        """Enough speech of whoever owes the step was not understood, or lost, while it was due."""
        end_ms = self._latest_ms if self._duration_ms is None else self._duration_ms
        bounds = [ms for ms in (window.deadline_ms, window.stops_ms) if ms is not None]
        until_ms = min([*bounds, end_ms])
        # What is due until a call ends is due in the part that was cut off, too; and the agent's
        # first word, from which the opening counts, may be among what is lost.
        last_ms = max([end_ms, *(end for _, end, _ in self._missing)])
        ends_ms = last_ms if window.at_end else min([*bounds, last_ms])
        opens_ms = 0 if step.anchor.kind is AnchorKind.CALL_START else window.opens_ms
        due = ((self._unheard, window.opens_ms, until_ms), (self._missing, opens_ms, ends_ms))
        return UNHEARD_MS <= sum(
            max(0, min(end, until) - max(begin, opens))
            for spans, opens, until in due
            for begin, end, role in spans
            if role is None or step.who in (Speaker.ANY, role)
        )

    def _unanswered(self, step: Step, window: StepWindow, state: StepState) -> StepState:
        if not step.required:
            return StepState.NOT_APPLICABLE
        ended = self._duration_ms
        backward = step.within_ms is not None and step.within_ms <= 0
        if ended is not None and window.trigger_ms is not None and not backward:
            no_time = window.trigger_end_ms + NO_TIME_MS > ended
            return StepState.NOT_APPLICABLE if no_time else state
        return state

    def _in_order(self, step: Step, moment: Moment) -> bool:
        """Right when every step before it that was said at all was first said earlier."""
        before = [said for name in step.after if (said := self._said.moments(name))]
        return all(said[0].begin_ms <= moment.begin_ms for said in before)


def _happens_once(step: Step) -> bool:
    """An opening said twice is still one opening; a hold may be asked for many times."""
    return step.required and step.anchor.kind in (AnchorKind.CALL_START, AnchorKind.CALL_END)
