"""`/desk/calibrations`: the same call to several, side by side, and κ of the routine doubles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import JUDGES, LEADS, every, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.desk.review_http import PathNumber
from api.review.accounts import people
from api.review.errors import NotThere, ReviewError
from api.review.judging import calibration
from api.store.agents import staff
from api.store.tables import calls

_RECENT = timedelta(days=92)


def calibration_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/calibrations")
    @rule(JUDGES)
    def all_of(request: Request, call: Annotated[str, Query(max_length=80)] = "") -> Response:
        return _list_page(desk, request, call=call)

    @router.post("/desk/calibrations")
    @rule(LEADS)
    def make(request: Request) -> Response:
        form = form_of(request)
        try:
            number = calibration.make(
                desk.store,
                form.get("call", ""),
                title=form.get("title", ""),
                inspectors=every(request, "inspector"),
                by=person_of(request).login,
            )
        except ReviewError as error:
            return _list_page(
                desk, request, call=form.get("call", ""), problem=error.key, status=error.status
            )
        return RedirectResponse(f"/desk/calibrations/{number}", 303)

    @router.get("/desk/calibrations/{number}")
    @rule(JUDGES)
    def one(request: Request, number: PathNumber) -> Response:
        me = person_of(request)
        with desk.store.reading() as connection:
            row = calibration.by_number(connection, number)
            if not calibration.may_compare(connection, row, me):
                raise NotThere("not open to you yet", key="calibration_open")
            found = calibration.handed_in(connection, row.call_id)
            table = calibration.side_by_side(connection, found) if found else None
            names = people.names(connection)
        return page(request, "calibration", row=row, table=table, found=found, names=names)

    @router.post("/desk/calibrations/{number}/close")
    @rule(LEADS)
    def close(request: Request, number: PathNumber) -> Response:
        calibration.close(desk.store, number, by=person_of(request).login)
        return RedirectResponse(f"/desk/calibrations/{number}", 303)

    return router


def _list_page(
    desk: Desk, request: Request, *, call: str = "", problem: str = "", status: int = 200
) -> Response:
    with desk.store.reading() as connection:
        rows = calibration.all_of(connection)
        counts = {row.id: len(calibration.handed_in(connection, row.call_id)) for row in rows}
        me = person_of(request)
        shown = {row.id for row in rows if calibration.may_compare(connection, row, me)}
        return page(
            request,
            "calibrations",
            status=status,
            rows=rows,
            counts=counts,
            shown=shown,
            staff=staff(connection),
            inspectors=people.inspectors(connection),
            agreement=calibration.agreement(connection, datetime.now(UTC) - _RECENT),
            names=people.names(connection),
            about=connection.execute(calls.select().where(calls.c.id == call)).first(),
            call=call,
            problem=problem,
        )
