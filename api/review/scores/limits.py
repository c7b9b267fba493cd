"""How often one item is charged, and how much one group may lose: on a sheet as by the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.review.scores.card import Item
from phrasebook.scorecard import Charge

if TYPE_CHECKING:
    from api.review.scores.loss import Loss

__all__ = ["as_often", "suggestions"]


def as_often(
    item: Item, losses: Iterable[Loss], hits: Mapping[str, Mapping[str, Any]]
) -> list[Loss]:
    """`losses` without those of hits that stand and are not charged: once a rule, or once a call.

    `hits`: those of the report, by id. What does not stand is kept: it shows what was given back.
    """
    told = list(losses)
    if item.charge is Charge.EACH:
        return told
    standing = [loss for loss in told if loss.stands and loss.evidence in hits]
    charged: set[str] = set()
    if item.charge is Charge.CALL and standing:
        charged = {max(standing, key=_dearest).evidence}
    elif item.charge is Charge.RULE:
        first: dict[str, str] = {}
        for loss in sorted(standing, key=lambda loss: (loss.at_ms or 0, loss.evidence)):
            first.setdefault(hits[loss.evidence]["rule"], loss.evidence)
        charged = set(first.values())
    left_out = {loss.evidence for loss in standing} - charged
    return [loss for loss in told if not (loss.stands and loss.evidence in left_out)]


def suggestions(
    caps: Mapping[str, float], lines: Sequence[tuple[Item, float | None]]
) -> list[float | None]:
    """The points suggested for each item, once no group loses more than its cap.

    What is beyond it goes back to the group's last items first.
    """
    lost = dict.fromkeys(caps, 0.0)
    for item, points in lines:
        if points is not None and item.group in lost:
            lost[item.group] += item.points - points
    back = {group: max(0.0, lost[group] - cap) for group, cap in caps.items()}
    made: list[float | None] = []
    for item, points in reversed(lines):
        if points is not None:
            given = min(item.points - points, back.get(item.group, 0.0))
            if given > 0:
                back[item.group] -= given
                points = round(points + given, 2)
        made.append(points)
    return made[::-1]


def _dearest(loss: Loss) -> tuple[float, int, str]:
    """Most points first; of equals the earliest, as the machine chooses."""
    return (loss.points, -(loss.at_ms or 0), loss.evidence)
