"""The pages `/sidebar` and `/board`, and what they load: shells without data, safe to cache."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape

TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
TYPES |= {".svg": "image/svg+xml"}
LANGUAGES = ("zh", "en")
CACHED = {"Cache-Control": "no-cache"}


def pages_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/sidebar")
    async def sidebar(lang: str = "zh") -> HTMLResponse:
        return _page("sidebar.html", lang)

    @router.get("/board")
    async def board(lang: str = "zh") -> HTMLResponse:
        return _page("board.html", lang)

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        body, kind = _asset(name)
        return Response(body, media_type=kind, headers=CACHED)

    return router


def _page(template: str, lang: str) -> HTMLResponse:
    language = lang if lang in LANGUAGES else "zh"
    words = catalogue(language)
    html = _templates().get_template(template).render(t=words, lang=language)
    return HTMLResponse(html, headers=CACHED)


@cache
def catalogue(language: str) -> dict[str, Any]:
    """The words of the pages in one language."""
    text = (files("api.web") / "static" / f"{language}.json").read_text("utf-8")
    words: dict[str, Any] = json.loads(text)
    return words


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.web"), autoescape=select_autoescape(), trim_blocks=True
    )


@cache
def _asset(name: str) -> tuple[bytes, str]:
    folder = files("api.web") / "static"
    suffix = name[name.rfind(".") :]
    if suffix not in TYPES or name not in {item.name for item in folder.iterdir()}:
        raise HTTPException(404, "no such file")
    return (folder / name).read_bytes(), TYPES[suffix]
