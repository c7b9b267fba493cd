"""People of the desk at the live board: a login instead of a token, as long as it lasts."""

from __future__ import annotations

import time

from starlette.requests import HTTPConnection

from api.auth import ANY_CALL, Grant, LoginMissing, Right, TokenRefused
from api.desk.desk import Desk
from api.desk.identity import session_of
from api.review.accounts.people import AccountRole
from api.store import audit

SUPERVISORS = frozenset({AccountRole.INSPECTOR, AccountRole.LEAD})
"""Roles that may hear every call; administrators keep accounts and may not watch."""


class Supervising:
    """Blocking; raises StoreError."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def grant(self, asked: HTTPConnection) -> Grant:
        """To supervise all calls. Raises LoginMissing, or TokenRefused for those who may not."""
        session = session_of(self._desk, asked)
        if session is None:
            raise LoginMissing("nobody is logged in: log in at /desk, or bring a token")
        if session.person.must_change:
            raise TokenRefused("change the one-time password at /desk/password first")
        if session.person.role not in SUPERVISORS:
            raise TokenRefused(
                f"an account of the role {session.person.role} may not watch calls; expected "
                "inspector or lead"
            )
        login = session.person.login
        now_s = int(time.time())
        return Grant(call=ANY_CALL, right=Right.SUPERVISE, expires_s=now_s, jti="", login=login)

    def note(self, grant: Grant, subject: str) -> None:
        """In the audit trail: this person watches this call, or the board."""
        with self._desk.store.writing() as connection:
            audit.record(
                connection, who=grant.login, action="live.watched", subject=subject, detail={}
            )
