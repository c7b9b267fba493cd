"""`POST /v1/tokens`: a supervisor's token makes narrower ones."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from api.auth import ANY_CALL, MAX_TICKET_S, Grant, Right, TokenRefused, Tokens

SHIFT_S = 12 * 3_600


class TokenWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    call: str = Field(max_length=64, pattern=r"^[\w.@:+-]+$")
    role: Literal["feed", "watch"]
    life_s: int = Field(3_600, ge=1, le=SHIFT_S)
    ticket: bool = False
    """For an address, at a telephone system's door: one connection, a minute at most."""


class TokenGiven(BaseModel):
    token: str
    role: Literal["feed", "watch"]
    call: str
    expires_in_s: int


def bearer(tokens: Tokens, authorization: str | None) -> Grant:
    """The grant of an Authorization header. Raises HTTP 401 or 403."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise HTTPException(401, "expected `Authorization: Bearer <token>`")
    try:
        return tokens.check(token.strip())
    except TokenRefused as refused:
        raise HTTPException(403, str(refused)) from refused


def supervisor(tokens: Tokens, authorization: str | None) -> None:
    """Raises HTTP 401 or 403 for anyone who may not see all calls."""
    if not bearer(tokens, authorization).allows(Right.SUPERVISE, ANY_CALL):
        raise HTTPException(403, "expected a token to supervise all calls")


def tokens_router(tokens: Tokens) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["tokens"])

    @router.post("/tokens")
    async def narrower(
        wanted: TokenWanted, authorization: Annotated[str | None, Header()] = None
    ) -> TokenGiven:
        """A token to feed or watch one call, for a CRM page or a telephone system."""
        supervisor(tokens, authorization)
        life_s = min(wanted.life_s, MAX_TICKET_S) if wanted.ticket else wanted.life_s
        mint = tokens.ticket if wanted.ticket else tokens.mint
        return TokenGiven(
            token=mint(wanted.call, Right(wanted.role), life_s=life_s),
            role=wanted.role,
            call=wanted.call,
            expires_in_s=life_s,
        )

    return router
