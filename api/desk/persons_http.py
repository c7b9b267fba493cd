"""`/desk/persons`: everything about one person, to hand over or to erase. For administrators."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from api.desk.access import ADMINS, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.review import erasing, persons
from api.review.errors import ReviewError
from api.review.persons import PersonCounts, Subject, SubjectKind
from api.traces import MachineTraces

_IN_MEMORY = 8 * 1_024 * 1_024
_PIECE = 64 * 1_024


def persons_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/persons")
    @rule(ADMINS)
    def ask(request: Request) -> Response:
        return _page(request)

    @router.post("/desk/persons")
    @rule(ADMINS)
    def act(request: Request) -> Response:
        """Look somebody up, hand over what is kept, or erase it."""
        form, me = form_of(request), person_of(request).login
        try:
            with desk.store.reading() as connection:
                kind, value = form.get("kind", ""), form.get("value", "")
                numbers = desk.store.numbers
                subject = persons.subject_of(connection, kind, value, numbers=numbers)
                found = persons.held(connection, subject)
            if form.get("do") == "export":
                return _archive(desk, subject, me)
            if form.get("do") == "erase":
                if form.get("again", "") != subject.value:
                    raise ReviewError("type it again to erase", key="type_again")
                traces = MachineTraces(desk.settings.data_dir)
                reason = form.get("reason", "")
                gone = erasing.erase(desk.store, subject, who=me, reason=reason, traces=traces)
                return _page(request, gone=gone)
        except ReviewError as error:
            return _page(request, problem=error.key, status=error.status)
        return _page(request, subject=subject, found=found)

    return router


def _archive(desk: Desk, subject: Subject, who: str) -> Response:
    made = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)
    persons.export(desk.store, subject, made, who=who, sound=False)
    made.seek(0)
    return StreamingResponse(
        _pieces(made),
        media_type="application/zip",
        headers={"Content-Disposition": "attachment; filename=person.zip"},
    )


def _pieces(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        while piece := made.read(_PIECE):
            yield piece


def _page(
    request: Request,
    *,
    subject: Subject | None = None,
    found: PersonCounts | None = None,
    gone: PersonCounts | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    typed = form_of(request) if request.method == "POST" else {}
    return page(
        request,
        "persons",
        status=status,
        kinds=[kind.value for kind in SubjectKind],
        kind=typed.get("kind", SubjectKind.AGENT.value),
        value="" if gone else typed.get("value", ""),
        subject=subject,
        found=found,
        gone=gone,
        problem=problem,
        least=erasing.SHORTEST_REASON,
    )
