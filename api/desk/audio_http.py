"""`/desk/calls/{id}/audio` in ranges, `/desk/api/calls/{id}/wave`, and the call to read."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import IO, Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import StreamingResponse

from api.desk.access import LISTENERS, person_of, rule, ruled
from api.desk.case_page import case_page
from api.desk.desk import Desk
from api.review.judging import appeals, casefile, reviews
from api.review.scores import snapshots
from api.review.sound import listening, waves
from api.traces import HEARD

CallId = Annotated[str, Path(max_length=80)]
_PIECE = 64 * 1_024
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def audio_router(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))

    @router.get("/desk/calls/{call_id}/audio", include_in_schema=False)
    @rule(LISTENERS)
    def audio(request: Request, call_id: CallId) -> Response:
        me = person_of(request)
        with desk.store.reading() as connection:
            casefile.may_see(connection, me, call_id)
        muted = me.role not in desk.settings.hears_numbers
        cache = desk.settings.data_dir / HEARD
        sound = listening.open_sound(desk.store, call_id, cache, muted=muted)
        desk.noted.look(desk.store, who=me.login, action="audio.heard", subject=call_id)
        return _ranged(request, sound)

    @router.get("/desk/api/calls/{call_id}/wave")
    @rule(LISTENERS)
    def wave(request: Request, response: Response, call_id: CallId) -> dict[str, Any]:
        """Lowest and highest sample of each bucket, int8, base64, channel after channel."""
        with desk.store.reading() as connection:
            casefile.may_see(connection, person_of(request), call_id)
        peaks = waves.wave_of(desk.store, call_id)
        response.headers["Cache-Control"] = "private, max-age=3600"
        return {
            "channels": peaks.channels,
            "low": base64.b64encode(peaks.low.tobytes()).decode(),
            "high": base64.b64encode(peaks.high.tobytes()).decode(),
        }

    @router.get("/desk/calls/{call_id}", include_in_schema=False)
    @rule(LISTENERS)
    def read(request: Request, call_id: CallId) -> Response:
        return read_page(desk, request, call_id)

    return router


def read_page(
    desk: Desk, request: Request, call_id: str, *, problem: str = "", status: int = 200
) -> Response:
    """The call with the review that counts; an agent may acknowledge it or appeal."""
    me = person_of(request)
    with desk.store.reading() as connection:
        casefile.may_see(connection, me, call_id)
        frozen = snapshots.current(connection, call_id)
        shown = reviews.by_number(connection, frozen.review) if frozen and frozen.review else None
        appeal = appeals.last_of(connection, call_id)
    desk.noted.look(desk.store, who=me.login, action="call.read", subject=call_id)
    return case_page(
        desk, request, call_id, None, shown=shown, appeal=appeal, problem=problem, status=status
    )


def _ranged(request: Request, sound: listening.OpenRecording) -> Response:
    """RFC 9110 14: one range is honoured, anything else gets the whole."""
    first, last, status = 0, sound.size - 1, 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-store"}
    if asked and any(asked.groups()):
        begin, end = asked.groups()
        first = int(begin) if begin else max(0, sound.size - int(end))
        last = min(int(end), last) if begin and end else last
        if first > last:
            sound.file.close()
            return Response(status_code=416, headers={"Content-Range": f"bytes */{sound.size}"})
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{sound.size}"
    headers["Content-Length"] = str(last - first + 1)
    pieces = _pieces(sound.file, first, last - first + 1)
    return StreamingResponse(pieces, status, media_type=sound.kind, headers=headers)


def _pieces(file: IO[bytes], first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length > 0 and (piece := file.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece
