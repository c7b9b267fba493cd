"""`/desk/calls/{id}/audio` in ranges, `/desk/api/calls/{id}/wave`, and the call to read."""

from __future__ import annotations

import base64
import re
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import IO, Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import select
from starlette.responses import StreamingResponse

from api.desk.access import LISTENERS, person_of, rule, ruled
from api.desk.case_page import case_page
from api.desk.desk import Desk
from api.review.judging import casefile, reviews
from api.review.scores import snapshots
from api.review.sound import listening, waves
from api.review.tables import appeals
from api.traces import HEARD

CallId = Annotated[str, Path(max_length=80)]
_PIECE = 64 * 1_024
_NOTED_S = 600.0
"""One hearing is one line of the trail, however many ranges the browser asks for."""
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def audio_router(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))
    heard = _Heard()

    @router.get("/desk/calls/{call_id}/audio", include_in_schema=False)
    @rule(LISTENERS)
    def audio(request: Request, call_id: CallId) -> Response:
        me = person_of(request)
        with desk.store.reading() as connection:
            casefile.may_see(connection, me, call_id)
        sound = listening.open_sound(desk.store, call_id, desk.settings.data_dir / HEARD)
        if heard.is_new(me.login, call_id):
            listening.note_hearing(desk.store, call_id, me.login)
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
        shown = reviews.of(connection, frozen.review) if frozen and frozen.review else None
        query = select(appeals).where(appeals.c.call_id == call_id)
        appeal = connection.execute(query).first()
    return case_page(
        desk, request, call_id, None, shown=shown, appeal=appeal, problem=problem, status=status
    )


class _Heard:
    """Who heard what in the last minutes, in this process."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_new(self, login: str, call_id: str) -> bool:
        now_s = time.monotonic()
        last_s = self._at.get((login, call_id))
        if last_s is not None and now_s - last_s < _NOTED_S:
            return False
        self._at[login, call_id] = now_s
        while len(self._at) > 10_000:
            self._at.popitem(last=False)
        return True


def _ranged(request: Request, sound: listening.Sound) -> Response:
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
