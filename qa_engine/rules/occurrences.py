"""How often an entry was hit, or a step said, before or after something: `命中:X 前3句 >= 2`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phrasebook.conditions import Op, SaidCondition
from phrasebook.model import Speaker
from phrasebook.reach import Reach, Side
from qa_engine.events import Hit, HitState, Role, StepHeard
from qa_engine.rules.record import compared
from qa_engine.turns import Turns

__all__ = ["Occurrences"]


@dataclass(frozen=True, slots=True)
class _Said:
    """Words that were said; `hit`: the id of the hit, "" of a step."""

    begin_ms: int
    utterance: int
    role: Role
    hit: str = ""


class Occurrences:
    """What conditions may ask for, of one call."""

    def __init__(
        self, turns: Turns, *, entries: Mapping[str, Speaker], steps: Mapping[str, Speaker]
    ) -> None:
        """`entries`, `steps`: who says what is asked for, by id."""
        self._turns = turns
        self._who = {False: entries, True: steps}
        self._steps: dict[str, dict[int, _Said]] = {}
        self.passed_ms = 0
        """Up to here every channel has been heard."""
        self.is_over = False

    def on_heard(self, event: StepHeard) -> None:
        """A later event of the same utterance replaces the former."""
        said = self._steps.setdefault(event.step, {})
        if event.state is HitState.CONFIRMED:
            said[event.utterance] = _Said(event.begin_ms, event.utterance, event.role)
        else:
            said.pop(event.utterance, None)

    def holds(
        self, asked: SaidCondition, hits: Iterable[Hit], seen_from: Hit | None
    ) -> bool | None:
        """Whether it was said as often as is asked; None while the call may still tell.

        `hits`: those of its rule that count. `seen_from`: the hit whose rule asks; None of what
        has no place in the call, such as a step: then all of the call is meant.
        """
        said = (
            list(self._steps.get(asked.rule, {}).values())
            if asked.is_step
            else [_Said(hit.begin_ms, hit.utterance, hit.role, hit.id) for hit in hits]
        )
        if seen_from is not None:
            said = [one for one in said if self._lies_in(one, asked.reach, seen_from)]
        count = float(len({one.utterance for one in said}))
        wanted = float(asked.count)
        if seen_from is None or self._has_passed(asked, seen_from):
            return compared(count, asked.op, wanted)
        match asked.op:
            case Op.AT_LEAST | Op.ABOVE:
                return True if compared(count, asked.op, wanted) else None
            case Op.UNEQUAL:
                return True if count > wanted else None
            case Op.EQUAL:
                return False if count > wanted else None
            case _:
                return None if compared(count, asked.op, wanted) else False

    def _lies_in(self, one: _Said, reach: Reach, hit: Hit) -> bool:
        if one.hit == hit.id:
            return False
        if reach.side is Side.WHOLE:
            return True
        is_before = one.begin_ms <= hit.begin_ms
        if reach.side is not Side.AROUND and is_before is reach.looks_ahead:
            return False
        if reach.turns is not None:
            earlier_ms, later_ms = sorted((one.begin_ms, hit.begin_ms))
            role = hit.role if is_before else one.role
            return self._turns.between(earlier_ms, later_ms, role) <= reach.turns
        if reach.within_ms is None:
            return True
        if is_before:
            return hit.begin_ms - one.begin_ms <= reach.within_ms
        return one.begin_ms - hit.end_ms <= reach.within_ms

    def _has_passed(self, asked: SaidCondition, hit: Hit) -> bool:
        """Whether nothing that is still to come can lie where it is asked for."""
        reach = asked.reach
        if self.is_over or not reach.looks_ahead:
            return True
        if reach.within_ms is not None:
            return self.passed_ms > hit.end_ms + reach.within_ms
        if reach.turns is None:
            return False
        who = self._who[asked.is_step].get(asked.rule, Speaker.ANY)
        for role in (Role.AGENT, Role.CUSTOMER):
            if who not in (Speaker.ANY, role):
                continue
            begins_ms = self._turns.begin_after(hit.begin_ms, role, reach.turns + 1)
            if begins_ms is None or begins_ms >= self.passed_ms:
                return False
        return True
