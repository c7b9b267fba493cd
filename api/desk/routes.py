"""The desk in one router: `app.include_router(desk_router(store, settings))`."""

from __future__ import annotations

from fastapi import APIRouter

from api.desk.appeals_http import appeals_router
from api.desk.audio_http import audio_router
from api.desk.audit_http import audit_router
from api.desk.boards_http import boards_router
from api.desk.calibration_http import calibration_router
from api.desk.coaching_http import coaching_router
from api.desk.desk import Desk
from api.desk.discovered_http import discovered_router
from api.desk.judges_http import judges_router
from api.desk.login_http import login_router
from api.desk.oidc_http import oidc_router
from api.desk.people_http import people_router
from api.desk.persons_http import persons_router
from api.desk.plans_http import plans_router
from api.desk.queue_http import queue_router
from api.desk.review_http import review_router
from api.desk.rulebook_api import rulebook_api
from api.desk.rulebook_http import rulebook_router
from api.desk.scorecards_http import scorecards_router
from api.desk.search_http import search_router
from api.desk.summary_http import summary_router
from api.desk.verdicts_http import verdicts_router
from api.settings import Settings
from api.store import Store

_PARTS = (
    login_router,
    oidc_router,
    people_router,
    persons_router,
    queue_router,
    plans_router,
    review_router,
    verdicts_router,
    audio_router,
    appeals_router,
    calibration_router,
    coaching_router,
    boards_router,
    scorecards_router,
    discovered_router,
    judges_router,
    rulebook_router,
    rulebook_api,
    search_router,
    summary_router,
    audit_router,
)


def desk_router(store: Store, settings: Settings) -> APIRouter:
    """Every page and call of the desk; each of its routes has a rule (api/desk/access.py)."""
    desk = Desk(store, settings)
    router = APIRouter()
    for part in _PARTS:
        router.include_router(part(desk))
    return router
