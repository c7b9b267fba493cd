"""`POST /v1/audiosocket`: one speaker's connection is announced, and gets its UUID.

A form is answered with the UUID alone, so that a dialplan can take it as it is; JSON with JSON.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.doors.entrance import Entrance
from api.doors.mono_asked import MonoAsked
from api.live.refusals import Refused, Why

FORM = "application/x-www-form-urlencoded"


def audiosocket_router(entrance: Entrance) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["doors"])

    @router.post("/audiosocket")
    async def announce(request: Request) -> Response:
        """One speaker's connection will come: `call_id`, `role`, and what else is known of it."""
        try:
            grant = entrance.credentials.grant(request)
            said = said_in(await request.body(), is_form=is_form(request))
            own = _uuid(said.pop("uuid", None))
            uuid = entrance.expected.announce(grant, MonoAsked.said(said), own)
        except Refused as refused:
            raise HTTPException(refused.why.value.status, refused.reason) from None
        if is_form(request):
            return PlainTextResponse(str(uuid))
        return JSONResponse({"uuid": str(uuid), "port": entrance.audiosocket_port})

    return router


def is_form(request: Request) -> bool:
    """Whether a dialplan asks, which can make nothing else."""
    return request.headers.get("content-type", "").startswith(FORM)


def said_in(body: bytes, *, is_form: bool) -> dict[str, Any]:
    """Raises `Refused`."""
    try:
        text = body.decode()
        said: Any = dict(parse_qsl(text, keep_blank_values=True)) if is_form else json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused(Why.BAD_REQUEST, "expected a form or a JSON object")
    return said


def _uuid(text: object) -> UUID | None:
    if text is None or text == "":
        return None
    try:
        return UUID(str(text))
    except ValueError:
        raise Refused(
            Why.BAD_REQUEST, "uuid is none: expected 32 hexadecimal digits with four dashes"
        ) from None
