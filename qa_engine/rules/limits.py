"""How often one item is charged, and how much one group may lose: by the machine and on a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from phrasebook.scorecard import Charge

__all__ = ["capped_points", "charged_losses", "dearest"]


class Lost(Protocol):
    """Points that something took, such as a `Deduction`."""

    @property
    def points(self) -> float: ...
    @property
    def evidence(self) -> str: ...
    @property
    def at_ms(self) -> int | None: ...


AnyLost = TypeVar("AnyLost", bound=Lost)


def charged_losses(
    charge: Charge, losses: Sequence[AnyLost], rule_of: Callable[[AnyLost], str]
) -> list[AnyLost]:
    """Those that take points: each, the first of each rule, or the dearest of the call."""
    if charge is Charge.EACH:
        return list(losses)
    if charge is Charge.CALL:
        return [max(losses, key=dearest)] if losses else []
    first: dict[str, AnyLost] = {}
    for loss in sorted(losses, key=lambda one: (one.at_ms or 0, one.evidence)):
        first.setdefault(rule_of(loss), loss)
    return list(first.values())


def dearest(loss: Lost) -> tuple[float, int, str]:
    """Most points first; of equals the earliest."""
    return (loss.points, -(loss.at_ms or 0), loss.evidence)


def capped_points(
    caps: Mapping[str, float], rows: Sequence[tuple[str, float, float | None]]
) -> list[float | None]:
    """What each item earns once no group loses more than its cap.

    `rows`: group, points and what is earned (None: not applicable) of each item. What is lost
    beyond a cap goes back to the group's last items first. A bonus earns more than its 0 points,
    and takes no part.
    """
    back = {group: -cap for group, cap in caps.items()}
    for group, points, earned in rows:
        if earned is not None and earned <= points and group in back:
            back[group] += points - earned
    made: list[float | None] = []
    for group, points, earned in reversed(rows):
        if earned is not None and earned <= points:
            given = min(points - earned, max(0.0, back.get(group, 0.0)))
            if given:
                back[group] -= given
                earned = round(earned + given, 2)
        made.append(earned)
    return made[::-1]
