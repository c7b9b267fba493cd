"""Who asks, of pages and of sockets alike: a session's cookie, or a proxy that vouches."""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection

from api.desk.desk import Desk
from api.review.accounts import people, sessions
from api.review.accounts.sessions import LoginSession

COOKIE = "qa_session"
PROXY_SECRET = "X-QA-Proxy-Secret"


def session_of(desk: Desk, asked: HTTPConnection) -> LoginSession | None:
    """Whoever is logged in, by a cookie or by a proxy's word. Blocking; raises StoreError."""
    token = asked.cookies.get(COOKIE, "")
    session = sessions.resume(desk.store, token) if token else None
    return session or _vouched(desk, asked)


def _vouched(desk: Desk, asked: HTTPConnection) -> LoginSession | None:
    """A person whom a proxy names in a header; believed of who shows the shared secret alone.

    An address proves nothing here: whoever else is behind the same proxy, or on its machine,
    comes from it as well.
    """
    settings = desk.settings
    if settings.header_login_secret is None:
        return None
    offered = asked.headers.getlist(PROXY_SECRET)
    named = asked.headers.getlist(settings.proxy_user_header)
    # A second header is one that a caller sent and the proxy let through.
    if len(offered) != 1 or len(named) != 1:
        return None
    secret = settings.header_login_secret.get_secret_value().encode()
    if not hmac.compare_digest(offered[0].encode("latin-1"), secret):
        return None
    (login,) = named
    with desk.store.reading() as connection:
        person = people.find(connection, login)
    if person is None or not person.active:
        return None
    return LoginSession(person=person, token="", csrf=sessions.proxy_csrf(person.login))
