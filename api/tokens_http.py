"""`POST /v1/tokens`: a supervisor's token makes narrower ones; `POST /v1/enter`: the first one."""

from __future__ import annotations

import hmac
from typing import Annotated, Literal

from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from api.auth import ANY_CALL, Grant, Right, TokenRefused, Tokens

SHIFT_S = 12 * 3_600


class EntryCode:
    """Printed at the start for whoever sits at the terminal; good for one use."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self._left = bool(code)

    def use(self, offered: str) -> bool:
        matches = hmac.compare_digest(offered.encode(), self.code.encode())
        if not (matches and self._left):
            return False
        self._left = False
        return True


class TokenWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    call: str = Field(max_length=64, pattern=r"^[\w.@:+-]+$")
    role: Literal["feed", "watch"]
    life_s: int = Field(3_600, ge=1, le=SHIFT_S)


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=64)


class TokenGiven(BaseModel):
    token: str
    role: Literal["feed", "watch", "supervise"]
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


def tokens_router(tokens: Tokens, entry: EntryCode) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["tokens"])

    @router.post("/tokens")
    async def mint(
        wanted: TokenWanted, authorization: Annotated[str | None, Header()] = None
    ) -> TokenGiven:
        """A token to feed or watch one call, for a CRM page or a telephone system."""
        supervisor(tokens, authorization)
        token = tokens.mint(wanted.call, Right(wanted.role), life_s=wanted.life_s)
        return TokenGiven(
            token=token, role=wanted.role, call=wanted.call, expires_in_s=wanted.life_s
        )

    @router.post("/enter")
    async def enter(offered: Entry) -> TokenGiven:
        """Trade the code printed at the server's start, once, for a shift's supervision."""
        if not entry.use(offered.code):
            raise HTTPException(403, "the entry code is wrong or was used: restart the server")
        token = tokens.mint(ANY_CALL, Right.SUPERVISE, life_s=SHIFT_S)
        return TokenGiven(token=token, role="supervise", call=ANY_CALL, expires_in_s=SHIFT_S)

    return router
