"""`/desk/calls/{id}/summary`: a ticket summary that a language model drafts and a person edits.

Nothing is filed: what stands in the form is checked as a ticket, copied to where tickets live, and
gone when the page is closed.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api.desk.access import JUDGES, form_of, person_of, rule, ruled
from api.desk.audio_http import CallId
from api.desk.desk import Desk
from api.desk.pages import page
from api.meaning.endpoint import endpoint_if_there, endpoint_of
from api.meaning.opening import asker_of
from api.meaning.writing import check_summary, write_notes
from api.review.accounts.people import Person
from api.review.errors import NotThere, ReviewError
from api.review.judging import casefile, reviews
from api.store import StoreError
from api.store.agents import staff
from api.store.call_row import CallRow
from qa_engine.errors import QAError
from qa_engine.meaning.notes import SOLVED, Notes
from qa_engine.ticket.check import TicketReport

LONGEST = 2_000
"""Characters of a summary that is checked."""


def summary_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/calls/{call_id}/summary")
    @rule(JUDGES)
    def form(request: Request, call_id: CallId) -> Response:
        return _page(desk, request, call_id)

    @router.post("/desk/calls/{call_id}/summary")
    @rule(JUDGES)
    def work(request: Request, call_id: CallId) -> Response:
        """`do` is draft (asks the model) or check (does not)."""
        sent = form_of(request)
        if sent.get("do") != "draft":
            words = sent.get("summary", "")[:LONGEST]
            checked = check_summary(words) if words else None
            return _page(desk, request, call_id, sent=sent, checked=checked)
        with desk.store.reading() as connection:
            _readable(connection, person_of(request), call_id)
        try:
            notes, model, checked = _drafted(desk, call_id)
        except ReviewError as error:
            return _page(desk, request, call_id, sent=sent, problem=error.key, status=error.status)
        drafted = {"summary": "\n".join(notes.summary), "reason": notes.reason}
        drafted |= {"solved": notes.solved, "written_by": model}
        return _page(desk, request, call_id, sent=drafted, checked=checked, notes=notes)

    return router


def _drafted(desk: Desk, call_id: str) -> tuple[Notes, str, TicketReport]:
    """Raises ReviewError where no model is set or none answers, and StoreError."""
    try:
        endpoint = endpoint_of(desk.settings)
        if endpoint is None:
            raise ReviewError("no language model is set", key="no_model")
        with asker_of(desk.store, endpoint) as asker:
            written = write_notes(desk.store, asker, call_id)
    except (ReviewError, StoreError):
        raise
    except QAError as error:
        raise ReviewError(str(error), key="not_answered") from None
    return written.notes, written.model, written.ticket


def _readable(connection: Connection, me: Person, call_id: str) -> CallRow:
    """Refused while this person has still to judge the call blind."""
    call = casefile.may_see(connection, me, call_id)
    if reviews.is_kept_blind(connection, me.login, call_id):
        raise NotThere("judge it first, blind", key="still_blind")
    return call


def _page(
    desk: Desk,
    request: Request,
    call_id: str,
    *,
    sent: dict[str, str] | None = None,
    checked: TicketReport | None = None,
    notes: Notes | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    sent = sent or {}
    with desk.store.reading() as connection:
        call = _readable(connection, person_of(request), call_id)
        report = desk.store.load(call_id)
        spoken = {u.id: u.begin_ms for u in report.utterances} if report else {}
        return page(
            request,
            "summary",
            status=status,
            call=call,
            staff=staff(connection),
            may_ask=endpoint_if_there(desk.settings)[0] is not None,
            summary=sent.get("summary", "")[:LONGEST],
            reason=sent.get("reason", "")[:200],
            solved=sent.get("solved", "") if sent.get("solved") in SOLVED else "",
            states=SOLVED,
            written_by=sent.get("written_by", "")[:200],
            advice=[(spoken.get(one.utterance, 0), one) for one in notes.coaching] if notes else [],
            checked=checked,
            most=LONGEST,
            problem=problem,
        )
