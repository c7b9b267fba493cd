"""When a step is due, and what became of it: pure questions about times.

A window opens `from_ms` after its anchor and closes `within_ms` after it. An answer belongs to a
window by the moment it *begins*: a sentence begun in time is in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from phrasebook.model import AnchorKind, Speaker, Step
from qa_engine.events import Role, StepState
from qa_engine.turns import Turns

JOIN_MS = 15_000
"""请您稍等 … 再稍等一下: triggers closer than this are one occasion, due after the last of them."""

OPENING_MS = 20_000
"""While a call runs, 感谢您的来电 so soon is its greeting and not yet its farewell."""


class Moment(NamedTuple):
    """Words of a step, where they were said."""

    begin_ms: int
    end_ms: int
    utterance: int


class Trigger(NamedTuple):
    """Words that make a step due."""

    begin_ms: int
    end_ms: int
    utterance: int
    own: bool
    """Said by the agent: each own act needs its own answer, while one apology may answer a
    customer's complaint made three times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWindow:
    opens_ms: int
    deadline_ms: int | None
    """None: any time until the end of the call."""
    stops_ms: int | None = None
    """What is said from here on answers the next occasion, not this one."""
    trigger_ms: int | None = None
    trigger_end_ms: int = 0
    at_end: bool = False
    """Hangs on the call's end: while the call runs it is judged as if it ended now."""


def join_triggers(triggers: Iterable[Trigger]) -> list[Trigger]:
    """Occasions in order of time; triggers close together are one."""
    joined: list[Trigger] = []
    for trigger in sorted(triggers):
        if joined and trigger.begin_ms - joined[-1].end_ms < JOIN_MS:
            last = joined[-1]
            joined[-1] = last._replace(end_ms=max(last.end_ms, trigger.end_ms))
        else:
            joined.append(trigger)
    return joined


def windows_of(
    step: Step,
    triggers: Sequence[Trigger],
    *,
    end_ms: int,
    began_ms: int | None = 0,
    running: bool = False,
) -> list[StepWindow]:
    """One window for each occasion on which `step` is due; `end_ms` is the call's, or as far as
    it is heard while it is `running`. `began_ms`: the agent's first word, None while there is none:
    ringing and menus before it are nobody's delay.
    """
    if step.anchor.kind is AnchorKind.CALL_START:
        return [_after_start(step, began_ms, running=running)]
    if step.anchor.kind is AnchorKind.CALL_END:
        return [_before_end(step, end_ms, earliest_ms=OPENING_MS if running else 0)]
    return [_after_trigger(step, triggers, index) for index in range(len(triggers))]


def hangs_on_talk(step: Step) -> bool:
    """Whether other words than its own may change what became of it."""
    return step.within_turns is not None or step.record is not None


def in_turns(window: StepWindow, step: Step, turns: Turns) -> StepWindow:
    """The window of a step that is due within some turns of whoever owes it: 2句.

    It closes where the next turn begins, so that what is said in the last one is in time.
    """
    if step.within_turns is None:
        return window
    begin_ms = window.opens_ms if window.trigger_ms is None else window.trigger_ms
    after_ms = begin_ms - 1 if window.trigger_ms is None else begin_ms
    roles = (role for role in (Role.AGENT, Role.CUSTOMER) if step.who in (Speaker.ANY, role))
    begins = [turns.begin_after(after_ms, role, step.within_turns + 1) for role in roles]
    known = [begin for begin in begins if begin is not None]
    return replace(window, deadline_ms=min(known) - 1 if known else None)


def by_order(window: StepWindow, step: Step, end_ms: int) -> StepWindow:
    """The window of a step where nobody knows when things were said, only after what: it opens
    with its anchor, and no time runs out. What is due at the end belongs to the last half.
    """
    if window.at_end:
        return replace(window, opens_ms=min(window.opens_ms, end_ms // 2))
    looks_back = step.from_ms < 0
    before = step.within_ms is not None and step.within_ms <= 0
    opens_ms = 0 if looks_back or window.trigger_ms is None else window.trigger_ms
    deadline_ms = window.trigger_end_ms if before else None
    return replace(window, opens_ms=opens_ms, deadline_ms=deadline_ms)


def judge(
    window: StepWindow, moments: Sequence[tuple[Moment, bool]], *, now_ms: int, closed: bool
) -> tuple[StepState, Moment | None, bool]:
    """The state, the words that decided it, and whether they came in order.

    `moments` are the step's words in order of time, each with "its predecessors were said before".
    """
    answers = [
        pair
        for pair in moments
        if pair[0].begin_ms >= window.opens_ms
        and (window.stops_ms is None or pair[0].begin_ms < window.stops_ms)
    ]
    deadline = window.deadline_ms
    in_time = [pair for pair in answers if deadline is None or pair[0].begin_ms <= deadline]
    if in_time:
        moment, in_order = next((pair for pair in in_time if pair[1]), in_time[0])
        return StepState.DONE, moment, in_order
    if answers:
        moment, in_order = answers[0]
        return StepState.LATE, moment, in_order
    over = closed or (deadline is not None and now_ms > deadline and not window.at_end)
    return (StepState.MISSED if over else StepState.PENDING), None, True


def _after_start(step: Step, began_ms: int | None, *, running: bool) -> StepWindow:
    if began_ms is None and running:
        return StepWindow(opens_ms=step.from_ms, deadline_ms=None)
    began_ms = began_ms or 0
    within = step.within_ms
    return StepWindow(
        opens_ms=began_ms + step.from_ms if step.from_ms else 0,
        deadline_ms=None if within is None else began_ms + within,
    )


def _before_end(step: Step, end_ms: int, *, earliest_ms: int) -> StepWindow:
    if step.within_ms is None:
        opens, closes = (end_ms + step.from_ms if step.from_ms else 0), 0
    else:
        opens, closes = (
            end_ms + min(step.from_ms, step.within_ms),
            max(step.from_ms, step.within_ms),
        )
    return StepWindow(opens_ms=max(earliest_ms, opens), deadline_ms=end_ms + closes, at_end=True)


def _after_trigger(step: Step, triggers: Sequence[Trigger], index: int) -> StepWindow:
    trigger = triggers[index]
    following = triggers[index + 1] if index + 1 < len(triggers) else None
    looks_back = step.from_ms < 0
    stops = following.begin_ms if following and trigger.own and not looks_back else None
    return StepWindow(
        opens_ms=max(0, trigger.begin_ms + step.from_ms),
        deadline_ms=None if step.within_ms is None else trigger.end_ms + step.within_ms,
        stops_ms=stops,
        trigger_ms=trigger.begin_ms,
        trigger_end_ms=trigger.end_ms,
    )
