"""Deny by default: a route is made only with a rule, and answers only those the rule names.

Before any handler runs: who is it (session cookie, or a proxy that vouches), may they (role), do
they mean it (CSRF token on everything that changes). Forms are read here, once, url-encoded.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse

from api.desk.desk import Desk
from api.desk.identity import session_of
from api.desk.pages import refusal_page
from api.forwarded import caller
from api.review import notices
from api.review.accounts.people import AccountRole, Person
from api.review.accounts.sessions import LoginSession
from api.review.errors import NotAllowed, NotThere, ReviewError
from api.store import StoreError

SAFE = frozenset({"GET", "HEAD"})
PUBLIC: frozenset[AccountRole] = frozenset()
EVERYBODY = frozenset(AccountRole)
JUDGES = frozenset({AccountRole.INSPECTOR, AccountRole.LEAD})
LEADS = frozenset({AccountRole.LEAD})
ADMINS = frozenset({AccountRole.ADMIN})
OVERSEERS = frozenset({AccountRole.INSPECTOR, AccountRole.LEAD, AccountRole.ADMIN})
LISTENERS = frozenset({AccountRole.AGENT, AccountRole.INSPECTOR, AccountRole.LEAD})
"""Administrators keep accounts and may not hear calls."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


def rule(roles: frozenset[AccountRole]) -> Callable[[Handler], Handler]:
    """Name who may use a route; `PUBLIC` is for what a stranger needs to log in."""

    def mark(endpoint: Handler) -> Handler:
        endpoint.roles = roles  # type: ignore[attr-defined]
        return endpoint

    return mark


def person_of(request: Request) -> Person:
    """Who asks; only where the rule is not `PUBLIC`."""
    found: LoginSession = request.state.session
    return found.person


def address_of(desk: Desk, request: Request) -> str:
    """Whose attempts these are: the caller's, or whom a trusted proxy says it speaks for."""
    return caller(request, desk.settings.trusted_proxies)[:64]


def form_of(request: Request) -> dict[str, str]:
    """The last value of each field."""
    fields: dict[str, list[str]] = request.state.form
    return {name: values[-1].strip() for name, values in fields.items()}


def every(request: Request, name: str) -> list[str]:
    """All values of a field that may be ticked more than once."""
    fields: dict[str, list[str]] = request.state.form
    return fields.get(name, [])


def ruled(desk: Desk) -> type[APIRoute]:
    """The kind of route the desk is made of."""

    class RuledRoute(APIRoute):
        def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
            if not hasattr(endpoint, "roles"):
                raise TypeError(f"{path}: a route of the desk without a rule")
            super().__init__(path, endpoint, **more)

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()
            roles: frozenset[AccountRole] = self.endpoint.roles  # type: ignore[attr-defined]

            async def guarded(request: Request) -> Response:
                try:
                    away = await _admit(desk, request, roles)
                    response = away or await handle(request)
                except ReviewError as error:
                    response = _refuse(request, error)
                except StoreError:
                    response = _refuse(request, _Unavailable())
                except RequestValidationError:
                    response = _refuse(request, ReviewError("the request is malformed"))
                response.headers.setdefault("Cache-Control", "no-store")
                return response

            return guarded

    return RuledRoute


class _Unavailable(ReviewError):
    status = 503

    def __init__(self) -> None:
        super().__init__("the store does not answer", key="store_down")


async def _admit(desk: Desk, request: Request, roles: frozenset[AccountRole]) -> Response | None:
    if "\0" in request.url.path or "%00" in request.url.query:
        raise NotThere("no such page", key="not_there")
    session = await run_in_threadpool(session_of, desk, request)
    request.state.session = session
    if session is not None and request.method in SAFE and not wants_json(request):
        request.state.unseen = await run_in_threadpool(_unseen, desk, session.person.login)
    request.state.form = await _form(request)
    if request.method not in SAFE:
        _same_site(request)
    if roles == PUBLIC:
        return None
    if session is None:
        return _to_login(request)
    if session.person.must_change and request.url.path not in _OPEN_BEFORE_CHANGE:
        if wants_json(request):
            raise NotAllowed("change the one-time password first", key="change_first")
        return RedirectResponse("/desk/password", 303)
    if session.person.role not in roles:
        raise NotAllowed("your role may not do this", key="not_allowed")
    if request.method not in SAFE:
        _means_it(request, session)
    return None


def _unseen(desk: Desk, login: str) -> int:
    with desk.store.reading() as connection:
        return notices.unseen(connection, login)


_OPEN_BEFORE_CHANGE = {"/desk/password", "/desk/logout"}


async def _form(request: Request) -> dict[str, list[str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        text = (await request.body()).decode().replace("%00", "")
        return parse_qs(text, keep_blank_values=True, max_num_fields=500)
    except ValueError:
        raise ReviewError("the form cannot be read") from None


def _same_site(request: Request) -> None:
    """Browsers say where a request comes from; a form on another site is refused, login too."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("the request comes from another site", key="other_site")


def _means_it(request: Request, session: LoginSession) -> None:
    fields: dict[str, list[str]] = request.state.form
    offered = request.headers.get("x-csrf") or fields.get("csrf", [""])[-1]
    if not hmac.compare_digest(offered.encode(), session.csrf.encode()):
        raise NotAllowed("the page is out of date: load it again", key="csrf")


def wants_json(request: Request) -> bool:
    """Whether a refusal is told as JSON rather than as a page."""
    return request.url.path.startswith("/desk/api/")


def _to_login(request: Request) -> Response:
    if wants_json(request) or request.method not in SAFE:
        return JSONResponse({"error": "log in first", "key": "log_in"}, 401)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/desk/login?next={quote(path, safe='')}", 303)


def _refuse(request: Request, error: ReviewError) -> Response:
    if wants_json(request):
        body = {"error": str(error), "key": error.key, **getattr(error, "more", {})}
        return JSONResponse(body, error.status)
    return refusal_page(request, error)
