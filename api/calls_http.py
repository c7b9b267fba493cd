"""`GET /v1/calls …`, `/v1/schema`, `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.auth import Right, Tokens
from api.forwarded import came_by_proxy
from api.live.board_messages import CallTold
from api.live.calls import LiveCalls
from api.live.gauges import metrics_page
from api.live.protocol import schema
from api.settings import Settings
from api.tokens_http import bearer, supervisor
from qa_engine.report.html import render_html


class FiledCall(BaseModel):
    """A call the log knows. Times are Unix seconds; `ended_s` is null while it runs."""

    call_id: str
    began_s: float
    ended_s: float | None
    agent: str
    script: str


class Calls(BaseModel):
    live: list[CallTold]
    past: list[FiledCall]


def calls_router(live_calls: LiveCalls, tokens: Tokens, settings: Settings) -> APIRouter:
    router = APIRouter()
    router.include_router(_calls(live_calls, tokens))
    router.include_router(_operation(live_calls, tokens, settings))
    return router


def _calls(live_calls: LiveCalls, tokens: Tokens) -> APIRouter:
    router = APIRouter(prefix="/v1/calls", tags=["calls"])

    @router.get("")
    async def calls(
        authorization: Annotated[str | None, Header()] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Calls:
        """Calls that run now, and the newest that have ended."""
        supervisor(tokens, authorization)
        live = [call.live.summary() for call in live_calls.running]
        live += live_calls.board.elsewhere()
        past = [
            FiledCall(
                call_id=record.call_id,
                began_s=record.began_s,
                ended_s=record.ended_s,
                agent=record.details.get("agent", ""),
                script=record.details.get("script", ""),
            )
            for record in await live_calls.log.calls(limit=limit)
        ]
        return Calls(live=live, past=past)

    @router.get("/{call_id}")
    async def call(
        call_id: str,
        authorization: Annotated[str | None, Header()] = None,
        last_seq: Annotated[int, Query(ge=0)] = 0,
    ) -> list[dict[str, Any]]:
        """One call's messages so far, as `/v1/calls/{call_id}/events` tells them."""
        grant = bearer(tokens, authorization)
        if not grant.allows(Right.WATCH, call_id):
            raise HTTPException(403, "the token is for another call")
        if await live_calls.log.call(call_id) is None:
            raise HTTPException(404, "no such call")
        entries = await live_calls.history.entries(call_id, last_seq)
        shown = grant.right is Right.SUPERVISE
        return [json.loads(entry.body) for entry in entries if shown or not entry.supervisor]

    @router.get("/{call_id}/report")
    async def report(
        call_id: str,
        authorization: Annotated[str | None, Header()] = None,
        format: Literal["json", "html"] = "json",
    ) -> Response:
        """The report, also of a call that runs or was cut off; made from what was told."""
        supervisor(tokens, authorization)
        found = await live_calls.filing.report(call_id)
        if found is None:
            raise HTTPException(404, "no such call")
        if format == "json":
            return Response(found.to_json(), media_type="application/json")
        page = await asyncio.to_thread(render_html, found)
        headers = {"Content-Disposition": f'attachment; filename="{_file_name(call_id)}.html"'}
        return Response(page, media_type="text/html", headers=headers)

    return router


def _file_name(call_id: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in call_id)


def _operation(live_calls: LiveCalls, tokens: Tokens, settings: Settings) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/v1/schema")
    async def message_schema() -> JSONResponse:
        """JSON Schema of every WebSocket message, by direction."""
        return JSONResponse(schema())

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        """The process answers and all its parts live; 503 with what died: restart it."""
        if dead := live_calls.dead_parts():
            return JSONResponse({"status": "dead", "reason": "; ".join(dead)}, 503)
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        """Whether a new call would be taken; 503 with the reason when not."""
        reason = (
            live_calls.admission.refusal() if request.app.state.ready else "the server is starting"
        )
        if reason is not None:
            return JSONResponse({"status": "not ready", "reason": reason}, 503)
        return JSONResponse({"status": "ready"})

    @router.get("/metrics")
    async def metrics(
        request: Request, authorization: Annotated[str | None, Header()] = None
    ) -> Response:
        """For Prometheus; from beyond this machine, a proxy on it included, a supervisor's."""
        if not settings.is_loopback or came_by_proxy(request.headers):
            supervisor(tokens, authorization)
        return Response(metrics_page(live_calls), media_type=CONTENT_TYPE_LATEST)

    return router
