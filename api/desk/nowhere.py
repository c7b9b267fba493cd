"""An address under the desk that is no page of it: said as a page, in the reader's language.

It is not a route: one that takes every address would take those that lack only their slash, too.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException

from api.desk.pages import refusal_page
from api.review.errors import NotThere

__all__ = ["say_nowhere"]


def say_nowhere(app: FastAPI) -> None:
    """For browsers; whoever asks for something else, or elsewhere, is answered as before."""

    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        here = request.url.path == "/desk" or request.url.path.startswith("/desk/")
        wants_page = "text/html" in request.headers.get("accept", "")
        if here and wants_page and request.method in ("GET", "HEAD"):
            return refusal_page(request, NotThere("no such page", key="not_there"))
        return await http_exception_handler(request, error)

    app.add_exception_handler(404, answer)
