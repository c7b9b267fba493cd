"""From machine results, verdicts and a person's answers to one score, each kept visible.

The machine suggests points for the items it feeds; a hit that was judged wrong gives back what it
took, a doubtful one that was judged right takes its own (`charges`). A person's answer replaces
the suggestion. N/A leaves the denominator; a fatal yes, or a fatal hit that stands, makes the
total 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api.review.scores.amended import DUE
from api.review.scores.answers import GivenAnswers
from api.review.scores.bonus import bonus
from api.review.scores.card import Card, Item
from api.review.scores.charges import fatal_waiting, is_fatal, losses
from api.review.scores.loss import Loss, loss_of
from api.review.scores.opinions import Said
from api.review.scores.rulebook import NOTHING, Rulebook
from api.review.scores.triggers import NOT_APPLICABLE, is_withdrawn
from phrasebook.model import Kind
from qa_engine.report.stored import StoredItem, StoredReport
from qa_engine.rules.counting import Conclusion, conclude, conclusion_of
from qa_engine.rules.limits import capped_points
from qa_engine.rules.score import PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """`suggested` is None where the machine has nothing to say; `earned` None: not applicable."""

    item: Item
    suggested: float | None
    earned: float | None
    answered: bool
    na: bool
    fatal: bool
    note: str
    losses: tuple[Loss, ...] = ()

    @property
    def to_score(self) -> bool:
        """A person has still to score it; of a fatal item that is a yes or no, not points."""
        return self.item.manual and self.earned is None and not self.answered


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    lines: tuple[SheetLine, ...]
    total: float | None
    """None: the call cannot be judged."""
    out_of: float
    pass_score: float
    passed: bool | None
    """None: no score, or a fatal finding waits."""
    conclusion: Conclusion
    fatal: bool
    missing: tuple[str, ...]
    """Items that a person must answer before the sheet can be submitted."""
    waiting: tuple[str, ...] = ()
    """Doubtful fatal findings that nobody judged; until then the call has not passed."""

    @property
    def to_give(self) -> float:
        """Points that people have still to give: without them the total is provisional."""
        if self.total is None or self.fatal:
            return 0.0
        return round(sum(line.item.points for line in self.lines if line.to_score), 2)


def fill(
    card: Card,
    report: StoredReport,
    said: Said,
    answers: GivenAnswers,
    book: Rulebook = NOTHING,
) -> ScoreSheet:
    """The sheet of an amended report, of what people said of its findings, and of their answers."""
    taken = [() if item.bonus else tuple(losses(item, report, said, book)) for item in card.items]
    suggested = capped_points(
        card.caps,
        [
            (item.group, item.points, _suggested(item, report, lost, said, book))
            for item, lost in zip(card.items, taken, strict=True)
        ],
    )
    lines = tuple(
        _line(item, lost, points, answers.get(item.id, {}))
        for item, lost, points in zip(card.items, taken, suggested, strict=True)
    )
    fatal = any(line.fatal for line in lines) or is_fatal(report, said, book)
    waiting = tuple(fatal_waiting(report, said))
    total = _total(card, report, lines, fatal=fatal)
    conclusion = conclude(total, card.pass_score, fatal=fatal, fatal_waits=bool(waiting))
    return ScoreSheet(
        lines=lines,
        total=total,
        out_of=card.total,
        pass_score=card.pass_score,
        passed=PASSED[conclusion],
        conclusion=conclusion,
        fatal=fatal,
        waiting=waiting,
        missing=tuple(
            line.item.id
            for line in lines
            if report["score"] is not None
            and line.suggested is None
            and not line.answered
            and not line.item.fatal
            and line.item.manual
        ),
    )


def by_machine(report: StoredReport) -> ScoreSheet:
    """The machine's own score of a call, with what it took and why, before anybody judged it."""
    score = report["score"]
    if score is None:
        return _UNSCORED
    return ScoreSheet(
        lines=tuple(_machine_line(item) for item in score.get("items", ())),
        total=score["total"],
        out_of=score.get("out_of", 100.0),
        pass_score=score.get("pass_score", 0.0),
        passed=score["passed"],
        conclusion=conclusion_of(score["total"], score["passed"]),
        fatal=bool(score.get("fatal")),
        missing=(),
        waiting=tuple(found["evidence"] for found in score.get("fatal_waiting", ())),
    )


