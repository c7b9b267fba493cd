"""Who may bring a call in: a token or the site's password in a header, or a ticket in the address.

    Authorization: Bearer <token, or QA_ENGINE_DOOR_PASSWORD>
    Authorization: Basic <any user : the same>
    wss://host/v1/freeswitch?ticket=<ticket>

None of it is sent by a browser on its own, so a foreign page gets no further than a stranger.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time

from pydantic import SecretStr
from starlette.requests import HTTPConnection

from api.auth import ANY_CALL, Grant, Right, TokenRefused, Tokens
from api.live.refusals import Refused, Why

TICKET, TOKEN = "ticket", "token"
PASSWORD_LIFE_S = 3_600


class DoorCredentials:
    """What the doors share."""

    def __init__(self, tokens: Tokens, password: SecretStr | None) -> None:
        """`password`: the one of the site, for systems that have no other way."""
        self._tokens = tokens
        self._password = password.get_secret_value().encode() if password else None

    def grant(self, connection: HTTPConnection) -> Grant:
        """Raises `Refused`."""
        found = self.find(connection)
        if found is None:
            raise Refused(
                Why.NO_TOKEN,
                "no credentials came: expected Authorization: Bearer or Basic with a feed token or "
                "QA_ENGINE_DOOR_PASSWORD, or ?ticket= in the address",
            )
        return found

    def find(self, connection: HTTPConnection) -> Grant | None:
        """None where none are shown. Raises `Refused` for wrong ones."""
        shown = _shown(connection.headers.get("authorization", ""))
        ticket = connection.query_params.get(TICKET)
        if not shown and not ticket:
            return None
        try:
            return self._of_header(shown) if shown else self._tokens.check_ticket(ticket or "")
        except TokenRefused as refused:
            raise Refused(Why.TOKEN, str(refused)) from refused

    def of_parameters(self, ticket: str, token: str) -> Grant:
        """From what a system can only say of a call after it has connected. Raises `Refused`."""
        try:
            if ticket:
                return self._tokens.check_ticket(ticket)
            if token:
                return self._of_header(token)
        except TokenRefused as refused:
            raise Refused(Why.TOKEN, str(refused)) from refused
        raise Refused(
            Why.NO_TOKEN,
            "no credentials came: expected a signature, a header, or a parameter `ticket` or "
            "`token` of the stream",
        )

    def _of_header(self, shown: str) -> Grant:
        if self._password and hmac.compare_digest(shown.encode(), self._password):
            expires_s = int(time.time()) + PASSWORD_LIFE_S
            jti = f"door-{secrets.token_urlsafe(12)}"
            return Grant(call=ANY_CALL, right=Right.FEED, expires_s=expires_s, jti=jti)
        if "." not in shown:
            raise TokenRefused(
                "what was shown is neither QA_ENGINE_DOOR_PASSWORD of this server nor a feed token"
            )
        return self._tokens.check(shown)


def _shown(authorization: str) -> str | None:
    """The secret part of the header; None without one."""
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if not value:
        return None
    if scheme.lower() != "basic":
        return value
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(
            Why.TOKEN, "the Authorization header is not Basic base64(user:password)"
        ) from None
