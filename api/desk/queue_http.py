"""`/desk/queue`: what waits, filtered by an address that can be shared, locked while worked on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.filters import misread, number_of
from api.desk.pages import page
from api.review.accounts import people
from api.review.boards import agent_board
from api.review.errors import ReviewError
from api.review.judging import reviews
from api.review.sampling import queue
from api.review.sampling.plans import PlanKind
from api.review.sampling.queue import Filters
from api.store.agents import is_known, staff
from qa_engine.rules.counting import Conclusion

_RECENT = timedelta(days=31)
STATES = ("open", "mine", "done")
PURPOSES = ("sample", "double", "calibration", "again")
_CHOICES = {
    "state": STATES,
    "reason": tuple(kind.value for kind in PlanKind),
    "purpose": PURPOSES,
    "conclusion": tuple(one.value for one in Conclusion),
    "fatal": ("1",),
}
_Text = Annotated[str, Query(max_length=120)]


def filters(
    state: _Text = "open",
    agent: _Text = "",
    team: _Text = "",
    reason: _Text = "",
    purpose: _Text = "",
    below: _Text = "",
    fatal: _Text = "",
    conclusion: _Text = "",
) -> Filters:
    """The filters of an address; what cannot be read is no filter, and the page says so."""
    return Filters(
        state=state if state in STATES else "open",
        agent=agent.strip(),
        team=team.strip(),
        reason=reason if reason in _CHOICES["reason"] else "",
        purpose=purpose if purpose in PURPOSES else "",
        below=number_of(below),
        fatal=fatal == "1",
        conclusion=conclusion if conclusion in _CHOICES["conclusion"] else "",
    )


def address(found: Filters) -> str:
    """The shortest query that says the same."""
    said = {
        key: "1" if value is True else value
        for key, value in asdict(found).items()
        if value not in ("", None, False) and (key, value) != ("state", "open")
    }
    return urlencode(said)


Asked = Annotated[Filters, Depends(filters)]


def queue_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/queue")
    @rule(JUDGES)
    def waiting(
        request: Request, asked: Asked, after: Annotated[int, Query(ge=0, le=100_000)] = 0
    ) -> Response:
        me = person_of(request)
        with desk.store.reading() as connection:
            kept = reviews.kept_blind(connection, me.login)
            rows, count = queue.page(connection, asked, login=me.login, after=after, kept=kept)
            agents, teams = agent_board.everybody(connection, datetime.now(UTC) - _RECENT)
            names = people.names(connection)
            told = staff(connection)
            nobody = bool(asked.agent) and not is_known(connection, asked.agent)
        return page(
            request,
            "queue",
            names=names,
            staff=told,
            agents=agents,
            teams=teams,
            rows=rows,
            count=count,
            asked=asked,
            misread=misread(request, numbers=("below",), choices=_CHOICES),
            nobody=nobody,
            query=address(asked),
            after=after,
            page_size=queue.PAGE,
            capped=count >= queue.MOST_COUNTED,
            kinds=_CHOICES["reason"],
            states=STATES,
            purposes=PURPOSES,
            idle=request.query_params.get("idle") == "1",
        )

    @router.post("/desk/queue/next")
    @rule(JUDGES)
    def next_one(request: Request, asked: Asked) -> Response:
        with desk.store.writing() as connection:
            found = queue.next_task(connection, asked, person_of(request).login)
        query = address(asked)
        if found is None:
            return RedirectResponse(f"/desk/queue?idle=1&{query}", 303)
        return RedirectResponse(f"/desk/tasks/{found[0]}?{query}", 303)

    @router.post("/desk/tasks/{task}/back")
    @rule(JUDGES)
    def hand_back(request: Request, task: int, asked: Asked) -> Response:
        _small(task)
        with desk.store.writing() as connection:
            queue.hand_back(connection, task, person_of(request).login)
        return RedirectResponse(f"/desk/queue?{address(asked)}", 303)

    return router


def _small(number: int) -> None:
    if not 0 < number < 2**31:
        raise ReviewError("no such number", key="not_there")
