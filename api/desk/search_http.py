"""`/desk/search`: calls by what was said in them, as typed or by sound."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.desk.desk import Desk
from api.desk.pages import page
from api.desk.rules import JUDGES, rule, ruled
from api.review import boards
from api.store.agents import staff

_MOST = 60


def search_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/search")
    @rule(JUDGES)
    def search(
        request: Request,
        q: Annotated[str, Query(max_length=80)] = "",
        sound: Annotated[str, Query(max_length=4)] = "",
    ) -> Response:
        found = desk.store.search(q, by_sound=sound == "1", limit=_MOST)
        with desk.store.reading() as connection:
            ids = {one.call_id for one in found}
            rows = boards.these(connection, ids)
            told = staff(connection)
        return page(
            request,
            "search",
            staff=told,
            q=q,
            sound=sound == "1",
            found=[(one, _cut(one.text, q)) for one in found],
            calls={row.id: row for row in rows},
            most=len(found) == _MOST,
        )

    return router


def _cut(text: str, query: str) -> tuple[str, str, str]:
    """Before the words, the words, after them; found by sound alone, nothing is marked."""
    before, words, after = text.partition(query.strip()) if query.strip() else (text, "", "")
    return before, words, after