_UNSCORED = ScoreSheet(
    lines=(),
    total=None,
    out_of=100.0,
    pass_score=0.0,
    passed=None,
    conclusion=conclusion_of(None, None),
    fatal=False,
    missing=(),
)


def _machine_line(item: StoredItem) -> SheetLine:
    named = Item(
        id=item["id"],
        title=item["title"],
        group=item["group"],
        points=item["points"],
        bonus=item.get("bonus", 0.0),
        feeds=() if item.get("manual") else ("*",),
        fatal=bool(item.get("manual")) and not item["points"],
    )
    return SheetLine(
        item=named,
        suggested=item["earned"],
        earned=item["earned"],
        answered=False,
        na=item["earned"] is None and not named.manual,
        fatal=False,
        note="",
        losses=tuple(loss_of(taken, stands=True) for taken in item["deductions"]),
    )


def _total(
    card: Card, report: StoredReport, lines: Iterable[SheetLine], *, fatal: bool
) -> float | None:
    scored = [line for line in lines if line.earned is not None and not line.item.fatal]
    if report["score"] is None and not any(line.answered for line in lines):
        return None
    if fatal:
        return 0.0
    possible = sum(line.item.points for line in scored)
    earned = sum(line.earned or 0.0 for line in scored)
    return min(card.total, round(earned / possible * card.total, 1)) if possible else card.total


def _line(
    item: Item, taken: tuple[Loss, ...], suggested: float | None, answer: Mapping[str, object]
) -> SheetLine:
    na = bool(answer.get("na"))
    given = answer.get("points")
    if na:
        earned = None
    elif isinstance(given, int | float):
        earned = min(item.most, max(0.0, float(given)))
    else:
        earned = suggested
    return SheetLine(
        item=item,
        suggested=suggested,
        earned=earned,
        answered=na or given is not None,
        na=na,
        fatal=item.fatal and bool(answer.get("fatal")),
        note=str(answer.get("note", "")),
        losses=taken,
    )


def _fell_away(item: Item, report: StoredReport, book: Rulebook) -> bool:
    """All that fed the item were steps that only false alarms had asked for."""
    forbidden = (rule.id for rule in book.rules.values() if rule.kind is Kind.FORBIDDEN)
    steps = [step for step in report.get("steps", ()) if item.fed_by(step["id"])]
    checks = (c for c in report.get("conduct", {}).get("checks", ()) if item.fed_by(c["id"]))
    return (
        any(step["state"] == NOT_APPLICABLE and is_withdrawn(step) for step in steps)
        and not any(step["state"] in DUE for step in steps)
        and not any(item.fed_by(rule) for rule in forbidden)
        and all(check["state"] == NOT_APPLICABLE for check in checks)
    )


def _suggested(
    item: Item, report: StoredReport, losses: Iterable[Loss], said: Said, book: Rulebook
) -> float | None:
    if item.manual:
        return None
    if report["score"] is None:
        return None
    if item.bonus:
        return bonus(item, report, said, book)
    same = next((m for m in report["score"]["items"] if m["id"] == item.id), None)
    losses = list(losses)
    if same is not None and same["earned"] is None and not any(loss.stands for loss in losses):
        # What people found right makes an item applicable that the machine had nothing for.
        return None
    if not any(loss.stands for loss in losses) and _fell_away(item, report, book):
        return None
    taken = sum(loss.points for loss in losses if loss.stands)
    return round(max(0.0, item.points - taken), 2)
