"""Pages and what they load: Jinja2, words by page and language, gzip, and no other host."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from api import clock
from api.review.errors import NotThere, ReviewError
from api.root_path import root_of
from api.store.agents import Staff
from qa_engine.report.wording import catalogue as report_words
from qa_engine.report.wording import clock as minutes
from qa_engine.report.wording import number
from qa_engine.rules.counting import conclusion_of, is_speaker_known

LANGUAGES = ("zh", "en")
SHARED = ("severity_", "tier_", "count_", "conduct.", "unjudgeable_", "effect_", "direction_")
"""Words that reports and the desk have in common begin so; only the reports' catalogue has them."""
OF_REPORTS = frozenset({"call_view.css"})
"""Files that a report holds and the desk serves: a call looks alike in both."""
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def language_of(request: Request) -> str:
    """`?lang=` wins, then what the person last chose."""
    asked = request.query_params.get("lang") or request.cookies.get("qa_lang", "")
    return asked if asked in LANGUAGES else "zh"


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
    """Render `templates/{name}.html` in the reader's language; `names` tells who a login is."""
    language = language_of(request)
    words = catalogue(name, language)
    session = getattr(request.state, "session", None)
    names: Mapping[str, str] = values.get("names", {})
    values.setdefault("staff", Staff({}))
    html = (
        _templates()
        .get_template(f"{name}.html")
        .render(
            t=lambda key, **fill: say(words, key, **fill),
            has=lambda key: key in words,
            lang=language,
            words=inert({key: words[key] for key in words if key.startswith("js_")}),
            me=session.person if session else None,
            named=lambda login: names.get(login, login),
            csrf=session.csrf if session else "",
            here=request.url.path,
            root=root_of(request),
            switch=_switched(request, language),
            zone=clock.zone_name(),
            unseen=getattr(request.state, "unseen", 0),
            **values,
        )
    )
    answer = compressed(request, html.encode(), "text/html; charset=utf-8", status)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie("qa_lang", language, max_age=31_536_000, samesite="lax", httponly=True)
    return answer


def refusal_page(request: Request, error: ReviewError) -> Response:
    return page(request, "refusal", status=error.status, error=error)


def compressed(request: Request, body: bytes, kind: str, status: int = 200) -> Response:
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, media_type=kind, headers=headers)


def asset(request: Request, name: str) -> Response:
    """A file of `static/`, checked again by its hash when it may have changed."""
    body, kind = _asset(name)
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = _smaller(body)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=kind, headers=headers)


@lru_cache(64)
def _smaller(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


@cache
def _asset(name: str) -> tuple[bytes, str]:
    folder = (
        files("qa_engine.report") / "assets" if name in OF_REPORTS else files("api.desk") / "static"
    )
    suffix = name[name.rfind(".") :]
    if suffix not in TYPES or name not in {item.name for item in folder.iterdir()}:
        raise NotThere("no such file", key="not_there")
    return (folder / name).read_bytes(), TYPES[suffix]


@cache
def catalogue(name: str, language: str) -> dict[str, str]:
    """The words of one page: its own file over the words all pages share; what reports name too is
    named as reports name it.
    """
    folder = files("api.desk") / "words" / language
    found = {key: word for key, word in report_words(language).items() if key.startswith(SHARED)}
    for part in ("common", name):
        path = folder / f"{part}.json"
        if path.is_file():
            found |= json.loads(path.read_text("utf-8"))
    return found


def say(words: Mapping[str, str], key: str, **fill: object) -> str:
    """The sentence of a key; a missing one shows its key, which a test forbids."""
    text = words.get(key, key)
    for name, value in fill.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def inert(value: object) -> Markup:
    """JSON for a data block: no `<` that could end the element."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))


def points(value: float | None) -> str:
    """A score in a column: one decimal, so that the points stand under each other."""
    return "—" if value is None else f"{value:.1f}"


def score(value: float | None) -> str:
    """A score in a sentence; a dash where there is none."""
    return "—" if value is None else number(value)


TONES = {"passed": "good", "failed": "bad"}


def tone(conclusion: str) -> str:
    """The colour of a conclusion: what neither passed nor failed has one of its own."""
    return TONES.get(conclusion, "open")


def _switched(request: Request, language: str) -> str:
    other = "en" if language == "zh" else "zh"
    return "?" + str(request.url.include_query_params(lang=other).query)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("api.desk"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": minutes,
        "number": number,
        "local": clock.stamp,
        "inert": inert,
        "points": points,
        "score": score,
        "tone": tone,
        "known": is_speaker_known,
        "conclusion": lambda row: conclusion_of(row.score, row.passed).value,
    }
    return environment
