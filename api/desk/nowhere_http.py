"""Any address under the desk that is no page of it: said as a page, in the reader's language."""

from __future__ import annotations

from fastapi import APIRouter

from api.desk.access import EVERYBODY, rule, ruled
from api.desk.desk import Desk
from api.review.errors import NotThere


def nowhere_router(desk: Desk) -> APIRouter:
    """The last of the desk's parts: what none before it takes."""
    router = APIRouter(route_class=ruled(desk), include_in_schema=False)
    router.get("/desk/{rest:path}")(_nowhere)
    return router


@rule(EVERYBODY)
def _nowhere(rest: str) -> None:
    raise NotThere("no such page", key="not_there")
