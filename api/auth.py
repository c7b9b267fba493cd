"""Tokens: who may feed, watch or supervise which call, signed and short-lived.

JSON Web Tokens (RFC 7519), HS256, with the claims

    {"call": "c-17" | "*", "role": "feed", "exp": 1767225600, "jti": "…"}

Whoever holds the secret mints them: this server, or the CRM's own back end. A feed token opens
one call, once (its `jti` is remembered); watch and supervise tokens last until `exp`.

A ticket is a token that may stand in an address, where logs and proxies read it: it has the claim
`"ticket": true`, names one call, lasts a minute, and is good for one connection.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import jwt
from jwt.types import Options
from pydantic import SecretStr

from api.former_token import read_former
from api.private_files import private_folder
from api.settings import Settings
from qa_engine.errors import QAError

MIN_SECRET = 32
MAX_TOKEN = 1_024
CLOCK_SKEW_S = 30
MAX_LIFE_S = 24 * 3_600
MAX_TICKET_S = 60
ANY_CALL = "*"
_ALGORITHM = "HS256"
"""One, named here and never taken from the token, which could say `none`."""


class Right(StrEnum):
    """What a token allows; supervising includes watching."""

    FEED = "feed"
    WATCH = "watch"
    SUPERVISE = "supervise"


class TokenRefused(QAError):
    """A token that is missing, malformed, forged, expired, or for something else."""


class LoginMissing(TokenRefused):
    """Nobody is logged in where a login would do."""


class SecretMissing(QAError):
    """The server would be reachable from other machines without a secret of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a valid token says. `expires_s` is Unix time."""

    call: str
    right: Right
    expires_s: int
    jti: str
    login: str = ""
    """Who of the desk this is; empty for a token."""
    ticket: bool = False
    """Good for one connection."""

    def allows(self, right: Right, call_id: str) -> bool:
        """Whether it is good for this of this call; who supervises may watch."""
        reach = {right, Right.SUPERVISE} if right is Right.WATCH else {right}
        return self.right in reach and self.call in (ANY_CALL, call_id)


class Tokens:
    """Mints and checks tokens with one secret."""

    def __init__(self, secret: str) -> None:
        if len(secret) < MIN_SECRET:
            raise SecretMissing(
                f"the secret has {len(secret)} characters, expected at least {MIN_SECRET}: "
                "set QA_ENGINE_SECRET to the output of `openssl rand -hex 32`"
            )
        self._secret = secret

    def mint(self, call: str, right: Right, *, life_s: int = 3_600) -> str:
        """A token for one call (or `*`), valid from now for `life_s`."""
        return self._signed(call, right, life_s)

    def ticket(self, call: str, right: Right, *, life_s: int = MAX_TICKET_S) -> str:
        """One for an address."""
        return self._signed(call, right, min(life_s, MAX_TICKET_S), ticket=True)

    def _signed(self, call: str, right: Right, life_s: int, **more: bool) -> str:
        claims = {
            "call": call,
            "role": right.value,
            "exp": int(time.time()) + life_s,
            "jti": secrets.token_urlsafe(12),
            **more,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def check(self, token: str, *, now_s: float | None = None) -> Grant:
        """What the token grants. Raises `TokenRefused`, in constant time over the signature."""
        grant = self._check(token, now_s)
        if grant.ticket:
            raise TokenRefused(
                "this is a ticket, which opens one connection at a door: mint a token for this"
            )
        return grant

    def check_ticket(self, ticket: str, *, now_s: float | None = None) -> Grant:
        """What a ticket grants, which came in an address. Raises `TokenRefused`.

        Whether it was used before is for the one to say who lets its bearer in.
        """
        grant = self._check(ticket, now_s)
        if not grant.ticket:
            raise TokenRefused(
                "a token stands in the address, where logs can read it: mint a ticket "
                '(POST /v1/tokens with "ticket": true), or send it in a header'
            )
        if grant.call == ANY_CALL:
            raise TokenRefused("a ticket is for one call: expected its id, not *")
        return grant

    def _check(self, token: str, now_s: float | None) -> Grant:
        if len(token) > MAX_TOKEN:
            raise TokenRefused(f"token of {len(token)} characters, expected at most {MAX_TOKEN}")
        grant = _grant(self._claims(token))
        late_s = (time.time() if now_s is None else now_s) - grant.expires_s
        if late_s > CLOCK_SKEW_S:
            raise TokenRefused(
                f"the token expired {late_s:.0f} s ago: ask for a new one, or set the clocks right"
            )
        longest_s = MAX_TICKET_S if grant.ticket else MAX_LIFE_S
        if -late_s > longest_s + CLOCK_SKEW_S:
            found, most = _spans(-late_s, longest_s)
            raise TokenRefused(
                f"the token is valid for {found}, expected at most {most}: mint short-lived "
                "tokens, or set the clocks right"
            )
        return grant

    def _claims(self, token: str) -> Mapping[str, Any]:
        if token.count(".") == 1:
            former = read_former(token, self._secret)
            if former is not None:
                return former
        # Times are judged by `check`, which knows this server's clock and says what is wrong.
        unjudged: Options = {
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "verify_aud": False,
        }
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options=unjudged,
            )
        except jwt.InvalidSignatureError as error:
            raise TokenRefused(
                "the token's signature is wrong: it was made with another secret"
            ) from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise TokenRefused(
                f"this is no JSON Web Token signed with {_ALGORITHM}: header, payload and "
                "signature, each base64url, with dots between"
            ) from error
        return claims


def open_secret(settings: Settings) -> str:
    """The configured secret, or one kept for this machine alone in `data_dir`.

    Raises `SecretMissing` when the server would listen beyond loopback without a configured one.
    """
    configured: SecretStr | None = settings.secret
    if configured is not None:
        return configured.get_secret_value()
    if not settings.is_loopback:
        raise SecretMissing(
            f"host is {settings.host}, which other machines can reach, but no secret is set: set "
            "QA_ENGINE_SECRET to the output of `openssl rand -hex 32`, or listen on 127.0.0.1"
        )
    return _own_secret(settings.data_dir / "secret")


def _own_secret(path: Path) -> str:
    private_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text().strip()


def _spans(found_s: float, most_s: int) -> tuple[str, str]:
    """Both in hours, or in seconds where hours say nothing."""
    if most_s < 3_600:
        return f"{found_s:.0f} s", f"{most_s}"
    return f"{found_s / 3_600:.0f} h", f"{most_s // 3_600}"


def _grant(claims: Mapping[str, Any]) -> Grant:
    try:
        grant = Grant(
            call=str(claims["call"]),
            right=Right(claims["role"]),
            expires_s=int(claims["exp"]),
            jti=str(claims["jti"]),
            ticket=claims.get("ticket") is True,
        )
        # JSON may hold half a character, which no file and no database takes.
        f"{grant.call}{grant.jti}".encode()
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise TokenRefused("the token's payload is not call, role, exp and jti") from error
    return grant
