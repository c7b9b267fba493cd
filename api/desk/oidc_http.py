"""Logging in with the house's own identity provider (OpenID Connect), through Authlib.

Code flow with PKCE; who it is comes from the provider's userinfo endpoint, fetched directly.
People are made here first: a stranger with a good account elsewhere stays outside.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.desk.access import PUBLIC, rule, ruled
from api.desk.desk import Desk
from api.desk.login_http import enter
from api.review.accounts import sessions
from api.review.errors import NotAllowed, NotThere, ReviewError
from api.settings import Settings

_STATE = "qa_oidc"


def oidc_router(desk: Desk, client: Any = None) -> APIRouter:
    """`client` makes an Authlib client; tests bring their own."""
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))
    make = client or _client

    @router.get("/desk/oidc")
    @rule(PUBLIC)
    def start(request: Request) -> Response:
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with make(_configured(desk.settings)) as session:
            where = _endpoints(session, desk.settings)["authorization_endpoint"]
            url, _ = session.create_authorization_url(where, state=state, code_verifier=verifier)
        answer = RedirectResponse(url, 303)
        answer.set_cookie(
            _STATE,
            f"{state}.{verifier}",
            max_age=600,
            httponly=True,
            samesite="lax",
            secure=desk.secure,
        )
        return answer

    @router.get("/desk/oidc/back")
    @rule(PUBLIC)
    def back(request: Request, code: str = "", state: str = "") -> Response:
        kept, _, verifier = request.cookies.get(_STATE, "").partition(".")
        if not kept or not hmac.compare_digest(kept.encode(), state.encode()) or not code:
            raise NotAllowed("the login was not begun here: begin again", key="oidc_state")
        login = _who(make(_configured(desk.settings)), desk.settings, code, verifier)
        answer = enter(desk, sessions.begin(desk.store, login, how="oidc"), "/desk")
        answer.delete_cookie(_STATE)
        return answer

    return router


def _who(client: Any, settings: Settings, code: str, verifier: str) -> str:
    with client as session:
        found = _endpoints(session, settings)
        try:
            session.fetch_token(found["token_endpoint"], code=code, code_verifier=verifier)
            answer = session.get(found["userinfo_endpoint"])
            answer.raise_for_status()
            return str(answer.json().get(settings.oidc_claim, ""))
        except Exception as error:
            # Authlib and httpx each have their own errors, and none may show a token.
            raise NotAllowed(
                f"the identity provider refused ({type(error).__name__})", key="oidc_refused"
            ) from None


def _endpoints(session: Any, settings: Settings) -> dict[str, str]:
    where = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        answer = session.request("GET", where, withhold_token=True)
        answer.raise_for_status()
        found: dict[str, str] = answer.json()
        return found
    except Exception as error:
        raise ReviewError(
            f"the identity provider does not answer ({type(error).__name__})", key="oidc_down"
        ) from None


def _configured(settings: Settings) -> Settings:
    if not settings.oidc_issuer:
        raise NotThere("no identity provider is configured", key="not_there")
    return settings


def _client(settings: Settings) -> Any:
    try:
        from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
            OAuth2Client,
        )
    except ModuleNotFoundError:
        raise ReviewError(
            "logging in through an identity provider needs Authlib: pip install 'qa-engine[oidc]'",
            key="oidc_missing",
        ) from None
    secret = settings.oidc_client_secret
    return OAuth2Client(
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        scope="openid profile email",
        redirect_uri=settings.address("/desk/oidc/back"),
        code_challenge_method="S256",
        timeout=10,
    )
