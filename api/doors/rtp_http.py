"""`POST /v1/rtp`: a port for one speaker; `DELETE /v1/rtp/{port}`: he has hung up."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.doors.audiosocket_http import is_form, said_in
from api.doors.entrance import Entrance
from api.doors.mono_asked import MonoAsked
from api.doors.rtp import Ports
from api.live.refusals import Refused


def rtp_router(entrance: Entrance, ports: Ports) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["doors"])

    @router.post("/rtp")
    async def give(request: Request) -> Response:
        """One speaker's packets will come: `call_id`, `role`, and what else is known of it."""
        try:
            grant = entrance.credentials.grant(request)
            said = said_in(await request.body(), is_form=is_form(request))
            port = ports.give(grant, MonoAsked.said(said))
        except Refused as refused:
            raise HTTPException(refused.why.value.status, refused.reason) from None
        if is_form(request):
            return PlainTextResponse(str(port))
        return JSONResponse({"port": port, "host": entrance.calls.settings.rtp_host})

    @router.delete("/rtp/{port}", status_code=204)
    async def end(request: Request, port: int) -> None:
        """The speaker on that port is gone; otherwise 20 s without packets tell it."""
        try:
            ports.end(port, entrance.credentials.grant(request))
        except Refused as refused:
            raise HTTPException(refused.why.value.status, refused.reason) from None

    return router
