"""One call on a page: to judge it, to decide an appeal on it, or only to read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection

from api.desk.access import person_of
from api.desk.case_costs import FindingCost, costs_of
from api.desk.case_steps import conduct_of, steps_of
from api.desk.desk import Desk
from api.desk.pages import catalogue, language_of, page
from api.desk.review_state import loss_text, state_of
from api.review.accounts import people
from api.review.accounts.people import AccountRole
from api.review.coaching import pins
from api.review.directions import direction_of
from api.review.judging import appeals, casefile, draft_sheet
from api.review.judging.casefile import CaseFile
from api.review.judging.reviews import Review
from api.review.records import Appeal, Task
from api.review.scores import scoring
from api.review.scores.scoring import ScoreSheet
from api.review.sound import listening
from api.store.agents import staff
from qa_engine.anatomy import NOBODYS
from qa_engine.report.curves import curves, told_moods
from qa_engine.report.stored import StoredStretch

_PIN_WIDTH = 1.9
"""Of a numbered pin, in percent of the narrowest wave it is shown on."""
_MOST_ROWS = 3


def case_page(
    desk: Desk,
    request: Request,
    call_id: str,
    review: Review | None,
    *,
    task: Task | None = None,
    query: str = "",
    appeal: Appeal | None = None,
    shown: Review | None = None,
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> Response:
    """`review` is the reader's own draft; `shown` one that they may only read; `typed`: the answer
    to an appeal that was refused.
    """
    me = person_of(request)
    words = catalogue("case", language_of(request))
    with desk.store.reading() as connection:
        case = casefile.open_case(connection, me, call_id, review)
        sheet, version = _sheet(connection, case, review)
        costs = costs_of(connection, case, sheet, version, review)
        sound = listening.has_sound(connection, call_id)
        state = state_of(connection, review, words) if review else None
        tally = draft_sheet.tally_of(connection, review) if review else case.tally
        names = people.names(connection)
        told = staff(connection)
        given_only = me.role is AccountRole.AGENT
        pinned = (
            []
            if review and review.blind
            else pins.of_call(connection, call_id, given_only=given_only)
        )
    return page(
        request,
        "case",
        status=status,
        case=case,
        sheet=sheet,
        tally=tally,
        version=version,
        groups=_grouped(sheet),
        cost=lambda hit: costs.get(hit["id"], FindingCost()),
        loss_text=lambda loss: loss_text(loss, words),
        pinned=pinned,
        direction=direction_of(case.call.direction, words),
        steps=steps_of(case, review, sheet),
        conduct=conduct_of(case, review, sheet),
        review=review,
        shown=shown,
        appeal=appeal,
        task=task,
        query=query,
        sound=sound,
        marks=_marks(case),
        voices=curves(case.report),
        moods=told_moods(case.report),
        names=names,
        staff=told,
        objecting=_objecting(desk, case, shown, appeal),
        contested=set(appeal.findings) if appeal is not None else set(),
        late=appeal is not None and appeals.is_overdue(appeal),
        problem=problem,
        typed=typed,
        data={
            "call": call_id,
            "duration_ms": case.call.duration_ms,
            "sound": sound,
            "review": state,
            "query": query,
            "me": me.login,
            "items": _items(sheet),
            "task": task.id if task else None,
            "opened": task.opened_at.isoformat() if task and task.opened_at else "",
        },
    )


@dataclass(frozen=True, slots=True)
class Objecting:
    """What the agent of a call may object to (`review`, `machine`), until when."""

    what: str
    until: datetime

    @property
    def over(self) -> bool:
        return self.until <= datetime.now(UTC)


def _objecting(
    desk: Desk, case: CaseFile, shown: Review | None, appeal: Appeal | None
) -> Objecting | None:
    within = timedelta(days=desk.settings.appeal_days)
    if shown is not None:
        answered = appeal is not None and (appeal.review is not None or appeal.state == "open")
        free = shown.purpose != "appeal" and not answered
        return Objecting("review", appeals.deadline(shown, within)) if free else None
    scored = case.frozen is None and case.call.score is not None
    if desk.settings.contest_machine and scored and appeal is None:
        return Objecting("machine", case.call.stored_at + within)
    return None


def _sheet(
    connection: Connection, case: CaseFile, review: Review | None
) -> tuple[ScoreSheet, int | None]:
    """What the page shows, and by which version of the scorecard; None: the machine's own."""
    if review is not None:
        sheet, card = draft_sheet.sheet_of(connection, review)
        return sheet, card.version
    if case.frozen is not None:
        return draft_sheet.filled(connection, case.frozen), case.frozen.card_version or None
    return scoring.by_machine(case.report), None


def _items(sheet: ScoreSheet | None) -> list[dict[str, Any]]:
    if sheet is None:
        return []
    return [
        {"id": line.item.id, "points": line.item.most, "fatal": line.item.fatal}
        for line in sheet.lines
    ]


def _grouped(sheet: ScoreSheet | None) -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for line in sheet.lines if sheet else ():
        groups.setdefault(line.item.group, []).append(line)
    return list(groups.items())


def _marks(case: CaseFile) -> dict[str, Any]:
    """Places on the waveform in percent of the call."""
    whole = max(1, case.call.duration_ms)

    def place(begin_ms: int, end_ms: int) -> dict[str, Any]:
        return {
            "left": round(begin_ms / whole * 100, 3),
            "width": round(max(0.05, (end_ms - begin_ms) / whole * 100), 3),
            "begin_ms": begin_ms,
        }

    conduct = case.report["conduct"]
    step_s = next(
        s for s in (5, 10, 30, 60, 120, 300, 600, 1_800, 36_000) if whole / (s * 1_000) <= 10
    )
    flags, ends = [], [-1.0]
    for finding in case.findings:
        mark = place(finding.hit["begin_ms"], finding.hit["end_ms"])
        flags.append(mark | {"finding": finding, "row": _row(mark["left"], ends)})
    return {
        "quiet": [
            {**place(gap["begin_ms"], gap["end_ms"]), "hold": gap["excused"]}
            for gap in conduct["silences"]
            if gap["end_ms"] - gap["begin_ms"] >= 4_000
        ],
        "parts": [
            {**place(part["begin_ms"], part["end_ms"]), **_lane(part)}
            for part in case.report.get("anatomy", ())
            if part["kind"] in NOBODYS
        ],
        "overlaps": [place(both["begin_ms"], both["end_ms"]) for both in conduct["overlaps"]],
        "ticks": [place(ms, ms) for ms in range(0, whole, step_s * 1_000)],
        "flags": flags,
        "rows": 1 + max((flag["row"] for flag in flags), default=0),
    }


def _lane(part: StoredStretch) -> dict[str, Any]:
    """Of a wave of two lanes, 58 high; a part of no single channel crosses both."""
    lane = part["channel"]
    if lane not in (0, 1):
        return {"kind": part["kind"], "y": 24, "height": 120}
    return {"kind": part["kind"], "y": 24 + 62 * lane, "height": 58}


def _row(left: float, ends: list[float]) -> int:
    """The first row of pins with room at this place; the last takes what finds none."""
    for row, end in enumerate(ends):
        if left >= end or row == _MOST_ROWS - 1:
            ends[row] = left + _PIN_WIDTH
            return row
    ends.append(left + _PIN_WIDTH)
    return len(ends) - 1
