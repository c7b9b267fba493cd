"""`/desk/rules/judge`: which judge of sentences is in force; published, rolled back, taken out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from api.desk.access import form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import page
from api.desk.scorecards_http import KEEPERS
from api.learning.retraining import LEAST
from api.review.accounts import people
from api.review.errors import ReviewError
from api.rulebook import judges
from api.rulebook.versions import version_number
from api.store.verdicts import standing


def judges_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/rules/judge")
    @rule(KEEPERS)
    def shown(request: Request) -> Response:
        return _page(desk, request)

    @router.get("/desk/rules/judge.npz")
    @rule(KEEPERS)
    def take_out(request: Request, judge: Annotated[str, Query(max_length=12)]) -> Response:
        with desk.store.reading() as connection:
            body = judges.body_of(connection, judge)
        headers = {"Content-Disposition": f'attachment; filename="judge-{judge}.npz"'}
        return Response(body, media_type="application/octet-stream", headers=headers)

    @router.post("/desk/api/rules/judge")
    @rule(KEEPERS)
    async def publish(
        request: Request,
        follows: Annotated[int, Query(ge=0, lt=2**31)],
        note: Annotated[str, Query(max_length=500)] = "",
    ) -> dict[str, Any]:
        """A file that `qa-engine judge train` wrote, in force from now on."""
        _changeable()
        who = person_of(request).login
        put = partial(judges.publish_judge, note=note, by=who, follows=follows)
        made = await run_in_threadpool(put, desk.store, await request.body())
        return {"number": made.number}

    @router.post("/desk/rules/judge/rollback")
    @rule(KEEPERS)
    def roll_back(request: Request) -> Response:
        form = form_of(request)
        try:
            _changeable()
            judges.roll_back_judge(
                desk.store,
                version_number(form.get("number", "")),
                note=form.get("note", ""),
                by=person_of(request).login,
                follows=version_number(form.get("follows", "")),
            )
        except ReviewError as error:
            return _page(desk, request, problem=error)
        return RedirectResponse("/desk/rules/judge", 303)

    return router


def _changeable() -> None:
    """Raises ReviewError where the site's own setting names a judge."""
    if judges.named_by_site():
        raise ReviewError("the judge is the one that QA_ENGINE_JUDGE names", key="judge_of_site")


def _page(desk: Desk, request: Request, *, problem: ReviewError | None = None) -> Response:
    with desk.store.reading() as connection:
        past = judges.history_of_judges(connection)
        verdicts = sum(1 for _ in standing(connection))
        names = people.names(connection)
    return page(
        request,
        "rules_judge",
        status=problem.status if problem else 200,
        past=past,
        now=past[0] if past else None,
        of_site=judges.named_by_site(),
        at_restart=desk.settings.phrasebook is not None,
        verdicts=verdicts,
        least=LEAST,
        problem=problem,
        names=names,
    )
