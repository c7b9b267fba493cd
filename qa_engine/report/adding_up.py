"""How the points that a call lost come to its score, so that a reader can add them up.

适用项目共 93 分，扣 28 分，得 65 分，折合 100 分制 69.9 分
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from qa_engine.report.page import PageWords
from qa_engine.report.wording import number
from qa_engine.rules.score import EvidenceKind, Score

__all__ = ["Sum", "adding_up", "conduct_points", "in_rows", "in_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """`possible - deducted + spared + added == earned`.

    `total` is that on the scale of `out_of`, and never beyond it.
    """

    possible: float
    """Of the items that apply."""
    deducted: float
    """Every deduction that is shown."""
    spared: float
    """What was not taken, because an item was at 0 or its group at its cap."""
    added: float
    """By bonuses."""
    earned: float
    total: float
    out_of: float
    fatal: bool
    to_give: float
    """Points that people have still to give; they are in none of the others."""

    @property
    def taken(self) -> float:
        """What the deductions really took."""
        return round(self.deducted - self.spared, 2)


def adding_up(score: Score) -> Sum:
    """The sum of a machine's score sheet."""
    items = [item for item in score.items if item.earned is not None]
    possible = sum(item.points for item in items)
    earned = sum(item.earned for item in items if item.earned is not None)
    deducted = sum(one.points for item in items for one in item.deductions)
    added = sum(item.earned for item in items if item.bonus and item.earned is not None)
    return Sum(
        possible=round(possible, 2),
        deducted=round(deducted, 2),
        spared=round(earned - possible + deducted - added, 2),
        added=round(added, 2),
        earned=round(earned, 2),
        total=score.total,
        out_of=score.out_of,
        fatal=bool(score.fatal),
        to_give=score.to_give,
    )


def conduct_points(score: Score | None) -> Mapping[str, float]:
    """What each conduct check took, by its id."""
    taken: Counter[str] = Counter()
    for item in score.items if score else ():
        for one in item.deductions:
            if one.kind is EvidenceKind.CONDUCT:
                taken[one.evidence] += one.points  # type: ignore[assignment]
    return {name: round(float(points), 2) for name, points in taken.items()}


def in_words(found: Sum) -> list[PageWords]:
    """The sum as words of the catalogue, one behind the other: for a line."""
    figures = _figures(found)
    parts = [PageWords(key="sum_added" if found.added else "sum", values=figures)]
    if found.fatal:
        parts.append(PageWords(key="sum_fatal", values={}))
    elif found.possible != found.out_of:
        parts.append(PageWords(key="sum_scaled", values=figures))
    if found.to_give:
        parts.append(PageWords(key="sum_to_give", values={"n": number(found.to_give)}))
    if found.spared:
        parts.append(PageWords(key="sum_spared", values=figures))
    return parts


def in_rows(found: Sum) -> list[tuple[PageWords, str]]:
    """The sum as a column of figures, as one adds up on paper: the total, what it lacks."""
    figures = _figures(found)
    told = [
        ("possible", figures["possible"]),
        ("deducted", f"−{figures['deducted']}"),
        ("spared", f"+{figures['spared']}" if found.spared else ""),
        ("added", f"+{figures['added']}" if found.added else ""),
        ("earned", figures["earned"]),
        ("scaled", figures["total"] if found.possible != found.out_of and not found.fatal else ""),
        ("fatal", "0" if found.fatal else ""),
        ("to_give", "?" if found.to_give else ""),
    ]
    return [
        (PageWords(key=f"sum_row_{name}", values=figures), figure)
        for name, figure in told
        if figure
    ]


def _figures(found: Sum) -> dict[str, str]:
    names = (
        "possible",
        "deducted",
        "spared",
        "taken",
        "added",
        "earned",
        "total",
        "out_of",
        "to_give",
    )
    return {name: number(getattr(found, name)) for name in names}
