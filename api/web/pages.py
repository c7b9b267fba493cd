"""The pages `/sidebar` and `/board`, and what they load: shells without data, safe to cache."""

from __future__ import annotations

import gzip
import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from starlette.responses import RedirectResponse

from api.root_path import root_of

TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
TYPES |= {".svg": "image/svg+xml"}
LANGUAGES = ("zh", "en")
CACHED = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}


def pages_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home() -> Response:
        """Whoever types the bare address is a person: the desk knows where each belongs."""
        return RedirectResponse("/desk", 303)

    @router.get("/sidebar")
    async def sidebar(request: Request, lang: str = "zh") -> Response:
        return _answer(request, _page("sidebar.html", lang, root_of(request)), "text/html")

    @router.get("/board")
    async def board(request: Request, lang: str = "zh") -> Response:
        return _answer(request, _page("board.html", lang, root_of(request)), "text/html")

    @router.get("/static/{name}")
    async def static(request: Request, name: str) -> Response:
        return _answer(request, *_asset(name))

    return router


def _answer(request: Request, body: bytes, kind: str) -> Response:
    headers = dict(CACHED)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = _smaller(body)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=kind, headers=headers)


@lru_cache(64)
def _smaller(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _page(template: str, lang: str, root: str) -> bytes:
    language = lang if lang in LANGUAGES else "zh"
    words = catalogue(language)
    # `<` never appears as itself in the data block, so no word can end it.
    data = Markup(json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"))
    html = _templates().get_template(template).render(t=words, lang=language, words=data, root=root)
    return html.encode()


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
